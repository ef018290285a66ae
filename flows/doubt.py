"""Whether words that sound like "I will be there" say so, in both languages."""

from __future__ import annotations

import re
from typing import Final

from flows.text import words

_CLAUSE: Final = re.compile(r"[^.!?,;\n]+[.!?,;\n]?")
_COMING: Final = re.compile(
    r"\b(?:be there|coming|come|see you|confirm\w*|count (?:me|on)|(?:ahi|alli|aqui) estare|voy|"
    r"ire|nos vemos|cuente)\b"
)
_NO_DOUBT: Final = re.compile(
    r"\b(?:no problem|not a problem|dont (?:you )?worry|cant wait|(?:wont|wouldnt) miss|"
    r"wont be late|let (?:me|us) know if|hope to see|no se preocup\w+|no voy a faltar|como no)\b"
)
_UNSURE: Final = re.compile(
    r"\b(?:doubt|unsure|not sure|unless|if|maybe|might|dudo|quizas|tal vez|a lo mejor|ojala)\b"
    r"|\bno (?:se|creo|estoy segur[oa])\b"
)
_DENIED: Final = re.compile(
    r"^(?:is|are|was|does|did|could|should|would|when|where|what|who)\b"
    r"|^(?:will|can|do) (?:i|he|she|it|they|you|we|my|his|her|our|your)\b"
    r"|\b(?:not|dont|wont|cannot|cant|couldnt|never|hope|hopefully|try|trying|nunca|espero)\b"
    r"|\bno (?:puedo|voy|ire|podre|pienso|confirm\w*)\b"
    r"|^my \w+ (?:will|is|can|wont)\b|^mi \w+ (?:si )?(?:va|ira|estara)\b"
)


def is_in_doubt(text: str) -> bool:
    """Whether words that sound like "I will be there" may say something else: they deny, doubt or
    ask, or somebody else will be there. Nobody looks after a visit that is wrongly confirmed."""
    if _UNSURE.search(_NO_DOUBT.sub("", " ".join(words(text)))):
        return True
    clauses = [(each, " ".join(words(each))) for each in _CLAUSE.findall(text)]
    telling = [(each, said) for each, said in clauses if _COMING.search(said)] or clauses
    return any("?" in each or _DENIED.search(_NO_DOUBT.sub("", said)) for each, said in telling)

"""What a reply in one's own words says about a visit: coming, not coming, a mere yes, or neither.

Nobody looks after a visit that is wrongly confirmed. So words confirm one only where they say
"I will be there" plainly; whatever else sounds like it is asked back.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from enum import Enum, auto
from typing import Final

from flows.text import words


class Reply(Enum):
    """What a reply says about the visit that a reminder asked of."""

    COMING = auto()
    """It names the coming itself: "I'll be there"."""
    YES = auto()
    """A yes to whatever was said last: "yes ma'am", "sure", "see you"."""
    NOT_COMING = auto()
    """It names that they can't come: "she won't be able to make it"."""
    CANNOT = auto()
    """A no to whatever was said last: "sorry, can't"."""
    UNCLEAR = auto()
    """None of these plainly."""


_CLAUSE: Final = re.compile(r"(?:[^.!?,;:\n]|(?<=\d)[.:](?=\d))+[.!?,;:\n]*", re.ASCII)
_JOINED: Final = re.compile(r"\b(?:but|pero)\b")

_LEAD: Final = (
    r"(?:(?:yes|yeah|yep|yup|si|ok|okay|oh|well|um|uh|ah|bueno|claro|sure|great|good|alright|"
    r"right|fine|thanks|thank you|gracias|please|por favor|hi|hello|hola|maam|sir|senora|"
    r"senorita|senor|honey|dear|absolutely|definitely|certainly|and|so|then|entonces|y|pues|que|"
    r"all|of course|por supuesto|no problem|lord willing|god willing|si dios quiere|just|also) )*"
)
_I: Final = r"(?:i|we|ill|well|im|were|both of us|we both)"
_THERE: Final = r"(?:there|here|at (?:the|your) (?:clinic|hospital|office))"
_COMING: Final = re.compile(
    rf"\b{_I} (?:(?:will|shall|can|both|all|definitely|surely|for sure|certainly|still|am|are|"
    rf"planning to|going to|gonna|plan to) )*"
    rf"(?:be {_THERE}|be coming|coming|come|make it|attend)\b"
    rf"|^{_LEAD}(?:(?:will|shall|am|are|are both|both) )?(?:be {_THERE}|coming)\b"
    rf"|^{_LEAD}(?:{_I} )?(?:(?:want to|would like to|id like to|can|just|do|hereby) )*"
    r"confirm(?:ed|ing)?\b(?! (?:the|what|if|when|where|how|which|que|la|el|si|cuando|donde)\b)"
    r"|\bcount (?:me|us) in\b|\b(?:wont|wouldnt) miss it\b"
    rf"|^{_LEAD}(?:yo |nosotros )?(?:(?:ahi|alli|alla|aqui) (?:estare|estaremos|voy|vamos)|"
    rf"(?:estare|estaremos) (?:ahi|alli|alla)|(?:iremos|ire|asistire|vamos|voy)(?: a ir)?|"
    r"confirm(?:o|amos|ad[oa]|ar))\b"
    r"|\b(?:ahi|alli|alla|aqui) (?:estare|estaremos|(?:voy|vamos) a estar)\b"
    r"|\bsi (?:que )?(?:voy|vamos|ire|iremos|asistire|puedo ir)\b|\bclaro que (?:si )?voy\b"
    r"|\bcuente(?:n)? conmigo\b|\bno (?:voy a faltar|faltare|falto)\b"
)
_NOT_ABOUT_COMING: Final = re.compile(
    r"\b(?:estare|estaremos|estar|be there|be here) (?:esperando|waiting|pendiente)"
    r"|\b(?:voy|vamos) a (?!ir\b|estar\b|llegar\b|asistir\b|venir\b|la cita\b|mi cita\b)"
    r"|\b(?:coming|come) (?:down with|off|out|back|up)\b"
)
_NO_DOUBT: Final = re.compile(
    r"\b(?:no problem|not a problem|dont (?:you )?worry|cant wait|(?:wont|wouldnt) miss(?: it)?|"
    r"wont be late|see you later|hasta luego|let (?:me|us) know if|hope to see|"
    r"no se preocup\w+|como no|"
    r"no (?:voy a faltar|faltare|falto)|(?:lord|god) willing|si dios (?:lo )?(?:quiere|permite))\b"
)
_UNSURE: Final = re.compile(
    r"\b(?:doubt|unsure|not sure|unless|if|maybe|might|perhaps|probably|depends|dudo|quizas?|"
    r"tal vez|a lo mejor|ojala|depende|dejeme ver)\b"
    r"|\bno (?:se|creo|estoy segur[oa])\b"
    r"|\bsi (?:puedo|me|mi|no|hay|el|la|los|consigo|alcanzo|amanezco|todo)\b(?! ir\b)"
)
_DENIED: Final = re.compile(
    r"^(?:is|are|was|does|did|could|should|would|when|where|what|who)\b"
    r"|^(?:will|can|do) (?:i|he|she|it|they|you|we|my|his|her|our|your)\b"
    r"|\b(?:no|not|dont|wont|cannot|cant|couldnt|shant|wouldnt|shouldnt|isnt|arent|aint|didnt|"
    r"never|nobody|noone|none|neither|nor|hardly|hope|hopefully|try|trying|wish|nunca|nadie|"
    r"ninguno|ninguna|tampoco|espero|trato|tratare)\b"
)
_OTHER_TIME: Final = re.compile(
    r"\b(?:next|another|other|different|later|instead|earlier|proxim[oa]|otr[oa]|siguiente|"
    r"despues|mas tarde|mas temprano|en vez|semana|weeks?|months?|mes|meses|the day after|"
    r"pasado manana)\b"
)
_DAYS: Final = (
    ("mon", "monday", "lunes"),
    ("tue", "tues", "tuesday", "martes"),
    ("wed", "weds", "wednesday", "miercoles"),
    ("thu", "thur", "thurs", "thursday", "jueves"),
    ("fri", "friday", "viernes"),
    ("sat", "saturday", "sabado"),
    ("sun", "sunday", "domingo"),
)
_DAY_OF_MONTH: Final = re.compile(r"\b(?:the|el|dia) (\d{1,2})(?:st|nd|rd|th)?\b")
_CLOCK: Final = re.compile(
    r"\b(?:at|by|around|about|a las?|como a las?) (\d{1,2})(?: (\d\d))?(?: (am|pm))?\b"
)
_ARRIVES_WITHIN: Final = dt.timedelta(hours=3)
"""So long before a visit begins one may speak of being there."""
_REFUSED: Final = re.compile(
    r"\b(?:cant|cannot|can not|wont|will not|shant|not|unable to|isnt|arent|aint|"
    r"no way (?:i|we) can)(?: (?:be able to|going to|gonna|possibly|able to|really|even))*"
    r" (?:come\b(?! to the (?:phone|door))|coming|make it\b(?! to the (?:bath|toilet|car|kitchen))|"
    r"make (?:the|my|this|that) (?:app\w+|visit|procedure|date|surgery)|be (?:there|coming)|attend|"
    r"get there|keep (?:my|the|that|this) (?:app\w+|visit|date))\b"
    r"|\bno (?:voy|vamos|va|puedo|podemos|puede|podre|podra|podremos)(?: a)?(?: poder)?"
    r" (?:ir|venir|llegar|asistir)\b(?! al bano)"
    r"|\bno (?:ire|iremos|ira|asistire|estare|estaremos)\b"
    r"|\b(?:nobody|neither|none|no one|ninguno|nadie)\b.* (?:be there|coming|come|make it|ir|va|"
    r"vamos)\b|\bno cuente(?:n)? conmigo\b"
)
_SUPPOSED: Final = re.compile(
    r"^(?:can|could|should|may|do|is it|will|would) "
    r"|\b(?:if|what|when|how|who|where|why|whether|unless|until|till|before|hasta|antes|cuando|"
    r"como|cual|quien|donde|let|afraid|worried|miedo|alone)\b|\bsi no\b|\b(?:my|mi) (?:daughter|"
    r"son|wife|husband|sister|brother|friend|neighbor|ride|hija|hijo|esposa|esposo|hermana|hermano|"
    r"vecina)(?: \w+)? (?:cant|cannot|wont|will not|isnt|is not|no)\b"
)
_CANNOT: Final = re.compile(
    rf"{_LEAD}(?:(?:no|sorry|im sorry|actually|unfortunately|afraid|im afraid|lo siento|perdon|"
    rf"disculpe|fijese que) )*{_LEAD}(?:(?:i|we) )?(?:cant|cannot|can not|wont be able to|"
    r"no puedo|no podre|no podemos|no voy a poder)(?: (?:sorry|do it|lo siento|maam|sir|tomorrow|"
    r"manana|gracias|thank you))*"
)
_DIED: Final = re.compile(
    r"\b(?:passed away|passed on|has died|have died|died|is dead|deceased|murio|fallecio|"
    r"fallecid[oa]|ya no vive)\b"
)
_YES_WORDS: Final = (
    r"(?:yes|yeah|yea|yep|yup|yessir|yes sir|uh huh|sure|sure thing|certainly|absolutely|"
    r"definitely|of course|will do|you bet|you betcha|sounds good|that works|i will|we will|i do|"
    r"i am|we are|see you|see ya|si|sip|simon|claro|claro que si|por supuesto|desde luego|"
    r"nos vemos|como no|asi es|con gusto|a sus ordenes)"
)
_COURTESY: Final = (
    r"(?:maam|mam|sir|dear|honey|please|thanks|thank you(?: so much| very much)?|ok|okay|then|"
    r"tomorrow|there|soon|all|tomorrow morning|in the morning|god bless(?: you)?|lord willing|"
    r"good (?:morning|afternoon|evening)|hi|hello|oh|well|um|uh|"
    r"senor|senora|senorita|seno|por favor|gracias|muchas gracias|manana|ahi|alla|alli|hola|"
    r"buenos dias|buenas tardes|si dios quiere|dios mediante|bueno|mija|mijo|pues|y)"
)
_BARE_YES: Final = re.compile(
    rf"(?:{_COURTESY} )*{_YES_WORDS}(?: (?:{_YES_WORDS}|{_COURTESY}))*", re.ASCII
)


def read_reply(text: str, starts: Sequence[dt.datetime] = ()) -> Reply:
    """What a reply says about a visit. `starts` are the moments, on the clinic's clock, at which
    the visits begin that it may be about: who names another day or hour means another time."""
    plain = _NO_DOUBT.sub(" ", " ".join(words(text)))
    clauses = _clauses(text)
    telling = [clause for clause in clauses if _tells_of_coming(clause[1])]
    denied = [clause for asks, clause in telling if asks or _DENIED.search(_bare(clause))]
    if _refuses(clauses):
        is_plain = len(denied) == len(telling) and not _names_another_day(plain, starts)
        return Reply.NOT_COMING if is_plain else Reply.UNCLEAR
    if not telling and any(not asks and _CANNOT.fullmatch(each) for asks, each in clauses):
        return Reply.CANNOT
    if _UNSURE.search(plain) or _names_another_time(plain, starts):
        return Reply.UNCLEAR
    if telling:
        return Reply.UNCLEAR if denied else Reply.COMING
    return Reply.YES if _says_yes(text, clauses) else Reply.UNCLEAR


def is_bare_yes(text: str) -> bool:
    """Whether a text is a yes and nothing more, beside courtesy; asking "yes?" is none."""
    plain = " ".join(words(_bare(" ".join(words(text)))))
    return "?" not in text and (plain == "y" or _BARE_YES.fullmatch(plain) is not None)


def tells_of_death(text: str) -> bool:
    """Whether somebody has died: a person has to speak with whoever writes that."""
    return "?" not in text and _DIED.search(" ".join(words(text))) is not None


def _clauses(text: str) -> list[tuple[bool, str]]:
    """The parts of a text in plain words, each with whether it asks."""
    found = []
    for each in _CLAUSE.findall(text):
        parts = _JOINED.split(" ".join(words(each)))
        found += [("?" in each, part.strip()) for part in parts if part.strip()]
    return found


def _bare(clause: str) -> str:
    return _NO_DOUBT.sub("", clause)


def _tells_of_coming(clause: str) -> bool:
    return bool(_COMING.search(clause)) and not _NOT_ABOUT_COMING.search(clause)


def _refuses(clauses: list[tuple[bool, str]]) -> bool:
    """Whether one part says that somebody can't come, and none of it is only supposed."""
    return any(
        not asks and _REFUSED.search(_bare(clause)) and not _SUPPOSED.search(clause)
        for asks, clause in clauses
    )


def _says_yes(text: str, clauses: list[tuple[bool, str]]) -> bool:
    """A yes, or one before a question: "Yes. Where do I park?" """
    if is_bare_yes(text):
        return True
    if len(clauses) < 2:
        return False
    told = [clause for asks, clause in clauses if not asks]
    is_first = told[:1] == [clauses[0][1]] and _BARE_YES.fullmatch(clauses[0][1]) is not None
    return is_first and clauses[-1][0] and not any(map(_DENIED.search, told))


def _names_another_time(plain: str, starts: Sequence[dt.datetime]) -> bool:
    return (
        _OTHER_TIME.search(plain) is not None
        or _names_another_day(plain, starts)
        or any(not _is_near(found, starts) for found in _CLOCK.findall(plain))
    )


def _names_another_day(plain: str, starts: Sequence[dt.datetime]) -> bool:
    if not starts:
        return False
    said = set(plain.split())
    weekdays = {start.weekday() for start in starts}
    named = {day for day, names in enumerate(_DAYS) if not said.isdisjoint(names)}
    dates = {int(date) for date in _DAY_OF_MONTH.findall(plain)}
    return not named <= weekdays or not dates <= {start.day for start in starts}


def _is_near(clock: tuple[str, str, str], starts: Sequence[dt.datetime]) -> bool:
    """Whether a clock time is one at which somebody would be there for a visit."""
    hour, minute, half = int(clock[0]), int(clock[1] or 0), clock[2]
    if hour > 23 or minute > 59 or not starts:
        return True
    hours = {"am": {hour % 12}, "pm": {hour % 12 + 12}}.get(half, {hour, hour % 12 + 12})
    return any(
        start - _ARRIVES_WITHIN <= start.replace(hour=each % 24, minute=minute) <= start
        for start in starts
        for each in hours
    )

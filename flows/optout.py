"""Opting out and in: the carriers' words in both languages, and people's own.

The carriers' words count only as the whole message ("STOP", not "stop by tomorrow?"). Seven of them
(stop, quit, end, revoke, opt out, cancel, unsubscribe) are opt-outs by rule, and so is any other
wording that a reasonable person would take for one: 47 CFR 64.1200(a)(10). That is why the second
half exists, and why it reads both languages whatever the session's language.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Final

import msgspec

from flows.lexicon import Lexicon, Pattern, Reading, expand_all
from flows.text import SOFT, STRONG, fold, marked_words, words


class Keyword(StrEnum):
    """What a carrier's word asks for."""

    STOP = "stop"
    CANCEL = "cancel"
    """Opts out exactly as STOP does, but the writer may have meant the appointment: the one
    confirmation then also says how to change it."""
    START = "start"
    HELP = "help"


_KEYWORDS: Final = {
    **dict.fromkeys(
        (
            *("stop", "stopall", "stop all", "unsubscribe", "end", "quit", "revoke", "optout"),
            *(
                "opt out",
                "alto",
                "parar",
                "pare",
                "baja",
                "dar de baja",
                "darme de baja",
                "detener",
            ),
            "detenga",
        ),
        Keyword.STOP,
    ),
    **dict.fromkeys(("cancel", "cancelar", "cancela", "cancele"), Keyword.CANCEL),
    **dict.fromkeys(("start", "unstop", "iniciar", "empezar", "comenzar"), Keyword.START),
    **dict.fromkeys(("help", "info", "ayuda"), Keyword.HELP),
}
_YES: Final = frozenset({"yes", "y", "yes please", "si", "si por favor"})
_NO_TEXTS: Final = re.compile(
    r"\b(?:dont|do not|stop|quit|never|no more|no|not|instead of|than) (?:be |an? |the )?"
    r"(?:texts?|texting|texted|txts?|txting|messag(?:es?|ing))\b"
    r"(?! (?:him|her|them|my (?:son|daughter|husband|wife|mom|mother|dad|father))\b)"
    r"|\bno (?:que )?(?:me |nos )?(?:mande|envie|escriba|textee)[ns]?\b"
    r"|\b(?:no|(?<!no )(?:dejen?|paren?) de) (?:mandar|enviar|escribir|textear)(?:me|nos)?\b"
    r"|\bno (?:mas )?(?:mensajes|textos)\b"
    r"|\b(?:en vez|en lugar) de (?:mensajes|textos|escrib|mandar)"
)
_ON_CONDITION: Final = frozenset(("IF", "WHEN", "NOT_COME"))
_GREETING: Final = re.compile(r"\bgood (?:morning|night)\b")  # which is no time of a condition
_CALLS: Final = frozenset("call phone ring".split())
_CALLING: Final = re.compile(r"(?:calls?|called|phone|ring|llam|marqu|habl)")
_CALL_INSTEAD: Final = re.compile(
    r"^(?:please |pls |just |can you |could you )*(?:call|phone|ring) .*\b(?:te?xt|messag)"
    r"|\b(?:rather|prefer|want|like) (?:an? |you |to |be |my )*(?:phone )?(?:calls?|called|phone)\b"
    r"|\b(?:llame|llamen|marque|marquen|hable|hablen)(?:me|nos)\b"
    r"|\b(?:mejor|solo|prefiero) (?:que me |una |por |llamada )*(?:llam|telefono|habl|marq)"
    r"|(?<!\bno )\bquiero que (?:alguien )?me (?:llam|habl|marq)"
)
_TEXT_INSTEAD: Final = re.compile(
    r"\b(?:dont|do not|stop|quit) (?:call|ring|phon)\w*\b[^.!?]*, *(?:just |please |but )*te?xt\b"
    r"|\bno (?:me |nos )?(?:llame|hable|marque)n?\b[^.!?]*, *(?:mejor |solo )?"
    r"(?:manden?|mandenme|mandeme|escriban|escribanme|escribame|texteen?|texteenme|texteeme)\b"
)
_REACH: Final = frozenset("call text txt phone ring use email mail try".split())
_WHOM: Final = frozenset("me us my him her our his the mom dad this".split())
_FORBIDS: Final = frozenset("dont not no stop quit never cant instead".split())
_NOT_A_REQUEST: Final = _FORBIDS | frozenset(
    "you they u yall who ever to or keep i ill will".split()
)
_REACH_ES: Final = frozenset(
    "llamen llame llamenme llameme hablen hable hablenme hableme marquen marquenme marqueme "
    "escribanme escribame mandenme mandeme texteenme usen".split()
)
_NOT_A_REQUEST_ES: Final = frozenset("no que ni nunca dejen deje paren pare".split())
_LONGEST_KEYWORD: Final = 3
_NEAR: Final = 6
_OF_MESSAGES: Final = frozenset(("SENDING", "MESSAGES", "TEXTING"))
_PAUSES: Final = frozenset(("STRONG", "SOFT"))
_SOMETHING_ELSE: Final = ("KEEP", "IF", "WHEN", "MEDICAL", "NEW_ONE", "OWN_SLIP")


class _RuleData(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    patterns: list[str]
    unless: list[str] = []


class _Data(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    fillers: str
    stop_words: str
    beside_them: str
    whole: str
    concepts: dict[str, str]
    rules: list[_RuleData]


class _OwnWords:
    """The data of optout.yaml, ready for use."""

    def __init__(self, data: _Data) -> None:
        self.lexicon = Lexicon(data.concepts, fillers=data.fillers, forgiving=("UNSUBSCRIBE",))
        self._stop_words = frozenset(data.stop_words.split())
        self._beside_them = frozenset(data.beside_them.split())
        self._whole = frozenset(expand_all(data.whole))
        self._rules: dict[str, list[tuple[Pattern, list[str]]]] = {}
        for rule in data.rules:
            for pattern in map(Pattern.parse, rule.patterns):
                rarest = next(atom for atom in pattern.atoms if atom.isdisjoint(_PAUSES))
                for concept in rarest:
                    self._rules.setdefault(concept, []).append((pattern, rule.unless))

    def rules_for(self, reading: Reading) -> Iterator[tuple[Pattern, list[str]]]:
        """The rules that may hold: without a concept of their own none does."""
        for concept in reading.places:
            yield from self._rules.get(concept, ())

    def is_whole(self, said: list[str]) -> bool:
        """Whether the words of a whole message ask to stop with nothing more beside them."""
        if " ".join(said) in self._whole:
            return True
        return not self._stop_words.isdisjoint(said) and all(
            word in self._stop_words or word in self._beside_them for word in said
        )


@cache
def _own_words() -> _OwnWords:
    source = Path(__file__).with_name("optout.yaml").read_bytes()
    return _OwnWords(msgspec.yaml.decode(source, type=_Data))


def carrier_keyword(text: str) -> Keyword | None:
    """The carriers' word that the whole of `text` is, whatever its case, punctuation or emoji."""
    said = words(text)
    return _KEYWORDS.get(" ".join(said)) if len(said) <= _LONGEST_KEYWORD else None


def is_yes(text: str) -> bool:
    """Whether the whole of `text` is a yes.

    For carriers YES opts in; it counts as START only where the number is opted out, else it is
    the answer to whatever was asked.
    """
    said = words(text)
    return len(said) <= _LONGEST_KEYWORD and " ".join(said) in _YES


def plain_language_opt_out(text: str) -> bool:
    """Whether someone asks in their own words, in either language, for no more messages.

    "Cancel my appointment", "when do I stop eating" and "don't stop texting me" are not that. The
    carriers' single words are `carrier_keyword`'s.
    """
    return _rules_ask(_read(text), another_way=prefers_another_way(text))


def names_messages(text: str) -> bool:
    """Whether a text names messages, or what one does with them."""
    return not _OF_MESSAGES.isdisjoint(_read(text).places)


def stop_signs(text: str) -> list[str]:
    """What the rules see in a text, as features that topics are weighed by: `o:RULE` asks to stop,
    `o:WAY` prefers another way, and what makes it something else (`o:KEEP`, `o:MEDICAL`)."""
    reading = _read(text)
    signs = [f"o:{concept}" for concept in _SOMETHING_ELSE if concept in reading.places]
    another_way = prefers_another_way(text)
    if another_way:
        signs.append("o:WAY")
    if _rules_ask(reading, another_way=another_way):
        signs.append("o:RULE")
    return signs


def _read(text: str) -> Reading:
    return _own_words().lexicon.read([STRONG, *marked_words(text), STRONG])


def _rules_ask(reading: Reading, *, another_way: bool) -> bool:
    own = _own_words()
    if "KEEP" in reading.places:
        return False
    said = " ".join(word for word in reading.words if word not in (STRONG, SOFT))
    if own.is_whole(said.split()):
        return True
    if another_way:
        return False
    return any(
        _asks(reading, units, unless)
        for pattern, unless in own.rules_for(reading)
        for units in pattern.matches(reading)
    )


def prefers_another_way(text: str) -> bool:
    """Whether someone asks to be reached in another way or place: "don't call, text me".

    That is for a person to see to; it is no wish to be left alone.
    """
    said = words(text)
    return (
        wants_calls_instead(text)
        or bool(_TEXT_INSTEAD.search(fold(text)))
        or any(_is_request(said, at) for at in range(1, len(said)))
    )


def wants_calls_instead(text: str) -> bool:
    """Whether someone asks to be called and no longer texted. That takes back the consent to texts
    (47 CFR 64.1200) and nothing else."""
    said = words(text)
    plain = " ".join(said)
    if not _NO_TEXTS.search(plain):
        return False
    wants_a_call = bool(_CALL_INSTEAD.search(plain)) or any(
        _is_request(said, at) and said[at] in _CALLS for at in range(1, len(said))
    )
    return wants_a_call and _refuses_texts(text)


def _refuses_texts(text: str) -> bool:
    """Whether texts are refused as such: not at some hour, and not because none came.

    What is said of the call is no condition of the refusal: "don't text me, call me if it rains".
    """
    if "KEEP" in _read(text).places:
        return False
    lexicon = _own_words().lexicon
    marked = _GREETING.sub("", " ".join(marked_words(text))).split()
    parts = [part for part in _parts(marked) if _NO_TEXTS.search(_plain(part))]
    return any(
        _ON_CONDITION.isdisjoint(lexicon.read([STRONG, *part, STRONG]).places)
        for part in parts or [marked]  # "Stop. Texting me. Call me."
    )


def _parts(marked: list[str]) -> Iterator[list[str]]:
    """A text from the end of a sentence, or a word for calling, to the next."""
    for ends, part in groupby(marked, lambda each: each == STRONG or _is_calling(each)):
        if not ends:
            yield list(part)


def _plain(marked: list[str]) -> str:
    return " ".join(each for each in marked if each not in (STRONG, SOFT))


def _is_calling(word: str) -> bool:
    return _CALLING.match(word) is not None


def _is_request(said: list[str], at: int) -> bool:
    """Whether the word at a place asks to be called or texted, and is not itself forbidden."""
    before = said[max(at - 3, 0) : at]
    if said[at] in _REACH_ES:
        return _NOT_A_REQUEST_ES.isdisjoint(before) and not _NOT_A_REQUEST_ES.isdisjoint(said[:at])
    if said[at] not in _REACH or at + 1 == len(said) or said[at + 1] not in _WHOM:
        return False
    if before[-1] in _NOT_A_REQUEST or _FORBIDS.isdisjoint(said[:at]):
        return False
    return before[-1] in _REACH or before[-2:-1] == [] or before[-2] not in _FORBIDS


def _asks(reading: Reading, units: tuple[int, ...], unless: list[str]) -> bool:
    start, end = max(units[0] - _NEAR, 0), units[-1] + 1 + _NEAR
    return not any(reading.has(concept, start, end) for concept in unless)

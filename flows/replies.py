"""What a reply in one's own words says about a visit: coming, not coming, a mere yes, or neither.

Nobody looks after a visit that is wrongly confirmed, and a visit that is wrongly called off worries
somebody old. So a reply counts only if it is plain: the words that say it (`_COMING`, `_REFUSED`)
with none beside them, in their part of the text, but words that are known to mean nothing else
(flows/replies.yaml). What else may stand there can't be listed: conditions, other days, other
people, other errands. Whatever is not plain is asked back.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from enum import Enum, auto
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

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
    """It speaks of coming, and not plainly."""
    NOTHING = auto()
    """It does not speak of coming."""


KIN: Final = (
    r"(?:daughter|son|wife|husband|sister|brother|friend|neighbor|neighbour|niece|nephew|cousin|"
    r"grandson|granddaughter|boyfriend|girlfriend|partner|hij[oa]|espos[oa]|herman[oa]|amig[oa]|"
    r"vecin[oa]|sobrin[oa]|niet[oa]|nuera|yerno|marido|prim[oa])(?: in law)?"
)
"""Who may bring a patient or come with them, as plain words in both languages."""


class _Data(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    courteous: str
    beside_coming: str
    beside_refusals: str
    phrases: str
    phrases_beside_coming: str
    yes: str
    courtesy: str


class _Words:
    """The data of replies.yaml, ready for use."""

    def __init__(self, data: _Data) -> None:
        courteous = frozenset(data.courteous.split())
        self.harmless = courteous | set(data.beside_coming.split())
        self.beside_refusals = (courteous | set(data.beside_refusals.split())) - {"si"}  # "if"
        of_courtesy = data.phrases.replace("KIN", KIN).splitlines()
        beside_coming = data.phrases_beside_coming.replace("KIN", KIN).splitlines()
        self.courtesy = _any_of(of_courtesy)
        self.phrases = _any_of([*beside_coming, *of_courtesy])
        yes, courtesy = (each.replace(", ", "|") for each in (data.yes, data.courtesy))
        self.bare_yes = re.compile(rf"(?:(?:{courtesy}) )*(?:{yes})(?: (?:{yes}|{courtesy}))*")


def _any_of(phrases: Sequence[str]) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(phrases)})(?!\w)")


@cache
def _words() -> _Words:
    source = Path(__file__).with_name("replies.yaml").read_bytes()
    return _Words(msgspec.yaml.decode(source, type=_Data))


_WHO: Final = (
    r"(?:i|we|ill|well|im|were|she|he|shell|hell|shes|hes|mom|dad|mother|father|mama|papa|"
    r"both of us|we both|el|ella|yo)"
)
_THERE: Final = r"(?:ahi|alli|alla|aqui|ay|hay)"
_GO: Final = r"(?:ir|asistir|llegar|venir)"
_VISIT: Final = r"(?:app\w*|visit|procedure|surgery|date|attendance)"
_COMING: Final = re.compile(
    rf"\b(?:{_WHO} )?(?:(?:will|wil|shall|can|am|is|are|both|all|definitely|surely|certainly|still|"
    r"going to|gonna|plan to|planning to|plan on|planning on|for sure|intend to) )*"
    r"(?:(?:be|b) (?:there|ther|thier|their)|being there|be coming|coming|attend|attending)\b"
    rf"|\b{_WHO} (?:(?:will|can|shall|definitely|still|surely|is going to|am going to|are going to)"
    r" )*(?:come|make it|keep (?:my|the|this|that|our) (?:app\w*|visit))\b"
    r"|\b(?<!please )(?:i )?(?:(?:want to|would like to|id like to|can|just|do|hereby) )*"
    r"confirm(?:ed|ing)?\b"
    rf"(?: (?:for )?(?:my|our|the|this) {_VISIT})?"
    r"|\bcount (?:me in|us in|on me|on us)\b|\b(?:wont|wouldnt) miss it\b"
    rf"|\b(?:si )?(?:que )?(?:si )?(?:{_THERE} (?:estare|estaremos|voy a estar|vamos a estar|"
    r"estamos)|"
    rf"(?:estare|estaremos|voy a estar|vamos a estar) {_THERE})\b"
    rf"|\b(?:si )?(?:que )?(?:si )?(?:(?:voy|vamos|va) a {_GO}|voy|vamos|ire|iremos|asistire|"
    r"asistiremos)\b(?: a (?:la|mi|su) (?:cita|visita))?"
    r"|\bconfirm(?:o|amos) que (?:si )?(?:voy|ire|asistire|vamos|ahi estare)\b"
    r"|\bconfirm(?:o|amos|ad[oa]|ar)\b(?: (?:mi|la|nuestra|su) (?:cita|asistencia|visita))?"
    r"|\bcuente(?:n)? conmigo\b|\bno (?:voy a faltar|faltare|falto)\b"
)
_REFUSED: Final = re.compile(
    rf"\b(?:{_WHO} )?(?:just |really |simply )?(?:am |is |are |was )?"
    r"(?:cant|cannot|can not|wont|will not|shant|not|isnt|arent|aint|unable to)"
    r"(?: (?:(?:be )?able to|going to|gonna|possibly|really|even))*"
    r" (?:come|coming|make it|be there|there|attend|get there|"
    rf"(?:make|keep) (?:my|the|this|that|our) {_VISIT})\b"
    r"|\b(?:nobody|no one|none of us|neither of us|neither one of us)"
    r"(?: (?:will|can|is|are|be able to|going to))* (?:be there|coming|come|make it)\b"
    rf"|\bno (?:{_THERE} )?(?:voy|vamos|va|puedo|podemos|puede|podre|podra|podremos)"
    rf"(?: a)?(?: poder)? {_GO}\b"
    rf"|\b(?:{_THERE} )?no (?:ire|iremos|ira|asistire|estare|estaremos)\b(?: {_THERE})?"
    r"|\bno cuente(?:n)? conmigo\b"
    r"|\b(?:nadie|ninguno)(?: de (?:nosotros|los dos))?(?: (?:va a|puede|podemos|vamos a))?"
    r" (?:ir|va|vamos|puede|asistir)\b"
)
_CANNOT: Final = re.compile(
    r"(?:(?:i|we) )?(?:cant|cannot|can not|wont be able to|no puedo|no podre|no podemos|"
    r"no voy a poder)(?: do it)?"
)
_SPEAKS_OF_COMING: Final = re.compile(
    r"\b(?:be there|come|coming|make it|see you|confirm\w*|attend\w*|estare|estaremos|voy|va|"
    r"estara|ire|iremos|cuente\w*|nos vemos|yes|yeah|si)\b"
)
_ALONE: Final = re.compile(r"\b(?:my|mi) \w+ (?:cant|cannot|wont|will not|isnt|is not|no)\b")
"""Somebody of theirs, as a driver, can't come."""
_REASON: Final = re.compile(r"\b(?:because|cause|cuz|since|due to|porque|ya que|pues|es que)\b.*")
_CLAUSE: Final = re.compile(r"(?:[^.!?,;:\n]|(?<=\d)[.:](?=\d))+[.!?,;:\n]*", re.ASCII)
_JOINED: Final = re.compile(
    r"\b(?:but|pero|and|y|so|(?=(?:do|can|should|could|may|where do|what do) i\b)|"
    r"(?<!no )(?<!si )(?=(?:puedo|debo|donde)\b))\b"
)
_QUESTION: Final = re.compile(
    r"^(?:do|does|can|should|could|may|will|would|am|is|are) (?:i|he|she|it|they|you|we|my|his|her|"
    r"our|your|the|there|this|that|any\w+)\b"
    r"|^(?:what|when|where|how|who|which|why|que|cuando|donde|como|quien|cual|a que|puedo|debo)\b"
)
_DOUBT: Final = re.compile(
    r"\b(?:doubt|unsure|sure if|not sure|not (?:at|on|until|till|before)|unless|if|maybe|might|"
    r"perhaps|probably|depend\w*|cancel\w*|"
    r"reschedul\w*|next|another|different|later|instead|dudo|quizas?|tal vez|a lo mejor|ojala|"
    r"otr[oa]|proxim[oa]|semana|no (?:se|creo|estoy segur[oa])|dont know|provided|assuming)\b"
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
_DAY_NAMES: Final = frozenset(name for names in _DAYS for name in names)
_DAY_OF_MONTH: Final = re.compile(r"\b(?:on )?(?:the|el|dia|el dia) (\d{1,2})(?:st|nd|rd|th)?\b")
_CLOCK: Final = re.compile(
    r"\b(?:at|by|around|about|a las?|como a las?) (\d{1,2})(?: (\d\d))?(?: (am|pm))?(?: oclock)?\b"
)
_HOURS: Final = {
    name: number
    for names in (
        "one two three four five six seven eight nine ten eleven twelve",
        "una dos tres cuatro cinco seis siete ocho nueve diez once doce",
    )
    for number, name in enumerate(names.split(), start=1)
}
_HOUR_WORD: Final = re.compile(rf"\b(at|by|around|a las?) ({'|'.join(_HOURS)})\b")
_ARRIVES_WITHIN: Final = dt.timedelta(hours=3)
"""So long before a visit begins one may speak of being there."""


def read_reply(text: str, starts: Sequence[dt.datetime] = (), names: Sequence[str] = ()) -> Reply:
    """What a reply says about a visit. `starts` are the moments, on the clinic's clock, at which
    the visits begin that it may be about: who names another day or hour means another time. `names`
    are the first names of those who have these visits."""
    if is_bare_yes(text):
        return Reply.YES
    clauses = _clauses(text)
    own = frozenset(word for name in names for word in words(name))
    read = [_read(asks, clause, starts, own) for asks, clause in clauses]
    if Reply.UNCLEAR in read or {Reply.COMING, Reply.NOT_COMING} <= set(read):
        return Reply.UNCLEAR
    for no in (Reply.NOT_COMING, Reply.CANNOT):
        if no in read:
            return no
    other = [
        _words().phrases.sub(" ", said)
        for (asks, said), each in zip(clauses, read, strict=True)
        if each is None and not asks
    ]
    said = Reply.COMING if Reply.COMING in read else Reply.YES
    if said in read:
        is_doubted = any(
            _DOUBT.search(each) or not _DAY_NAMES.isdisjoint(_without_day(each, starts).split())
            for each in other
        )
        harmless = _words().harmless | own
        is_alone = all(set(_without_times(each, starts).split()) <= harmless for each in other)
        return said if not is_doubted and (is_alone or said is Reply.COMING) else Reply.UNCLEAR
    speaks = any(_SPEAKS_OF_COMING.search(clause) for _, clause in clauses)
    return Reply.UNCLEAR if speaks else Reply.NOTHING


def is_bare_yes(text: str) -> bool:
    """Whether a text is a yes and nothing more, beside courtesy; asking "yes?" is none."""
    return "?" not in text and _is_yes(" ".join(words(text)))


_DIED: Final = re.compile(
    r"\b(?:passed away|passed on|has died|have died|died|is dead|deceased|murio|fallecio|"
    r"fallecid[oa]|ya no vive)\b"
)


def is_mere_reply(text: str, names: Sequence[str] = ()) -> bool:
    """Whether a text is a plain reply and tells nothing else at all, not even why."""
    known = _words()
    own = frozenset(word for name in names for word in words(name))
    for asks, clause in _clauses(text):
        rest = known.phrases.sub(" ", clause)
        for said in (_REFUSED, _CANNOT, _COMING):
            rest = said.sub(" ", rest, count=1)
        if asks or not set(rest.split()) <= known.harmless | known.beside_refusals | own:
            return False
    return read_reply(text, names=names) not in (Reply.UNCLEAR, Reply.NOTHING)


def is_friendly(text: str) -> bool:
    """Whether a text is nothing but kind words, so that nobody can tell what it answers."""
    said = words(_words().phrases.sub(" ", " ".join(words(text))))
    return "?" not in text and bool(words(text)) and set(said) <= _words().harmless


def tells_of_death(text: str) -> bool:
    """Whether somebody has died: a person has to speak with whoever writes that."""
    return "?" not in text and _DIED.search(" ".join(words(text))) is not None


def _clauses(text: str) -> list[tuple[bool, str]]:
    """The parts of a text in plain words, each with whether it asks."""
    found = []
    for each in _CLAUSE.findall(text):
        parts = [part.strip() for part in _JOINED.split(" ".join(words(each)))]
        parts = [part for part in parts if part]
        for number, part in enumerate(parts, start=1):
            is_last = number == len(parts)
            asks = ("?" in each and is_last) or _QUESTION.match(part) is not None
            found.append((asks, part))
    return found


def _read(
    asks: bool, clause: str, starts: Sequence[dt.datetime], names: frozenset[str]
) -> Reply | None:
    """What one part of a text says; None where it does not speak of coming, or asks in the form of
    a question."""
    if _QUESTION.match(clause):
        return None
    if not asks and _is_yes(_without_times(clause, starts)):
        return Reply.YES
    known = _words()
    for said, reply, beside in (
        (_REFUSED, Reply.NOT_COMING, known.beside_refusals),
        (_CANNOT, Reply.CANNOT, known.beside_refusals),
        (_COMING, Reply.COMING, known.harmless),
    ):
        is_no = reply is not Reply.COMING
        plain = (known.courtesy if is_no else known.phrases).sub(" ", clause)
        plain = _without_day(plain, starts) if is_no else _without_times(plain, starts)
        found = said.search(plain)
        if found is None:
            continue
        rest = f"{plain[: found.start()]} {plain[found.end() :]}"
        if is_no:
            rest = _REASON.sub("", rest)
        if not asks and set(rest.split()) <= beside | names and not _ALONE.search(plain):
            return reply
        if reply is not Reply.CANNOT:
            return Reply.UNCLEAR
    return None


def _without_times(clause: str, starts: Sequence[dt.datetime]) -> str:
    """A part of a text without the visit's own days and hours."""
    plain = _HOUR_WORD.sub(lambda found: f"{found[1]} {_HOURS[found[2]]}", clause)
    plain = _CLOCK.sub(lambda found: "" if _is_near(found, starts) else found[0], plain)
    return _without_day(plain, starts)


def _without_day(plain: str, starts: Sequence[dt.datetime]) -> str:
    days = {start.day for start in starts}
    plain = _DAY_OF_MONTH.sub(lambda found: "" if int(found[1]) in days else found[0], plain)
    own = {name for start in starts for name in _DAYS[start.weekday()]}
    return " ".join(word for word in plain.split() if word not in own)


def _is_yes(plain: str) -> bool:
    return plain == "y" or _words().bare_yes.fullmatch(plain) is not None


def _is_near(clock: re.Match[str], starts: Sequence[dt.datetime]) -> bool:
    """Whether a clock time is one at which somebody would be there for a visit."""
    hour, minute, half = int(clock[1]), int(clock[2] or 0), clock[3]
    if hour > 23 or minute > 59:
        return False
    hours = {"am": {hour % 12}, "pm": {hour % 12 + 12}}.get(half, {hour, hour % 12 + 12})
    return any(
        start - _ARRIVES_WITHIN <= start.replace(hour=each % 24, minute=minute) <= start
        for start in starts
        for each in hours
    )

"""Finding the red flag in a text; see the package's docstring."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

from flows.text import SOFT, STRONG, marked_words
from flows.triage.context import Presence, presence
from flows.wording import Lexicon, Pattern, Reading

_HERE: Final = Path(__file__).parent
_NEAR: Final = 4
"""How many units from a match count as close by."""


class FlagClass(StrEnum):
    """What kind of red flag a text carries.

    All but `SAME_DAY` are answered with the emergency text (911); `SELF_HARM` with 988 as well.
    """

    CORD = "cord"
    """Spinal cord or cauda equina: legs, saddle, bladder, bowel."""
    BREATHING_CHEST = "breathing_chest"
    STROKE = "stroke"
    ALLERGY = "allergy"
    BLEEDING = "bleeding"
    UNRESPONSIVE = "unresponsive"
    """Not waking, seizure, head injury, a fall without getting up."""
    OVERDOSE = "overdose"
    SELF_HARM = "self_harm"
    SEPSIS = "sepsis"
    """Very high fever, or fever with chills since the procedure or with confusion."""
    AMBULANCE = "ambulance"
    """Asks for an ambulance or says that someone is dying, whatever the cause."""
    SAME_DAY = "same_day"
    """Not for 911: a person at the clinic must hear of it the same day."""

    @property
    def is_emergency(self) -> bool:
        """Whether the emergency text is the answer."""
        return self is not FlagClass.SAME_DAY


@dataclass(frozen=True, slots=True)
class Flag:
    """A red flag: its class, the rule that fired and the normalised words it fired on."""

    flag_class: FlagClass
    rule_id: str
    matched_words: tuple[str, ...]


class _RuleData(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    patterns: list[str]
    between: list[str] = []
    unless: list[str] = []
    around: list[str] = []
    anywhere: list[str] = []
    soften: list[str] = []


class _ClassData(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"flag_class": "class"}
):
    flag_class: FlagClass
    rules: list[_RuleData]


class _Rulebook(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    groups: dict[str, str]
    classes: list[_ClassData]


class _PlainWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    fillers: str
    forgiving: str
    ordinary: str
    spellings: dict[str, str]


_NEVER_MILD: Final = frozenset({FlagClass.SELF_HARM, FlagClass.OVERDOSE, FlagClass.UNRESPONSIVE})


@dataclass(frozen=True, slots=True)
class _Rule:
    order: int
    flag_class: FlagClass
    rule_id: str
    pattern: Pattern
    data: _RuleData


@cache
def lexicon() -> Lexicon:
    """The words of symptoms.yaml and talk.yaml."""
    concepts: dict[str, str] = {}
    for name in ("symptoms.yaml", "talk.yaml"):
        concepts |= msgspec.yaml.decode((_HERE / name).read_bytes(), type=dict[str, str])
    plain = msgspec.yaml.decode((_HERE / "plain.yaml").read_bytes(), type=_PlainWords)
    return Lexicon(
        concepts,
        fillers=plain.fillers,
        forgiving=plain.forgiving.split(),
        ordinary=plain.ordinary,
        spellings=plain.spellings,
    )


@cache
def _rules() -> dict[str, tuple[_Rule, ...]]:
    """The rules of rules.yaml by each concept that can begin one of their patterns."""
    book = msgspec.yaml.decode((_HERE / "rules.yaml").read_bytes(), type=_Rulebook)
    by_key: dict[str, list[_Rule]] = {}
    order = 0
    for group in book.classes:
        for data in group.rules:
            for notation in data.patterns:
                pattern = Pattern.parse(notation, book.groups)
                rule_id = f"{group.flag_class}.{data.id}"
                rule = _Rule(order, group.flag_class, rule_id, pattern, data)
                order += 1
                for concept in pattern.key:
                    by_key.setdefault(concept, []).append(rule)
    return {concept: tuple(rules) for concept, rules in by_key.items()}


def find_flag(text: str, previous: str | None = None) -> Flag | None:
    """The red flag in `text`, the gravest kind of reading first; None where there is none.

    `previous` is the same patient's text of a few minutes before, for a symptom split over two
    texts ("my face" / "is numb"). A flag that `previous` carries alone is not found again.
    """
    marked = [STRONG, *marked_words(text), STRONG]
    reading = lexicon().read(marked)
    flag = _first_flag(reading, 0)
    if previous is None or (flag is not None and flag.flag_class.is_emergency):
        return flag
    before = marked_words(previous)
    while before and before[-1] in (STRONG, SOFT):
        before.pop()
    joined = lexicon().read([STRONG, *before, SOFT, *marked[1:]])
    seam = len(joined.words) - len(reading.words) + 1
    return _first_flag(joined, seam) or flag


def _first_flag(reading: Reading, seam: int) -> Flag | None:
    """The first emergency flag that reaches unit `seam` or beyond, else the first for a call the
    same day."""
    same_day: Flag | None = None
    for rule in _candidates(reading):
        if same_day is not None and not rule.flag_class.is_emergency:
            break
        for units in rule.pattern.matches(reading):
            if units[-1] < seam:
                continue
            found = _judge(rule, reading, units)
            if found is None:
                continue
            if found.flag_class.is_emergency:
                return found
            same_day = same_day or found
    return same_day


def _candidates(reading: Reading) -> list[_Rule]:
    rules = _rules()
    found = {rule.order: rule for concept in reading.places for rule in rules.get(concept, ())}
    return [found[order] for order in sorted(found)]


def _judge(rule: _Rule, reading: Reading, units: tuple[int, ...]) -> Flag | None:
    first, last = units[0], units[-1]
    around = range(max(first - _NEAR, 0), last + 1 + _NEAR)
    if (
        _any(reading, rule.data.between, range(first, last))
        or _any(reading, rule.data.unless, range(first, last + 1 + _NEAR))
        or _any(reading, rule.data.around, around)
        or _any(reading, rule.data.anywhere, range(len(reading.words)))
    ):
        return None
    present = presence(reading, units)
    if present is Presence.ABSENT:
        return None
    mild = present is Presence.MILD and rule.flag_class not in _NEVER_MILD
    if mild and not rule.flag_class.is_emergency:
        return None
    words = tuple(reading.words[unit] for unit in units)
    if mild or _any(reading, rule.data.soften, around):
        return Flag(FlagClass.SAME_DAY, rule.rule_id, words)
    return Flag(rule.flag_class, rule.rule_id, words)


def _any(reading: Reading, concepts: list[str], units: range) -> bool:
    return any(reading.has(concept, units.start, units.stop) for concept in concepts)

"""The words and rules of red flags, read once from the data beside this file.

words/*.yaml name concepts and the ways people put them, plain.yaml the words that need no
correction, rules.yaml which concepts together are a red flag. A mistake in them is one clear error
when the program starts.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

import msgspec

from flows.lexicon import Lexicon, Pattern
from flows.topics.features import Phrases

_HERE: Final = Path(__file__).parent
_MARKS: Final = frozenset({"STRONG", "SOFT"})


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
    """Not waking, a seizure, a blow to the head, a fall without getting up."""
    OVERDOSE = "overdose"
    SELF_HARM = "self_harm"
    SEPSIS = "sepsis"
    """Very high fever, or fever with chills since the procedure or with confusion."""
    AMBULANCE = "ambulance"
    """Asks for an ambulance, or says that someone is dying, whatever the cause."""
    SAME_DAY = "same_day"
    """Not for 911: a person at the clinic must hear of it the same day."""

    @property
    def is_emergency(self) -> bool:
        """Whether the emergency text is the answer."""
        return self is not FlagClass.SAME_DAY


class Conditions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One rule as written in rules.yaml; the file's head says what each list means."""

    id: str
    patterns: list[str]
    between: list[str] = []
    unless: list[str] = []
    around: list[str] = []
    anywhere: list[str] = []
    soften: list[str] = []


class _ClassRules(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"flag_class": "class"}
):
    flag_class: FlagClass
    rules: list[Conditions]


class _Book(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    groups: dict[str, str]
    classes: list[_ClassRules]


class _PlainWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    fillers: str
    forgiving: str
    ordinary: str
    spellings: dict[str, str]


@dataclass(frozen=True, slots=True)
class Rule:
    """One pattern of one rule; `order` is its place in rules.yaml."""

    order: int
    flag_class: FlagClass
    rule_id: str
    pattern: Pattern
    conditions: Conditions


def _read_concepts() -> dict[str, str]:
    concepts: dict[str, str] = {}
    for source in sorted((_HERE / "words").glob("*.yaml")):
        found = msgspec.yaml.decode(source.read_bytes(), type=dict[str, str])
        for name in found.keys() & concepts.keys():
            raise ValueError(f"{source.name}: {name} is defined in another file too.")
        concepts |= found
    return concepts


def _read_lexicon(concepts: dict[str, str]) -> Lexicon:
    plain = msgspec.yaml.decode((_HERE / "plain.yaml").read_bytes(), type=_PlainWords)
    return Lexicon(
        concepts,
        fillers=plain.fillers,
        forgiving=plain.forgiving.split(),
        ordinary=plain.ordinary,
        spellings=plain.spellings,
    )


def _read_rules(concepts: dict[str, str]) -> tuple[Rule, ...]:
    book = msgspec.yaml.decode((_HERE / "rules.yaml").read_bytes(), type=_Book)
    rules: list[Rule] = []
    for group in book.classes:
        for conditions in group.rules:
            rule_id = f"{group.flag_class}.{conditions.id}"
            for notation in conditions.patterns:
                pattern = Pattern.parse(notation, book.groups)
                rules.append(Rule(len(rules), group.flag_class, rule_id, pattern, conditions))
    for rule in rules:
        named = rule.pattern.concepts.union(*msgspec.structs.astuple(rule.conditions)[2:])
        for name in named - concepts.keys() - _MARKS:
            raise ValueError(f"rules.yaml: {rule.rule_id} names {name}, which no file defines.")
    return tuple(rules)


def _by_key(rules: tuple[Rule, ...]) -> dict[str, tuple[Rule, ...]]:
    keys = {concept for rule in rules for concept in rule.pattern.key}
    return {key: tuple(rule for rule in rules if key in rule.pattern.key) for key in keys}


_CONCEPTS: Final = _read_concepts()
CONCEPTS: Final = frozenset(_CONCEPTS)
"""The names of all concepts."""
PHRASES: Final = Phrases(_CONCEPTS)
"""The same concepts for the weights; see learnt.py."""
LEXICON: Final = _read_lexicon(_CONCEPTS)
RULES: Final = _by_key(_read_rules(_CONCEPTS))
"""The rules by each concept that can begin their pattern; without it they can't hold."""

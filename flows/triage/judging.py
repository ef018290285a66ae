"""What the rules of rules.yaml make of a reading: a flag, and the signs of what they saw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from flows.lexicon import Reading
from flows.text import SOFT, STRONG, marked_words
from flows.triage.context import Presence, presence
from flows.triage.rulebook import LEXICON, RULES, FlagClass, Rule

_NEAR: Final = 4
"""How many units from a match count as close by."""
LEARNT: Final = "learnt"
_NEVER_MILD: Final = frozenset({FlagClass.SELF_HARM, FlagClass.OVERDOSE, FlagClass.UNRESPONSIVE})


@dataclass(frozen=True, slots=True)
class Flag:
    """A red flag: its class, the rule that fired and the normalised words it fired on.

    A long-standing or faint sign of a grave class is `SAME_DAY`, while `rule_id` still names the
    rule of the grave class.
    """

    flag_class: FlagClass
    rule_id: str
    matched_words: tuple[str, ...]

    @property
    def is_learnt(self) -> bool:
        """Whether no rule fired and the weights alone took the message for one."""
        return self.rule_id == f"{self.flag_class}.{LEARNT}"


@dataclass(frozen=True, slots=True)
class Judgement:
    """The flag that the rules find, and `signs`: features for the weights that say which rule
    fired and how a symptom that was named is there (`rp:cord.ABSENT`)."""

    flag: Flag | None
    signs: frozenset[str]


def read(text: str) -> Reading:
    """The units of one text."""
    return LEXICON.read([STRONG, *marked_words(text), STRONG])


def judge(reading: Reading) -> Judgement:
    """What the rules make of one text."""
    flag, same_day = None, None
    signs: set[str] = set()
    for rule in _candidates(reading):
        for units in rule.pattern.matches(reading):
            present = presence(reading, units)
            signs.add(f"rp:{present.name}")
            signs.add(f"rp:{rule.flag_class}.{present.name}")
            if flag is not None or (same_day and not rule.flag_class.is_emergency):
                continue
            found = _worth(rule, reading, units, present)
            if found is not None and found.flag_class.is_emergency:
                flag = found
            same_day = same_day or found
    first = flag or same_day
    if first is not None:
        signs.update(("r:any", f"r:{first.rule_id}", f"rc:{first.flag_class}"))
    return Judgement(first, frozenset(signs))


def joined_flag(before: Reading, joined: Reading) -> Flag | None:
    """The flag that only two texts together make, an emergency first; `joined` is `before` with
    the second text behind it."""
    seam = _seam(before, joined)
    same_day: Flag | None = None
    for rule in _candidates(joined):
        if same_day is not None and not rule.flag_class.is_emergency:
            break
        for units in rule.pattern.matches(joined):
            if _joins(units, seam):
                found = _worth(rule, joined, units, presence(joined, units))
                if found is not None and found.flag_class.is_emergency:
                    return found
                same_day = same_day or found
    return same_day


def _seam(before: Reading, joined: Reading) -> int:
    """The first unit of `joined` that begins with a word beyond those of `before`."""
    left = sum(word.count(" ") + 1 for word in before.words)
    for unit, word in enumerate(joined.words):
        left -= word.count(" ") + 1
        if left < 0:
            return unit
    return len(joined.words)


def _joins(units: tuple[int, ...], seam: int) -> bool:
    """Whether the match needs both sides of the seam: it spans it closely, or begins right at it
    ("my husband" / "is unconscious")."""
    return seam - _NEAR < units[0] <= seam + 1 and seam <= units[-1] < seam + _NEAR


def _candidates(reading: Reading) -> list[Rule]:
    found = {rule.order: rule for concept in reading.places for rule in RULES.get(concept, ())}
    return [found[order] for order in sorted(found)]


def _worth(rule: Rule, reading: Reading, units: tuple[int, ...], present: Presence) -> Flag | None:
    """What the match is worth: a flag of the rule's class, one for the same day, or nothing."""
    first, last = units[0], units[-1]
    around = range(max(first - _NEAR, 0), last + 1 + _NEAR)
    conditions = rule.conditions
    if present is Presence.ABSENT or (
        _any(reading, conditions.between, range(first, last))
        or _any(reading, conditions.unless, range(first, last + 1 + _NEAR))
        or _any(reading, conditions.around, around)
        or _any(reading, conditions.anywhere, range(len(reading.words)))
    ):
        return None
    mild = present is Presence.MILD and rule.flag_class not in _NEVER_MILD
    if mild and not rule.flag_class.is_emergency:
        return None
    softened = mild or _any(reading, conditions.soften, around)
    words = tuple(word for unit in units if (word := reading.words[unit]) not in (STRONG, SOFT))
    return Flag(FlagClass.SAME_DAY if softened else rule.flag_class, rule.rule_id, words)


def _any(reading: Reading, concepts: list[str], units: range) -> bool:
    return any(reading.has(concept, units.start, units.stop) for concept in concepts)

"""Finding the red flag in a text; see the package's docstring."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from flows.lexicon import Reading
from flows.text import SOFT, STRONG, marked_words
from flows.triage.context import Presence, presence
from flows.triage.learnt import second_opinion
from flows.triage.rulebook import LEXICON, RULES, FlagClass, Rule

_NEAR: Final = 4
"""How many units from a match count as close by."""
_OVERRULED: Final = 0.97
_SEEN: Final = 0.6
_SURE: Final = 0.97
"""How likely the weights must find "no emergency" to overrule a rule, an emergency to see one
without a rule, and to see one where a rule says that it is only talk."""
_FRAGMENT: Final = 3
"""Texts of so few words are for the rules alone."""
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


def find_flag(text: str, previous: str | None = None) -> Flag | None:
    """The red flag in `text`, an emergency before a call the same day; None where there is none.

    `previous` is the same patient's text of a few minutes before, for a symptom split over two
    texts ("my face" / "is numb"); what `previous` says by itself is not looked at again.
    """
    marked = [*marked_words(text), STRONG]
    reading = LEXICON.read([STRONG, *marked])
    flag = _with_second_opinion(_first_flag(reading), reading, text)
    if previous is None or (flag is not None and flag.flag_class.is_emergency):
        return flag
    before = marked_words(previous)
    while before and before[-1] in (STRONG, SOFT):
        before.pop()
    joined = LEXICON.read([STRONG, *before, *marked])
    return _first_flag(joined, _seam(LEXICON.read([STRONG, *before]), joined)) or flag


def _with_second_opinion(flag: Flag | None, reading: Reading, text: str) -> Flag | None:
    """What the rules found, put right by the weights: overruled where the words are plainly
    harmless, added to where they are an emergency that no rule knows.

    Where a rule saw the symptom but only as talk about it, or as one for the same day, the weights
    must be surer. What few words mean is for the rules alone.
    """
    opinion = second_opinion(text)
    if opinion is None:
        return flag
    if flag is not None and opinion.harmless >= _OVERRULED:
        return None
    if (flag is not None and flag.flag_class.is_emergency) or opinion.emergency < _SEEN:
        return flag
    if flag is not None and not flag.rule_id.startswith(FlagClass.SAME_DAY):
        return flag  # long-standing, or faint: the rules know better
    if opinion.length <= _FRAGMENT:
        return flag
    if opinion.emergency < _SURE and (flag is not None or _talked_about(reading)):
        return flag
    return Flag(opinion.flag_class, f"{opinion.flag_class}.{LEARNT}", opinion.words)


def _talked_about(reading: Reading) -> bool:
    """Whether a rule of an emergency holds but for the words around it ("what if", "in 2010")."""
    return any(
        presence(reading, units) is not Presence.NOW
        for rule in _candidates(reading)
        if rule.flag_class.is_emergency
        for units in rule.pattern.matches(reading)
    )


def _seam(before: Reading, joined: Reading) -> int:
    """The first unit of `joined` that begins with a word beyond those of `before`."""
    left = sum(word.count(" ") + 1 for word in before.words)
    for unit, word in enumerate(joined.words):
        left -= word.count(" ") + 1
        if left < 0:
            return unit
    return len(joined.words)


def _first_flag(reading: Reading, seam: int | None = None) -> Flag | None:
    """The first emergency flag, else the first for the same day; with `seam`, where a second text
    begins, only one that joins the two."""
    same_day: Flag | None = None
    for rule in _candidates(reading):
        if same_day is not None and not rule.flag_class.is_emergency:
            break
        for units in rule.pattern.matches(reading):
            if seam is not None and not _joins(units, seam):
                continue
            found = _judge(rule, reading, units)
            if found is not None and found.flag_class.is_emergency:
                return found
            same_day = same_day or found
    return same_day


def _joins(units: tuple[int, ...], seam: int) -> bool:
    """Whether the match needs both sides of the seam: it spans it closely, or begins right at it
    ("my husband" / "is unconscious")."""
    return seam - _NEAR < units[0] <= seam + 1 and seam <= units[-1] < seam + _NEAR


def _candidates(reading: Reading) -> list[Rule]:
    found = {rule.order: rule for concept in reading.places for rule in RULES.get(concept, ())}
    return [found[order] for order in sorted(found)]


def _judge(rule: Rule, reading: Reading, units: tuple[int, ...]) -> Flag | None:
    """What the match is worth: a flag of the rule's class, one for the same day, or nothing."""
    first, last = units[0], units[-1]
    around = range(max(first - _NEAR, 0), last + 1 + _NEAR)
    conditions = rule.conditions
    if (
        _any(reading, conditions.between, range(first, last))
        or _any(reading, conditions.unless, range(first, last + 1 + _NEAR))
        or _any(reading, conditions.around, around)
        or _any(reading, conditions.anywhere, range(len(reading.words)))
    ):
        return None
    present = presence(reading, units)
    if present is Presence.ABSENT:
        return None
    mild = present is Presence.MILD and rule.flag_class not in _NEVER_MILD
    if mild and not rule.flag_class.is_emergency:
        return None
    softened = mild or _any(reading, conditions.soften, around)
    words = tuple(word for unit in units if (word := reading.words[unit]) not in (STRONG, SOFT))
    return Flag(FlagClass.SAME_DAY if softened else rule.flag_class, rule.rule_id, words)


def _any(reading: Reading, concepts: list[str], units: range) -> bool:
    return any(reading.has(concept, units.start, units.stop) for concept in concepts)

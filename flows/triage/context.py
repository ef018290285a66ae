"""Whether a symptom that a text names is there now, or only talked about.

"No chest pain", "what if I can't pee after", "is numbness a risk" and "stroke in 2010" name a
symptom that nobody has. Each test below looks outward from the words that matched, as far as the
clause plausibly goes; where the reading is open it counts the symptom as present, because a missed
red flag costs more than one extra safety line.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from flows.lexicon import Reading

_LOOK: Final = 15
"""How many units to either side are looked at; it also bounds the work for a long text."""
_FAILING: Final = frozenset(
    {
        *("CANT", "BODY_FAILS", "NOFEEL", "NOPEE", "NOTHING_OUT", "NONSTOP", "NOT_SENSE", "NEG"),
        *("LOST", "LOST_CONTROL", "NOT_BREATHING", "SPEECHLESS", "DISORIENTED", "CANT_SEE"),
        *("NOT_ANSWERING", "NOT_MOVING", "NOT_WAKING"),
    }
)
"""Concepts that are negative in themselves: a "no" before them doesn't undo them."""


class Presence(IntEnum):
    """How far a matched symptom is there."""

    ABSENT = 0
    MILD = 1
    """Long-standing or over: a call the same day, not an ambulance."""
    NOW = 2


def presence(reading: Reading, units: tuple[int, ...]) -> Presence:
    """What the words around the matched `units` make of the symptom."""
    scene = _Scene(reading, units)
    if scene.negated() or scene.supposed() or scene.asked() or scene.past():
        return Presence.ABSENT
    if scene.over() or scene.chronic():
        return Presence.MILD
    return Presence.NOW


class _Scene:
    """One match inside its text, and the questions asked of what stands around it."""

    def __init__(self, reading: Reading, units: tuple[int, ...]) -> None:
        self._concepts = reading.concepts
        self._reading = reading
        self._units = units
        self._start, self._end = units[0], units[-1]
        self._left = self._limit(-1)
        self._right = self._limit(+1)

    def _limit(self, step: int) -> int:
        """The last unit, going left or right from the match, that belongs to its clause."""
        at = self._start if step < 0 else self._end
        for _ in range(_LOOK):
            following = at + step
            if not 0 <= following < len(self._concepts) or self._breaks(following):
                break
            at = following
        return at

    def _breaks(self, unit: int) -> bool:
        """Whether a new thought begins at `unit`: a sentence end, "but", "and i", or a pause that
        is not part of a list ("no fever, chills or chest pain")."""
        concepts = self._concepts[unit]
        if "STRONG" in concepts or "TURN" in concepts:
            return True
        if "JOIN" in concepts:
            return "SUBJECT" in self._at(unit + 1)
        if unit > self._end and "SUBJECT" in concepts:
            return True
        return "SOFT" in concepts and not self._in_list(unit)

    def _in_list(self, pause: int) -> bool:
        for unit in range(pause + 1, min(pause + _LOOK, len(self._concepts))):
            concepts = self._concepts[unit]
            if "OR" in concepts:
                return True
            if not concepts.isdisjoint({"STRONG", "TURN", "SUBJECT", "CANT"}):
                return False
        return False

    def _at(self, unit: int) -> frozenset[str]:
        return self._concepts[unit] if 0 <= unit < len(self._concepts) else frozenset()

    def _near(self, concept: str) -> bool:
        """Whether `concept` occurs anywhere in the match's clause."""
        return self._reading.has(concept, self._left, self._right + 1)

    def _own(self) -> bool:
        """Whether the match itself says whose symptom it is ("numbness in my legs")."""
        inside = set(range(self._start, self._end)) - set(self._units)
        return any("SUBJECT" in self._concepts[unit] for unit in inside)

    def _claimed(self) -> bool:
        """Whether the text goes on to say that it is so ("is numbness normal? mine started …")."""
        return self._reading.has("CLAIM", self._end + 1, self._end + _LOOK)

    def negated(self) -> bool:
        """ "no chest pain", "my legs are not numb"; not "no siento las piernas"."""
        taken = set().union(*(self._concepts[unit] for unit in self._units))
        if not taken.isdisjoint(_FAILING) and "TROUBLE" not in taken:
            return False
        if self._reading.has("NEG", self._start, self._end):
            return True
        for unit in range(self._start - 1, self._left - 1, -1):
            concepts = self._concepts[unit]
            if "NEG" in concepts:
                return True
            if "WITHOUT" in concepts:  # "I can't lie down without gasping"
                return not self._reading.has("CANT", self._left, unit)
            symptom = bool(concepts) and concepts.isdisjoint({"SUBJECT", "CANT", "JOIN", "IGNORE"})
            if not symptom and "SOFT" not in concepts and "BRIDGE" not in concepts:
                return False
        return False

    def supposed(self) -> bool:
        """ "what if …", "afraid of …", "can it cause …", "signs of …"."""
        if self._reading.has("RIGHT_NOW", self._end, self._right + 1) or self._claimed():
            return False
        if self._reading.has("IF", self._left, self._end):
            return True
        after = range(self._end + 1, min(self._end + 4, self._right + 1))
        failing = any(not _FAILING.isdisjoint(self._concepts[unit]) for unit in self._units)
        if (
            not failing
            and not self._own()
            and any("TYPICAL" in self._concepts[unit] for unit in after)
        ):
            return not ({"SUBJECT"} & (self._at(self._start - 1) | self._at(self._start - 2)))
        ifs = self._reading.places.get("IF_ALONE", [])
        return any(
            self._left <= unit < self._start
            and (
                "WHAT_TO_DO" in self._reading.places
                or self._reading.has("AFTERWARDS", unit, len(self._concepts))
            )
            for unit in ifs
        )

    def asked(self) -> bool:
        """ "will I be numb", "does it cause", "is numbness normal"; not "why are my legs numb"."""
        if self._claimed():
            return False
        for unit in range(self._start - 1, self._left - 1, -1):
            concepts = self._concepts[unit]
            if "ASK" in concepts or ("ASK_FIRST" in concepts and self._opens(unit)):
                return not (unit == self._start - 1 and self._own())
            if "NORMAL_Q" in concepts:
                later = range(self._end + 1, self._right + 1)
                return any("AFTERWARDS" in self._concepts[unit] for unit in later)
            if "SUBJECT" in concepts or "CANT" in concepts:
                return False
        return False

    def _opens(self, unit: int) -> bool:
        return unit == 0 or not self._at(unit - 1).isdisjoint({"STRONG", "SOFT", "TURN"})

    def past(self) -> bool:
        """ "stroke in 2010", "as a kid"; not "in 2010 and now my face droops"."""
        if self._near("NOW"):
            return False
        fresh_start = False
        for unit in range(self._start - 1, self._left - 1, -1):
            concepts = self._concepts[unit]
            if "PAST" in concepts:
                return not fresh_start or self._opens(unit)
            fresh_start = fresh_start or "SUBJECT" in concepts
        return self._reading.has("PAST", self._start, self._right + 1) or self._after_pause("PAST")

    def over(self) -> bool:
        """ "chest pain, gone now"."""
        return self._reading.has("RESOLVED", self._end + 1, self._right + 1) or self._after_pause(
            "RESOLVED"
        )

    def chronic(self) -> bool:
        """ "numb for years", with nothing new about it."""
        return self._near("CHRONIC") and not self._near("NOW")

    def _after_pause(self, concept: str) -> bool:
        """Whether the next clause, after a pause, opens with `concept`."""
        pause = self._right + 1
        return "SOFT" in self._at(pause) and concept in (self._at(pause + 1) | self._at(pause + 2))

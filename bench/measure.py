"""Measuring in rounds: the sides in turn, so that a busy moment of the machine slows them all."""

from __future__ import annotations

import gc
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from time import perf_counter
from typing import TypeVar

T = TypeVar("T")
Rounds = tuple[float, ...]
"""One value for each round."""


class Limit(StrEnum):
    """On which side of its target a figure should lie."""

    AT_MOST = "<="
    AT_LEAST = ">="


@dataclass(frozen=True, slots=True)
class Target:
    """What the median of a figure's rounds should keep to."""

    limit: Limit
    value: float

    def is_met_by(self, median: float) -> bool:
        """Whether a median keeps to it."""
        return median <= self.value if self.limit is Limit.AT_MOST else median >= self.value


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the results: a value for each round, or, without any, `note` says why not."""

    lane: str
    name: str
    unit: str
    rounds: Rounds
    target: Target | None = None
    note: str = ""

    @property
    def median(self) -> float:
        """The middle of the rounds. Raises `statistics.StatisticsError` without any."""
        return statistics.median(self.rounds)

    @property
    def is_met(self) -> bool | None:
        """Whether the median keeps to the target; `None` without a target or a measurement."""
        if self.target is None or not self.rounds:
            return None
        return self.target.is_met_by(self.median)


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is measured: enough for steady figures, or just enough to see that all works.

    A round is made of `passes`. `requests` are those of one side in a pass, `turns` the menu turns
    of one (a sixteenth as many in free words), `sessions` the conversations that are timed at turn
    8 and at turn 40, `claims` the batches claimed in a pass, `reminders` and `few_reminders` the
    other rows of a large and of a small installation, `appointments` the rows of the imported file,
    `texts` those that a side sends in a pass, `backlog` the reminders that two workers find due at
    one moment, `visits` the appointments of the site's database, `views` how often a page is asked
    for in a round.
    """

    rounds: int
    passes: int
    phones: int
    requests: int
    turns: int
    sessions: int
    claims: int
    reminders: int
    few_reminders: int
    appointments: int
    texts: int
    backlog: int
    visits: int
    views: int


FULL = Scale(
    rounds=7,
    passes=8,
    phones=200,
    requests=50,
    turns=800,
    sessions=48,
    claims=2,
    reminders=200_000,
    few_reminders=10_000,
    appointments=10_000,
    texts=1500,
    backlog=10_000,
    visits=100_000,
    views=5,
)
LONG = replace(FULL, reminders=5_000_000, backlog=100_000)
"""What takes minutes: as many reminders as a large installation gathers in years."""
QUICK = Scale(
    rounds=2,
    passes=1,
    phones=8,
    requests=16,
    turns=32,
    sessions=4,
    claims=1,
    reminders=200,
    few_reminders=20,
    appointments=20,
    texts=40,
    backlog=200,
    visits=1_000,
    views=1,
)


def alternate(sides: Mapping[str, Callable[[], float]], scale: Scale) -> dict[str, Rounds]:
    """Call the sides in turn, pass by pass, in turned order every other pass; the values by side.

    A round's value is the mean of its passes. A first round, with everything cold, is left out.
    What is in memory before is set aside, so that sweeping up between passes is quick.
    """
    names = list(sides)
    found: dict[str, list[float]] = {name: [] for name in names}
    gc.collect()
    gc.freeze()
    for number in range((scale.rounds + 1) * scale.passes):
        for name in reversed(names) if number % 2 else names:
            found[name].append(sides[name]())
    gc.unfreeze()
    return {
        name: tuple(map(statistics.fmean, by_round(values, scale.passes)[1:]))
        for name, values in found.items()
    }


def by_round(passes: Sequence[T], in_a_round: int) -> list[Sequence[T]]:
    """What was found in each pass, gathered by round."""
    return [passes[at : at + in_a_round] for at in range(0, len(passes), in_a_round)]


def ratios(over: Iterable[float], under: Iterable[float]) -> Rounds:
    """Each round's value of one side divided by the same round's value of the other."""
    return tuple(one / other for one, other in zip(over, under, strict=True))


def seconds(work: Callable[[], object]) -> float:
    """How long one call takes, with the rubbish of what came before it swept away first."""
    gc.collect()
    start = perf_counter()
    work()
    return perf_counter() - start

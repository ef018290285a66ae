"""What a file would do, in numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from appointment_import import Messages, Outcome
from appointments import Change

_FEW: Final = 5
_ONE_IN: Final = 5


@dataclass(frozen=True, slots=True)
class Summary:
    """The sums of a file. `ahead` is how many coming appointments it names; `moved_ahead` and
    `cancelled_ahead` are those of them that it moves or cancels."""

    counts: dict[Change, int]
    notices: Messages
    reminders: Messages
    to_phone: int
    ahead: int
    moved_ahead: int
    cancelled_ahead: int

    @property
    def is_unusual(self) -> bool:
        """Whether so many would be moved or cancelled that it may be the wrong file."""
        lost = self.moved_ahead + self.cancelled_ahead
        return lost >= _FEW and lost * _ONE_IN > self.ahead

    @property
    def changes_nothing(self) -> bool:
        """Whether every row is as it is stored."""
        return not sum(self.counts.values()) - self.counts[Change.UNCHANGED]


def summed(outcomes: Sequence[Outcome]) -> Summary:
    """Add up what the rows of a file would do."""
    counts = Counter(each.change for each in outcomes)
    ahead = Counter(each.change for each in outcomes if each.was_ahead)
    return Summary(
        counts={change: counts[change] for change in Change},
        notices=_added(each.notices for each in outcomes),
        reminders=_added(each.reminders for each in outcomes),
        to_phone=sum(each.to_phone for each in outcomes),
        ahead=ahead.total(),
        moved_ahead=ahead[Change.MOVED],
        cancelled_ahead=ahead[Change.CANCELLED],
    )


def _added(messages: Iterable[Messages]) -> Messages:
    """Rows of a file are mostly alike: each kind is added up once."""
    alike = Counter(messages)
    return Messages(
        texts=sum(each.texts * count for each, count in alike.items()),
        segments=sum(each.segments * count for each, count in alike.items()),
        calls=sum(each.calls * count for each, count in alike.items()),
    )

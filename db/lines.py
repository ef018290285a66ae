"""The lines to the carrier: which are stopped, and how fast each sender may send."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import delete, select, update
from sqlalchemy.engine import Connection

from db.models import SenderPace, StoppedLine
from db.upsert import insert_for

ACCOUNT: Final = "account"
_PROBE_PAUSE: Final = dt.timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Stop:
    """A line that is stopped: since when, and the carrier's error that stopped it."""

    line: str
    since: dt.datetime
    error_code: int | None
    error_class: str
    by_report: bool
    probe_at: dt.datetime


def stopped_lines(connection: Connection) -> Sequence[Stop]:
    """Every line that is stopped now."""
    table = StoppedLine
    rows = connection.execute(
        select(
            table.line,
            table.since,
            table.error_code,
            table.error_class,
            table.by_report,
            table.probe_at,
        )
    )
    return [Stop(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Refusal:
    """What stops a line: the carrier's error, and whether it came in a report on a message that
    had been taken, rather than in the answer to a request."""

    line: str
    error_class: str
    error_code: int | None
    by_report: bool


def stop_line(connection: Connection, refusal: Refusal, now: dt.datetime) -> bool:
    """Stop a line, or keep it stopped for another while; returns whether it was running before.

    `now` is the real time (UTC), as everywhere here.
    """
    line = refusal.line
    known = connection.scalar(select(StoppedLine.line).where(StoppedLine.line == line))
    statement = insert_for(connection, StoppedLine).values(
        line=line,
        since=now,
        error_code=refusal.error_code,
        error_class=refusal.error_class,
        by_report=refusal.by_report,
        probe_at=now + _PROBE_PAUSE,
    )
    again = {"probe_at": now + _PROBE_PAUSE, "by_report": refusal.by_report}
    connection.execute(statement.on_conflict_do_update(index_elements=["line"], set_=again))
    return known is None


def take_probe(connection: Connection, stop: Stop, now: dt.datetime) -> bool:
    """Take the one attempt on a stopped line that is due; the next is a while later."""
    taken = connection.execute(
        update(StoppedLine)
        .where(StoppedLine.line == stop.line, StoppedLine.probe_at <= now)
        .values(probe_at=now + _PROBE_PAUSE)
    )
    return taken.rowcount == 1


def start_lines(connection: Connection, lines: Sequence[str]) -> int:
    """Let lines run again: something went out on them; returns how many were stopped."""
    return connection.execute(delete(StoppedLine).where(StoppedLine.line.in_(lines))).rowcount


def take_slots(
    connection: Connection,
    sender: str,
    per_second: float,
    want: int,
    ahead: dt.timedelta,
    now: dt.datetime,
) -> Sequence[dt.datetime]:
    """Up to `want` moments at which a sender may send, evenly spaced, at most `ahead` from now.

    `now` is the real time (UTC). Workers that ask at the same moment are served one after the
    other, so that together they keep the limit.
    """
    make = insert_for(connection, SenderPace).values(sender=sender, taken_until=now)
    connection.execute(make.on_conflict_do_nothing())
    taken_until = connection.execute(
        select(SenderPace.taken_until).where(SenderPace.sender == sender).with_for_update()
    ).scalar_one()
    spacing = dt.timedelta(seconds=1 / per_second)
    first = max(taken_until, now)
    room = int((now + ahead - first) / spacing) + 1 if first <= now + ahead else 0
    slots = [first + spacing * number for number in range(min(want, room))]
    if slots:
        connection.execute(
            update(SenderPace)
            .where(SenderPace.sender == sender)
            .values(taken_until=slots[-1] + spacing)
        )
    return slots


def room_ahead(
    connection: Connection, sender: str, per_second: float, ahead: dt.timedelta, now: dt.datetime
) -> int:
    """About how many slots of a sender are free within `ahead` from now; none is taken."""
    taken_until = connection.scalar(
        select(SenderPace.taken_until).where(SenderPace.sender == sender)
    )
    first = max(taken_until or now, now)
    return (
        int((now + ahead - first).total_seconds() * per_second) + 1 if first <= now + ahead else 0
    )


def give_back(connection: Connection, sender: str, unused: Sequence[dt.datetime]) -> None:
    """Return slots that were not needed, the last ones taken, in the transaction that took them."""
    if unused:
        connection.execute(
            update(SenderPace).where(SenderPace.sender == sender).values(taken_until=min(unused))
        )

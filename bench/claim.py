"""Taking up due reminders: what a claim costs, and whether it stays so cheap in a large database.

Both sides hold the same reminders that are due; the large one holds many more that are settled
already or lie ahead. A claim is one transaction, as the worker makes it.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Final

from bench.filling import NOW, analyse, fill_due, fill_others
from bench.measure import Figure, Limit, Scale, Target, alternate, ratios, seconds
from bench.places import Place, clinic, places
from db import outbox
from db.claims import Lease, claim_due
from db.session import Database
from scheduler.claiming import LEASE

LANE: Final = "claim"
TARGET: Final = Target(Limit.AT_MOST, 1.3)
BATCH: Final = 100
_SMALL: Final = "a small database"
_LARGE: Final = "a large database"
_BODY: Final = "x" * 300
_MOST_ON_SQLITE: Final = 50_000
"""Stored row by row there, and not where a large installation keeps its reminders."""


def measure(scale: Scale) -> Iterator[Figure]:
    """The figures of this lane on every kind of database that is there."""
    with places() as found:
        for place in found:
            yield from _measure_at(place, scale)


def _measure_at(place: Place, scale: Scale) -> Iterator[Figure]:
    few, many = scale.few_reminders, scale.reminders
    if place.name == "SQLite":
        few, many = min(few, _MOST_ON_SQLITE // 5), min(many, _MOST_ON_SQLITE)
    name = f"{place.name}: claim of {BATCH} among {many:,} reminders / among {few:,}"
    if place.fresh is None:
        yield Figure(LANE, name, "ratio", (), TARGET, note=f"{place.name} {place.note}")
        return
    due = BATCH * scale.claims * scale.passes * (scale.rounds + 1)
    with ExitStack() as until_the_end:
        sides: dict[str, Callable[[], float]] = {}
        for side, others in ((_SMALL, few), (_LARGE, many)):
            database = Database(until_the_end.enter_context(place.fresh()))
            until_the_end.callback(database.close)
            fill_due(database, 1, due)
            fill_others(database, others)
            analyse(database)
            sides[side] = _claimer(database, scale.claims)
        found = alternate(sides, scale)
    yield Figure(LANE, name, "ratio", ratios(found[_LARGE], found[_SMALL]), TARGET, place.note)
    milliseconds = tuple(each * 1000 for each in found[_LARGE])
    yield Figure(LANE, f"{place.name}: claim of {BATCH} among {many:,}", "ms", milliseconds)
    a_second = tuple(BATCH / each for each in found[_LARGE])
    yield Figure(LANE, f"{place.name}: claimed", "reminders/s", a_second)


def _claimer(database: Database, claims: int) -> Callable[[], float]:
    clinic_id = clinic().id

    def claim() -> None:
        lease = Lease(uuid.uuid4().hex, NOW + LEASE)
        with database.connection() as connection:
            rows = claim_due(connection, clinic_id, NOW, BATCH)
            begun = [
                {"row": row.id, "to": row.phone, "body": _BODY, "channel": "sms", "segments": 2}
                for row in rows
            ]
            outbox.begin(connection, begun, lease, NOW)
        if len(rows) != BATCH:
            raise RuntimeError(f"{len(rows)} reminders were claimed and not {BATCH}")

    return lambda: sum(seconds(claim) for _ in range(claims)) / claims

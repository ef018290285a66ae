"""A day's reminders due at one moment: two workers send them all, each once.

The workers are processes of their own; the local carrier counts what it got.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from time import perf_counter
from typing import Final

from sqlalchemy import func, select

from bench.dispatch import THREADS, client_of, dispatcher_of
from bench.filling import NOW, analyse, fill_due
from bench.measure import Figure, Scale
from bench.places import Place, fast_sender, places
from bench.stub_carrier import StubCarrier, stub_carrier
from db.models import Reminder
from db.session import Database

LANE: Final = "backlog"
WORKERS: Final = 2
_AT_ONCE: Final = 10_000


def measure(scale: Scale) -> Iterator[Figure]:
    """The figures of this lane on PostgreSQL, where several processes can write at once."""
    with places() as (_, place), stub_carrier() as carrier:
        yield from _measure_at(place, carrier, scale.backlog)


def _measure_at(place: Place, carrier: StubCarrier, count: int) -> Iterator[Figure]:
    name = f"{place.name}: {count:,} due at one moment, sent by {WORKERS} workers"
    if place.fresh is None:
        yield Figure(LANE, name, "s", (), note=f"{place.name} {place.note}")
        return
    with place.fresh() as url:
        _fill(url, count)
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(WORKERS, mp_context=context) as workers:
            start = perf_counter()
            done = [workers.submit(work, url, carrier.url) for _ in range(WORKERS)]
            looked_at = sum(each.result() for each in done)
            taken = perf_counter() - start
        _check(url, carrier, count, looked_at)
    yield Figure(LANE, name, "s", (taken,), note=place.note)
    yield Figure(LANE, f"{place.name}: sent, each once", "texts/s", (count / taken,))


def work(url: str, carrier_url: str) -> int:
    """Send what is due until nothing is, as one worker process does; how many were looked at."""
    database = Database(url, pool_size=THREADS + 2)
    client = client_of(StubCarrier(carrier_url))
    try:
        return dispatcher_of(database, client).run(lambda: NOW)
    finally:
        client.close()
        database.close()


def _fill(url: str, count: int) -> None:
    database = Database(url)
    fast_sender(database)
    for first in range(1, count + 1, _AT_ONCE):
        fill_due(database, first, min(_AT_ONCE, count + 1 - first))
    analyse(database)
    database.close()


def _check(url: str, carrier: StubCarrier, count: int, looked_at: int) -> None:
    """All sent, none twice: at the carrier and in the database."""
    texts = carrier.texts()
    database = Database(url)
    with database.reading() as session:
        sent = session.scalar(
            select(func.count(func.distinct(Reminder.sid))).where(Reminder.status == "sent")
        )
    database.close()
    twice = sum(1 for times in texts.values() if times != 1)
    if twice or len(texts) != count or sent != count or looked_at != count:
        raise RuntimeError(
            f"of {count} reminders {looked_at} were taken up, {sent} are stored as sent, and the "
            f"carrier got {len(texts)}, {twice} of them not just once"
        )

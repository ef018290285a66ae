"""What operators look at: is the process up, can it work, and how is it doing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Final

from flask import Blueprint, Response, jsonify
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from db.beats import newest_beat
from db.migrate import newest_revision, revision_of
from db.reminders import counts_by_status, oldest_overdue
from db.session import Database, DatabaseDownError
from db.tasks import open_counts

SILENT_WORKER: Final = dt.timedelta(seconds=60)
LATE: Final = dt.timedelta(minutes=5)


def readiness(database: Database, now: dt.datetime) -> tuple[bool, dict[str, str]]:
    """Whether the app can do its work, and one line for each thing that it needs."""
    try:
        with database.reading() as session:
            revision = revision_of(session)
            if revision != newest_revision():
                return False, {
                    "database": "ok",
                    "migrations": f"at {revision or 'nothing'}, needs {newest_revision()}. "
                    "Run: flask db upgrade",
                }
            beat = newest_beat(session)
            overdue = oldest_overdue(session, now)
    except DatabaseDownError as error:
        return False, {"database": str(error)}
    alive = beat is not None and now - beat <= SILENT_WORKER
    on_time = overdue is None or now - overdue <= LATE
    return alive and on_time, {
        "database": "ok",
        "migrations": "ok",
        "scheduler": "ok" if alive else _silence(beat),
        "reminders": "ok" if on_time else f"one has been due since {overdue:%Y-%m-%dT%H:%M:%SZ}",
    }


def _silence(beat: dt.datetime | None) -> str:
    since = "ever" if beat is None else f"since {beat:%Y-%m-%dT%H:%M:%SZ}"
    return f"no worker was heard of {since}. Start: python -m scheduler"


class Numbers(Collector):
    """The numbers for Prometheus, read from the database when they are asked for, so that any
    number of processes tells the same."""

    def __init__(self, database: Database, clock: Callable[[], dt.datetime]) -> None:
        self._database = database
        self._clock = clock

    def describe(self) -> list[Metric]:
        """Nothing ahead of time: describing would need the database."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Every family of numbers. Raises `DatabaseDownError`."""
        now = self._clock()
        with self._database.reading() as session:
            reminders = counts_by_status(session)
            tasks = open_counts(session)
            beat = newest_beat(session)
            overdue = oldest_overdue(session, now)
        yield _family("prepline_reminders", "Reminders by state.", "status", reminders)
        yield _family("prepline_open_tasks", "Open tasks by urgency.", "urgency", tasks)
        silent = "Seconds since any worker was heard of; absent if none ever was."
        yield _seconds("prepline_worker_silence_seconds", silent, beat, now)
        late = "For how many seconds the oldest overdue reminder has been due; absent if none is."
        yield _seconds("prepline_oldest_overdue_seconds", late, overdue, now)


def _family(name: str, meaning: str, label: str, counts: dict[str, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, meaning, labels=[label])
    for value, count in sorted(counts.items()):
        family.add_metric([value], count)
    return family


def _seconds(
    name: str, meaning: str, since: dt.datetime | None, now: dt.datetime
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, meaning, labels=[])
    if since is not None:
        family.add_metric([], (now - since).total_seconds())
    return family


def blueprint(database: Database, clock: Callable[[], dt.datetime]) -> Blueprint:
    """The operators' addresses: `/healthz`, `/readyz` and `/metrics`."""
    room = Blueprint("ops", __name__)
    registry = CollectorRegistry()
    registry.register(Numbers(database, clock))

    @room.get("/healthz")
    def healthz() -> Response:
        return jsonify(status="ok")

    @room.get("/readyz")
    def readyz() -> tuple[Response, int]:
        ready, lines = readiness(database, clock())
        return jsonify(status="ok" if ready else "not ready", **lines), 200 if ready else 503

    @room.get("/metrics")
    def metrics() -> Response:
        return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)

    return room

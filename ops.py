"""What operators look at: is the process up, can it work, and how is it doing."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from flask import Blueprint, Response, jsonify
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from db.beats import beats, newest_beat
from db.latenesses import latenesses
from db.lines import ACCOUNT, Stop, stopped_lines
from db.migrate import newest_revision, revision_of
from db.reminders import counts_by_status, newest_look_backs, oldest_overdue
from db.session import Database, DatabaseDownError
from db.tasks import open_counts
from scheduler.lateness import BUCKETS

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
            stops = stopped_lines(session.connection())
    except DatabaseDownError as error:
        return False, {"database": str(error)}
    alive = beat is not None and now - beat <= SILENT_WORKER
    on_time = overdue is None or now - overdue <= LATE
    return alive and on_time and not stops, {
        "database": "ok",
        "migrations": "ok",
        "scheduler": "ok" if alive else _silence(beat),
        "reminders": "ok" if on_time else f"one has been due since {overdue:%Y-%m-%dT%H:%M:%SZ}",
        "carrier": "; ".join(map(_stop_words, stops)) or "ok",
    }


def _stop_words(stop: Stop) -> str:
    name = "the account" if stop.line == ACCOUNT else "a sender"
    return (
        f"{name} is refused since {stop.since:%Y-%m-%dT%H:%M:%SZ} (error {stop.error_code}, "
        f"{stop.error_class}); sending waits and tries once a minute"
    )


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
            alive = beats(session)
            overdue = oldest_overdue(session, now)
            stops = stopped_lines(session.connection())
            late = latenesses(session.connection())
            days = newest_look_backs(session)
        yield _family("prepline_reminders", "Reminders by state.", "status", reminders)
        yield _family("prepline_open_tasks", "Open tasks by urgency.", "urgency", tasks)
        silences = {worker: (now - beat).total_seconds() for worker, beat in alive.items()}
        silent = "Seconds since each worker of the last day was heard of."
        yield _family("prepline_worker_silence_seconds", silent, "worker", silences)
        waits = "For how many seconds the oldest overdue reminder has been due; absent if none is."
        yield _seconds("prepline_oldest_overdue_seconds", waits, overdue, now)
        kinds = {"account": 0, "sender": 0} | Counter(s.line.partition(":")[0] for s in stops)
        yield _family("prepline_stopped_lines", "Lines to the carrier stopped.", "line", kinds)
        yield _lateness(late)
        for name, meaning in _LOOKED_BACK.items():
            counts = {day.clinic_id: getattr(day, name) for day in days}
            yield _family(f"prepline_yesterday_{name}", meaning, "clinic", counts)


_LOOKED_BACK: Final = {
    "expected": "Messages that were due on the last day looked back on.",
    "reached": "Of those, delivered.",
    "unaccounted": "Of those, without an outcome: each is a task.",
    "mended": "Reminders that had never been planned and were planned by the look back.",
}


def _lateness(late: Mapping[int, tuple[int, float]]) -> HistogramMetricFamily:
    """The histogram of lateness; Prometheus wants its buckets cumulative."""
    family = HistogramMetricFamily(
        "prepline_reminder_lateness_seconds", "Seconds from a reminder's moment to its going out."
    )
    so_far, buckets = 0, []
    for bound in BUCKETS:
        so_far += late.get(bound, (0, 0.0))[0]
        buckets.append(("+Inf" if bound == BUCKETS[-1] else str(bound), so_far))
    family.add_metric([], buckets, sum_value=sum(total for _, total in late.values()))
    return family


def _family(name: str, meaning: str, label: str, counts: Mapping[str, float]) -> GaugeMetricFamily:
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

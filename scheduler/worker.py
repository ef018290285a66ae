"""The worker: a tick that sends what is due, until it is told to stop.

APScheduler only ticks. What is due stands in the database, so a worker may start late, twice or
not at all, and nothing is lost by it.
"""

from __future__ import annotations

import datetime as dt
import os
import signal
import socket
import threading
import time
from dataclasses import dataclass, field
from typing import Final

import structlog
from apscheduler.schedulers.background import BackgroundScheduler

from db import import_drafts, unsent_texts
from db.beats import beat
from db.session import Database, DatabaseDownError
from profiles import Profile
from scheduler.clocks import Clock, wall_clock
from scheduler.dispatch import Dispatcher
from scheduler.reconciling import look_back
from scheduler.replanning import clinics_to_replan, replan_piece
from scheduler.settling import Settler
from scheduler.staff_texts import StaffTexts
from scheduler.watching import warn_of_waiting

_log = structlog.get_logger()
_TICK_SECONDS: Final = 1.0
_LISTEN_SECONDS: Final = 0.2
_LONGEST_TICK: Final = 5.0
_LONGEST_REPLANNING: Final = 1.0
_WATCH_EVERY: Final = dt.timedelta(seconds=30)
_LOOK_BACK_AT: Final = dt.time(6, 0)


def clock_from(start: dt.datetime) -> Clock:
    """A clock that shows `start` now and goes on from there at the usual pace."""
    begun = time.monotonic()
    return lambda: start + dt.timedelta(seconds=time.monotonic() - begun)


@dataclass
class Worker:
    """One worker process's work. `clock` decides what is due; signs of life use the real time."""

    database: Database
    dispatcher: Dispatcher
    settler: Settler
    clock: Clock
    started_at: dt.datetime = field(default_factory=wall_clock)
    name: str = field(default_factory=lambda: f"{socket.gethostname()}:{os.getpid()}"[:80])
    _stopping: threading.Event = field(default_factory=threading.Event)
    _watched_at: dt.datetime | None = None
    _staff_texts: StaffTexts = field(init=False)

    def __post_init__(self) -> None:
        """Texts by staff go out the way that reminders do."""
        line = self.dispatcher
        self._staff_texts = StaffTexts(self.database, line.carrier, line.clinics, line.callback_url)

    def once(self) -> int:
        """One pass over everything that is due; returns how many reminders were looked at."""
        self._beat()
        self.replan()
        self._staff_texts.run(self.clock)
        settled = self.settler.run(self.clock)
        taken = self.dispatcher.run(self.clock)
        self.watch()
        return settled + taken

    def run(self) -> None:
        """Tick until SIGTERM or SIGINT; then finish what is being sent, and return."""
        told: list[int] = []
        for stop in (signal.SIGTERM, signal.SIGINT):
            signal.signal(stop, lambda number, _frame: told.append(number))
        scheduler = BackgroundScheduler(timezone=dt.UTC)
        for work in (self._tick, self._tick_of_staff):
            scheduler.add_job(
                work,
                "interval",
                seconds=_TICK_SECONDS,
                max_instances=1,
                coalesce=True,
                misfire_grace_time=None,
                next_run_time=wall_clock(),
            )
        scheduler.start()
        _log.info("worker_started", worker=self.name)
        while not told:  # looked at, for a signal that another thread takes wakes nobody here
            time.sleep(_LISTEN_SECONDS)
        self._stopping.set()
        scheduler.shutdown(wait=True)
        _log.info("worker_stopped", worker=self.name)

    def _tick(self) -> None:
        """Send for a bounded time, so that a long queue can't hide the worker's sign of life."""
        until = time.monotonic() + _LONGEST_TICK
        try:
            self._beat()
            self.replan(_LONGEST_REPLANNING)
            self.settler.run(self.clock)
            self.dispatcher.run(
                self.clock,
                keep_going=lambda: time.monotonic() < until and not self._stopping.is_set(),
            )
            if self._watched_at is None or wall_clock() - self._watched_at >= _WATCH_EVERY:
                self.watch()
        except DatabaseDownError:
            _log.error("database_down", worker=self.name)

    def _tick_of_staff(self) -> None:
        """Beside the reminders, so that a patient who waits for an answer waits for no queue."""
        try:
            self._staff_texts.run(self.clock, lambda: not self._stopping.is_set())
        except DatabaseDownError:
            _log.error("database_down", worker=self.name)

    def replan(self, seconds: float = float("inf")) -> None:
        """Go on bringing reminders in line with rules that were changed on the site, before any is
        sent by the old ones; for about so many seconds."""
        until = time.monotonic() + seconds
        with self.database.reading() as session:
            waiting = clinics_to_replan(session)
        for clinic_id in waiting:
            is_done = False
            while not is_done and time.monotonic() < until:
                is_done = replan_piece(self.database, clinic_id, self.clock()).is_last

    def watch(self) -> None:
        """Warn of what is stuck, look back on each clinic's day that is over, and delete uploaded
        files and texts that were never sent once they are older than a day."""
        self._watched_at = wall_clock()
        now = self.clock()
        with self.database.transaction() as session:
            warn_of_waiting(session, now)
            import_drafts.delete_old(session, now)
            unsent_texts.delete_old(session, now)
        with self.database.reading() as session:
            profiles = self.dispatcher.clinics.all(session)
        for profile in profiles.values():
            self._look_back(profile, now)

    def _look_back(self, profile: Profile, now: dt.datetime) -> None:
        local = now.astimezone(profile.zone)
        if local.time() >= _LOOK_BACK_AT:
            with self.database.transaction() as session:
                look_back(session, profile, local.date() - dt.timedelta(days=1), now)

    def _beat(self) -> None:
        with self.database.transaction() as session:
            beat(session, self.name, self.started_at, wall_clock())

"""How late reminders go out: counted while sending, added up in the database now and then."""

from __future__ import annotations

import bisect
import threading
from collections.abc import Iterable
from typing import Final

from db.latenesses import add_lateness
from db.session import Database

BUCKETS: Final = (1, 5, 15, 60, 300, 900, 3600, 14400, 2**31 - 1)
"""Seconds between a reminder's moment and its going out; the last one holds whatever is later."""


class LatenessLog:
    """Counts of one process that have not been added to the database yet; threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[int, tuple[int, float]] = {}

    def add(self, seconds: Iterable[float]) -> None:
        """Count reminders that went out so many seconds after they were due."""
        with self._lock:
            for each in seconds:
                late = max(0.0, each)
                bucket = BUCKETS[bisect.bisect_left(BUCKETS, late)]
                count, total = self._counts.get(bucket, (0, 0.0))
                self._counts[bucket] = (count + 1, total + late)

    def flush(self, database: Database) -> None:
        """Add what was counted to the database's sums. A process that is killed loses at most the
        counts of one pass, which are for watching, not for accounts."""
        with self._lock:
            counts, self._counts = self._counts, {}
        if counts:
            with database.connection() as connection:
                add_lateness(connection, counts)

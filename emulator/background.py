"""Work that goes on behind a request: a clock for later steps and lanes for posts.

Tasks of one lane run one after the other, so callbacks of one message keep their order; different
lanes do not wait for each other, so one slow answer holds up only its own lane.
"""

import heapq
import itertools
import queue
import threading
import time
import zlib
from collections.abc import Callable

Task = Callable[[], object]
_LANES = 8


class Background:
    """A clock thread and a few lane threads, all of them ended by `stop`."""

    def __init__(self) -> None:
        self.stopping = threading.Event()
        self._changed = threading.Condition()
        self._due: list[tuple[float, int, Task, bool]] = []
        self._order = itertools.count()
        self._unfinished = 0
        self._lanes: list[queue.SimpleQueue[Task | None]] = [
            queue.SimpleQueue() for _ in range(_LANES)
        ]
        self._threads = [threading.Thread(target=self._run_clock, name="carrier-clock")]
        self._threads += [
            threading.Thread(target=self._run_lane, args=(lane,), name=f"carrier-lane-{number}")
            for number, lane in enumerate(self._lanes)
        ]
        for thread in self._threads:
            thread.daemon = True

    def start(self) -> None:
        """Start the threads."""
        for thread in self._threads:
            thread.start()

    def after(self, seconds: float, task: Task, *, awaited: bool = True) -> None:
        """Run a short task on the clock thread. Only awaited tasks keep the carrier from idling."""
        with self._changed:
            entry = (time.monotonic() + seconds, next(self._order), task, awaited)
            heapq.heappush(self._due, entry)
            self._unfinished += awaited
            self._changed.notify_all()

    def post(self, lane: str, task: Task) -> None:
        """Run a task that may block on the lane of that name."""
        with self._changed:
            self._unfinished += 1
        self._lanes[zlib.crc32(lane.encode()) % _LANES].put(task)

    def wait_until_idle(self, timeout: float) -> bool:
        """Wait until nothing awaited is left; False if that takes longer than `timeout` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: self._unfinished == 0, timeout)

    def clear(self) -> None:
        """Drop every later step. Tasks that already run finish."""
        with self._changed:
            self._unfinished -= sum(awaited for _, _, _, awaited in self._due)
            self._due.clear()
            self._changed.notify_all()

    def stop(self, timeout: float = 1.0) -> None:
        """End the threads; a post that is still waiting for an answer is left to the process."""
        self.stopping.set()
        with self._changed:
            self._changed.notify_all()
        for lane in self._lanes:
            lane.put(None)
        deadline = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _run_clock(self) -> None:
        while (entry := self._wait_for_due()) is not None:
            task, awaited = entry
            task()
            if awaited:
                self._finish()

    def _wait_for_due(self) -> tuple[Task, bool] | None:
        with self._changed:
            while not self.stopping.is_set():
                left = self._due[0][0] - time.monotonic() if self._due else None
                if left is not None and left <= 0:
                    _, _, task, awaited = heapq.heappop(self._due)
                    return task, awaited
                self._changed.wait(left)
        return None

    def _run_lane(self, lane: queue.SimpleQueue[Task | None]) -> None:
        while (task := lane.get()) is not None and not self.stopping.is_set():
            task()
            self._finish()

    def _finish(self) -> None:
        with self._changed:
            self._unfinished -= 1
            self._changed.notify_all()

"""Waiting for something to become true, with a deadline instead of a guess."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_until(what: str, check: Callable[[], T | None], seconds: float = 60) -> T:
    """The first truthy answer of `check`; TimeoutError naming `what` if none comes in time."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not (answer := check()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds} s in vain for: {what}")
        pause.wait(0.02)
    return answer

"""Clocks: the real one, and what the worker takes for one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

Clock = Callable[[], dt.datetime]


def wall_clock() -> dt.datetime:
    """The present moment, UTC."""
    return dt.datetime.now(dt.UTC)

"""The app as tests make it: a new one for each test, whose templates are compiled but once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Final

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket

from app import create_app
from settings import Settings


class _Compiled(BytecodeCache):
    """Templates as this process has compiled them; one whose source has changed is not taken."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill a bucket with what was kept for it."""
        kept = self._kept.get(bucket.key)
        if kept is not None:
            bucket.bytecode_from_string(kept)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what is in a bucket."""
        self._kept[bucket.key] = bucket.bytecode_to_string()


_COMPILED: Final = _Compiled()


def new_app(settings: Settings, clock: Callable[[], dt.datetime]) -> Flask:
    """`app.create_app`, spared the compiling of templates, most of a first page."""
    app = create_app(settings, clock)
    app.jinja_env.bytecode_cache = _COMPILED
    return app

"""Databases to measure on: each new, migrated, with one clinic, and gone afterwards."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from db.clinics import store_profile
from db.migrate import upgrade
from db.session import Database
from profiles import Profile, parse_profile
from scheduler.clocks import wall_clock
from settings import database_url
from tests.support import postgres
from tools.machine import find_postgresql

_ROOT: Final = Path(__file__).resolve().parent.parent
_CLINIC: Final = _ROOT / "clinics" / "ara-health.yaml"
VAR: Final = _ROOT / "var" / "bench"
_NO_POSTGRES: Final = "not on this machine, and TEST_DATABASE_URL names none"
_PRIVATE_POSTGRES: Final = "a private server with fsync and synchronous_commit off"


@dataclass(frozen=True, slots=True)
class Place:
    """A kind of database; `fresh` makes one for a block and gives its URL, `None` if it can't."""

    name: str
    fresh: Callable[[], AbstractContextManager[str]] | None
    note: str = ""


def clinic() -> Profile:
    """The clinic that everything here happens at."""
    return parse_profile(_CLINIC.read_text(encoding="utf-8"), _CLINIC.name)


@contextmanager
def sqlite_url() -> Iterator[str]:
    """The URL of a new SQLite database: a file on the disk that the demo's lies on."""
    VAR.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=VAR) as folder:
        url = f"sqlite:///{folder}/bench.db"
        _prepare(url)
        yield url


@contextmanager
def places() -> Iterator[tuple[Place, Place]]:
    """SQLite, and the PostgreSQL that the tests would use."""
    sqlite = Place("SQLite", sqlite_url)
    named = "TEST_DATABASE_URL" in os.environ
    with ExitStack() as until_the_end:
        if not named and find_postgresql() is None:
            yield sqlite, Place("PostgreSQL", None, _NO_POSTGRES)
            return
        server = until_the_end.enter_context(postgres.running_server())

        @contextmanager
        def fresh() -> Iterator[str]:
            with server.database() as plain:
                url = database_url(plain)
                _prepare(url)
                yield url

        yield sqlite, Place("PostgreSQL", fresh, "" if named else _PRIVATE_POSTGRES)


def _prepare(url: str) -> None:
    upgrade(url)
    database = Database(url)
    with database.transaction() as session:
        store_profile(session, clinic(), wall_clock())
    database.close()


def fast_sender(database: Database) -> None:
    """Let the clinic send as fast as a profile allows, so that no pace limits what is measured."""
    with database.transaction() as session:
        store_profile(
            session, msgspec.structs.replace(clinic(), messages_per_second=10_000.0), wall_clock()
        )

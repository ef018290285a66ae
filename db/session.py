"""Connections and transactions, with the precautions each of the two databases needs."""

from __future__ import annotations

import os
import sqlite3
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Final

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session

_BUSY_SECONDS: Final = 10
_POSTGRES_OPTIONS: Final = (
    "-c timezone=UTC -c statement_timeout=15000 -c lock_timeout=10000"
    " -c idle_in_transaction_session_timeout=30000"
    # Pages ask short questions: compiling one takes longer than answering it, and what is asked for
    # lies in memory or on a disk without a moving arm.
    " -c jit=off -c random_page_cost=1.1"
)


class DatabaseDownError(Exception):
    """The database can't be reached; nothing was changed. `str()` is a message for operators."""


_OPEN: Final[weakref.WeakSet[Database]] = weakref.WeakSet()


def _forget_connections() -> None:
    """A forked child must not speak on its parent's connections."""
    for database in _OPEN:
        database.engine.dispose(close=False)


os.register_at_fork(after_in_child=_forget_connections)


class Database:
    """One database: hands out transactions that are short, serialised where they must be.

    Connections are opened on first use, so that a process may be forked before. On SQLite a
    transaction takes the write lock at its start (two that read first and write later would lose
    updates or fail) and the threads of this process queue in fair order for it.
    """

    def __init__(self, url: str, pool_size: int = 10) -> None:
        self.url = url
        self.is_sqlite = make_url(url).get_backend_name() == "sqlite"
        self.engine = _sqlite_engine(url) if self.is_sqlite else _postgres_engine(url, pool_size)
        self._writing = threading.Lock()
        _OPEN.add(self)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """One transaction: committed at the end, rolled back on any exception.

        Raises `DatabaseDownError` when the database can't be reached.
        """
        lock = self._writing if self.is_sqlite else nullcontext()
        with (
            lock,
            self._reached(),
            Session(self.engine, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """As `transaction`, for paths where an ORM session would cost more than it gives."""
        lock = self._writing if self.is_sqlite else nullcontext()
        with lock, self._reached(), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A transaction that only reads, and never waits for a writer."""
        with self._reached(), self.engine.connect() as connection:
            reader = connection.execution_options(prepline_reading=True)
            with Session(reader, expire_on_commit=False) as session:
                yield session

    @contextmanager
    def _reached(self) -> Iterator[None]:
        try:
            yield
        except OperationalError as error:
            if isinstance(error, DBAPIError) and _is_unreachable(error):
                raise DatabaseDownError(
                    "The database can't be reached; nothing was changed. "
                    "Check DATABASE_URL and that the database is running."
                ) from error
            raise

    def close(self) -> None:
        """Close every connection; one that another thread still uses, when it is given back."""
        event.listen(self.engine.pool, "checkin", _close)
        self.engine.dispose()


def _close(connection: DBAPIConnection, _record: object) -> None:
    connection.close()


def _is_unreachable(error: DBAPIError) -> bool:
    words = str(error.orig).lower()
    return error.connection_invalidated or any(
        sign in words
        for sign in (
            "connection",
            "unable to open database",
            "server closed",
            "starting up",
            "resolve host",
        )
    )


def _postgres_engine(url: str, pool_size: int) -> Engine:
    return create_engine(
        url,
        hide_parameters=True,  # an error's text may be logged
        pool_size=pool_size,
        max_overflow=4,
        pool_pre_ping=True,
        connect_args={"connect_timeout": 5, "options": _POSTGRES_OPTIONS},
    )


def _sqlite_engine(url: str) -> Engine:
    path = make_url(url).database
    if path and path != ":memory:":
        with suppress(OSError):  # connecting tells of a folder that can't be made
            Path(path).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": _BUSY_SECONDS})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    """The driver must not begin transactions behind our back; a commit must survive a power cut."""
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    reading = connection.get_execution_options().get("prepline_reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

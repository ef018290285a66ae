"""Databases, the app and the browser, each started only when a test asks for it."""

import gc
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import settings
from playwright.sync_api import Browser, Page

from db import migrate
from db.session import Database
from tests.support import browser as chromium
from tests.support import postgres
from tests.support.data import stored_clinic
from tests.support.routes import KnownRule
from tests.support.web import Bot, bot_on

Flask.url_rule_class = KnownRule

# A busy machine is not a fault: no example of Hypothesis has to be done within a time.
settings.register_profile("calm", deadline=None)
settings.load_profile("calm")


_LONGEST = (
    *("bench/test_bench", "bench/test_left_out", "admin/test_every_page"),
    *("flows/topics/test_deciding", "scheduler/test_crashed_calls", "scheduler/test_workers"),
    *("scheduler/test_crashes", "tools/test_demo", "cli/test_demo_morning"),
    *("cli/test_imports_at_once", "admin/test_imports_in_service"),
    *("admin/test_today_pages", "admin/test_thread_page"),
)
"""The files of tests that take longest: they are begun first, so that at the end of a run nobody
waits for one of them."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first; else the order stays as it is."""
    ranks = {name: rank for rank, name in enumerate(_LONGEST)}
    tests = Path(__file__).parent
    items.sort(
        key=lambda item: ranks.get(str(item.path.relative_to(tests).with_suffix("")), len(ranks))
    )


def pytest_collection_finish() -> None:
    """Take what was imported and collected, a million objects that stay to the end, out of the
    search for rubbish: it took a sixth of a run to find again and again that they are needed."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite database without rows, to be copied."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    migrate.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """The URL of a migrated SQLite database without rows, of this test alone."""
    path = tmp_path / "test.db"
    with (
        closing(sqlite3.connect(sqlite_template)) as source,
        closing(sqlite3.connect(path)) as copy,
    ):
        source.backup(copy)
    return f"sqlite:///{path}"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Server]:
    """A PostgreSQL server; its `database()` makes a further one, without tables, for a block."""
    with postgres.running_server() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_database(postgres_server: postgres.Server) -> Iterator[str]:
    """The URL of this process's migrated database; tests ask for `postgres_url` instead."""
    with postgres_server.database() as url:
        migrate.upgrade(url)
        yield url


@pytest.fixture(scope="session")
def empty_postgres(postgres_database: str) -> Iterator[Callable[[], None]]:
    """Makes `postgres_database` as good as new; tests ask for `postgres_url` instead."""
    with postgres.emptier(postgres_database) as empty:
        yield empty


@pytest.fixture
def postgres_url(postgres_database: str, empty_postgres: Callable[[], None]) -> str:
    """The URL of a migrated PostgreSQL database without rows, for this test alone until its end."""
    empty_postgres()
    return postgres_database


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The test runs twice: with `sqlite_url` and with `postgres_url`."""
    fixture = {"sqlite": "sqlite_url", "postgresql": "postgres_url"}[request.param]
    url: Any = request.getfixturevalue(fixture)
    return str(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def bare_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The test runs twice: with the URL of a SQLite and of a PostgreSQL database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/bare.db"
        return
    server: postgres.Server = request.getfixturevalue("postgres_server")
    with server.database() as url:
        yield url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """The migrated database without rows that `database_url` names, closed after the test."""
    opened = Database(database_url)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A real Chromium; tests ask for `page`."""
    with chromium.running_chromium() as running:
        yield running


@pytest.fixture
def page_errors() -> list[str]:
    """What went wrong in `page` so far; a test that provokes an error checks and clears it."""
    return []


@pytest.fixture
def page(browser: Browser, page_errors: list[str]) -> Iterator[Page]:
    """A fresh browser page; the test fails if the page makes an error or asks another host."""
    with chromium.watched_page(browser, page_errors) as opened:
        yield opened
    assert page_errors == []


@pytest.fixture
def bot(database_url: str) -> Iterator[Bot]:
    """The app with ARA Health stored, on SQLite and on PostgreSQL."""
    with bot_on(database_url) as running:
        stored_clinic(running.database)
        yield running


@pytest.fixture
def lite_bot(sqlite_url: str) -> Iterator[Bot]:
    """The same on SQLite alone, for what no database takes part in."""
    with bot_on(sqlite_url) as running:
        stored_clinic(running.database)
        yield running

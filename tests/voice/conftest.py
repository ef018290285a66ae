"""The app on a database with one clinic, in this process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.data import stored_clinic
from tests.support.web import Bot, bot_on


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

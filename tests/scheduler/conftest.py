"""The whole installation in one process, on each of the two databases."""

from collections.abc import Iterator

import pytest

from db.session import Database
from tests.support.csv_files import NOW
from tests.support.world import World, running_world


@pytest.fixture
def world(database: Database) -> Iterator[World]:
    """An installation whose clock shows `tests.support.csv_files.NOW`."""
    with running_world(database, NOW) as running:
        yield running


@pytest.fixture
def calling(database: Database) -> Iterator[World]:
    """The same with a desk for calls; whoever answers one presses nothing unless told to."""
    with running_world(database, NOW, makes_calls=True) as running:
        yield running

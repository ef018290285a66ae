"""The site in a process of its own clock: `site` for clients, `served` for browsers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.site import TestSite, served_site, site_on


@pytest.fixture
def site(database_url: str) -> Iterator[TestSite]:
    """The site on SQLite and on PostgreSQL, for `Visitor`s."""
    with site_on(database_url) as running:
        yield running


@pytest.fixture
def lite_site(sqlite_url: str) -> Iterator[TestSite]:
    """The site on SQLite alone, where the database makes no difference."""
    with site_on(sqlite_url) as running:
        yield running


@pytest.fixture
def served(sqlite_url: str) -> Iterator[TestSite]:
    """The site on a socket, for a browser; ask for it before `page`."""
    with served_site(sqlite_url) as running:
        yield running

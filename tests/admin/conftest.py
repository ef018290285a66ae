"""The site in a process of its own clock: `site` for clients, `served` for browsers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import pytest
from argon2 import PasswordHasher
from playwright.sync_api import Page

from admin import imports, passwords
from tests.support.site import TestSite, served_site, site_on

_REFUSED: Final = re.compile(r"console: Failed to load resource: .* (401|403|404|409|410|422) ")

_QUICK: Final = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
_NOBODY: Final = _QUICK.hash("nobody's")


@pytest.fixture(autouse=True)
def one_slice(monkeypatch: pytest.MonkeyPatch) -> None:
    """One request does the whole work on a file, however slow the machine is; a test about the
    slices sets its own."""
    monkeypatch.setattr(imports, "SLICE_SECONDS", 600.0)


@pytest.fixture(autouse=True)
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords are checked with next to no work, which is a tenth of a second for each else; how
    much it really is, and that it is as much for strangers, tests/admin/test_passwords.py holds."""
    monkeypatch.setattr(passwords, "_HASHER", _QUICK)
    monkeypatch.setattr(passwords, "_NOBODY", _NOBODY)


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


@pytest.fixture
def tablet(served: TestSite, page: Page, page_errors: list[str]) -> Iterator[Page]:
    """A page as wide as a tablet; Chromium's own lines about refused requests are no mistakes."""
    assert served
    page.set_viewport_size({"width": 820, "height": 1180})
    yield page
    page_errors[:] = [error for error in page_errors if not _REFUSED.match(error)]

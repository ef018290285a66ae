"""Every page of the site, full and empty, as each role, in a real browser and by keyboard.

A page that is new is walked by itself; one whose address has an argument of a new name says so.
"""

from __future__ import annotations

import io
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pyotp
import pytest
from playwright.sync_api import Page, expect

from cli.demo_morning import make_morning
from db import staff as accounts
from db.audit import SERVER
from db.profile_versions import load_profile
from db.staff import Role
from tests.admin.test_imports import people
from tests.support.csv_files import NOW, csv_file
from tests.support.site import PASSWORD, TestSite, served_site, site_on
from tests.support.site_walk import Walk, each_once, filled, pages_of

_NOT_READ = {"admin.pages.static"}  # styles and scripts: every page asks for them


@pytest.fixture(scope="module")
def busy(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database on a busy morning, with a colleague of every state."""
    path = tmp_path_factory.mktemp("busy") / "busy.db"
    copy(sqlite_template, path)
    with site_on(f"sqlite:///{path}") as site:
        site.load("iowa-radiology")
        make_morning(site.database, NOW)
        site.add(email="new@example.net", password=None)
        locked, gone = site.add(email="locked@example.net"), site.add(email="gone@example.net")
        with site.database.transaction() as session:
            for most in (3, 4):  # versions of a profile
                file = msgspec.structs.replace(site.profiles["ara-health"], messages_per_day=most)
                load_profile(session, file, SERVER, NOW, overwrite=True)
            session.merge(locked).locked_until = NOW.replace(hour=23)
            session.merge(gone).active = False
    return path


@pytest.fixture
def full(busy: Path, tmp_path: Path) -> Iterator[TestSite]:
    """The site on that morning, on a socket."""
    path = tmp_path / "full.db"
    copy(busy, path)
    with served_site(f"sqlite:///{path}") as site:
        yield site


@pytest.fixture(scope="module")
def looked_at() -> set[tuple[str, bool]]:
    """What was looked at as one role, and on a site that is as full: most pages are the same for
    the other, and to look at all of them again takes half a minute of computing."""
    return set()


@pytest.fixture(scope="module")
def looked_at_empty() -> set[tuple[str, bool]]:
    """The same of an empty site."""
    return set()


def copy(source: Path, path: Path) -> None:
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(path)) as new:
        old.backup(new)


def uploaded(site: TestSite, role: Role) -> None:
    """A file that waits to be applied, with good rows and bad ones."""
    visitor = site.visitor(role)
    rows = csv_file(*people(3), {"phone": "555"}, {"starts_at": "soon"})
    assert (
        visitor.post("/admin/imports", {"file": (io.BytesIO(rows), "day.csv")}).status_code == 303
    )


@pytest.mark.parametrize("role", list(Role))
def test_every_page_can_be_read_and_used_by_everyone(
    full: TestSite, tablet: Page, role: Role, looked_at: set[tuple[str, bool]]
) -> None:
    uploaded(full, role)
    walk = Walk(full, full.signed_in(tablet, role), looked_at=looked_at)
    rules = pages_of(full, role)
    assert len(rules) > 20
    for address in each_once(rules, full):
        walk.visit(address, by_keyboard=True)
    assert walk.found() == {}
    assert walk.seen >= set(rules)


def test_whatever_they_show(full: TestSite, tablet: Page) -> None:
    uploaded(full, Role.MANAGER)
    walk = Walk(full, full.signed_in(tablet, Role.MANAGER))
    visited = 0
    for rule in pages_of(full, Role.MANAGER).values():
        for address in filled(full, rule)[1:]:
            walk.visit(address)
            visited += 1
    assert visited > 40
    assert walk.found() == {}


def test_on_a_phone(full: TestSite, tablet: Page) -> None:
    tablet.set_viewport_size({"width": 390, "height": 844})
    uploaded(full, Role.MANAGER)
    walk = Walk(full, full.signed_in(tablet, Role.MANAGER))
    for address in each_once(pages_of(full, Role.MANAGER), full):
        walk.visit(address)
    assert walk.found() == {}


@pytest.mark.parametrize("role", list(Role))
def test_an_empty_site(
    served: TestSite, tablet: Page, role: Role, looked_at_empty: set[tuple[str, bool]]
) -> None:
    walk = Walk(served, served.signed_in(tablet, role), looked_at=looked_at_empty)
    for rule in pages_of(served, role).values():
        if not rule.arguments:
            walk.visit(rule.rule)
    assert walk.found() == {}


def test_what_is_not_there_or_not_for_one(full: TestSite, tablet: Page) -> None:
    walk = Walk(full, full.signed_in(tablet))
    for address in ("/admin/nowhere", "/admin/attention/999999", "/admin/staff", "/admin/audit"):
        tablet.goto(full.url(address))
        walk.look(address)
        assert tablet.locator("h1").is_visible()
    assert walk.found() == {}


def test_strangers_pages(full: TestSite, tablet: Page) -> None:
    secret = pyotp.random_base32()
    full.add(email="careful@example.net", totp_secret=secret)
    person = full.person("new@example.net")
    with full.database.transaction() as session:
        link = accounts.issue_link(session, person, full.clock())
    walk = Walk(full, tablet)
    walk.visit("/admin/sign-in", by_keyboard=True)
    walk.visit(f"/admin/welcome/{link}", by_keyboard=True)
    tablet.get_by_role("button", name="Set the password").click()
    expect(tablet.locator("#errors")).to_be_focused()
    walk.look("welcome, with mistakes")
    tablet.goto(full.url("/admin/sign-in"))
    sign_in(tablet, "careful@example.net", "wrong password")
    expect(tablet.locator("#errors")).to_be_focused()
    walk.look("sign-in, with mistakes")
    sign_in(tablet, "careful@example.net", PASSWORD)
    expect(tablet.get_by_role("heading", name="Second step")).to_be_visible()
    walk.visit("/admin/sign-in/code", by_keyboard=True)
    tablet.get_by_label("Code").fill("000000")
    tablet.get_by_role("button", name="Continue").click()
    expect(tablet.locator("#errors")).to_be_focused()
    walk.look("second step, with mistakes")
    assert walk.found() == {}
    assert walk.seen >= set(pages_of(full, None)) - _NOT_READ


def sign_in(page: Page, email: str, password: str) -> None:
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def test_forms_with_mistakes(full: TestSite, tablet: Page) -> None:
    walk = Walk(full, full.signed_in(tablet, Role.MANAGER))
    empty = {
        "/admin/appointments/new?clinic=ara-health": "Book the appointment",
        "/admin/imports": "Look through it",
        "/admin/account": "Change the password",
        "/admin/account/second-step": "Turn it on",
        "/admin/staff": "Add",
    }
    for address, button in empty.items():
        tablet.goto(full.url(address))
        tablet.get_by_role("button", name=button, exact=True).click()
        expect(tablet.locator("#errors")).to_be_focused()
        walk.look(f"{address}, with mistakes")
    days = "since=2026-11-20&until=2026-11-01"
    for address in (f"/admin/?{days}", f"/admin/numbers?{days}", "/admin/audit?since=yesterday"):
        tablet.goto(full.url(address))
        walk.look(address)
        assert tablet.locator("#errors, .mistake").first.is_visible(), address
    assert walk.found() == {}


def test_forms_about_a_patient_with_mistakes(full: TestSite, tablet: Page) -> None:
    walk = Walk(full, full.signed_in(tablet))
    tablet.goto(full.url("/admin/"))
    tablet.get_by_role("link", name="Theodora").click()
    tablet.get_by_label("Phone", exact=True).fill("555")
    tablet.get_by_role("button", name="Save", exact=True).click()
    expect(tablet.locator("#errors")).to_be_focused()
    walk.look("appointment, with mistakes")
    tablet.goto(full.url("/admin/attention"))
    tablet.get_by_role("link", name="Conversation").first.click()
    tablet.get_by_role("button", name="Send", exact=True).click()
    expect(tablet.locator("#errors")).to_be_visible()
    walk.look("conversation, with mistakes")
    assert walk.found() == {}

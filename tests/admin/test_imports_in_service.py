"""A file applied under the real server: by two at the same moment, and through a sudden death."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import func, select, text

from db import staff as accounts
from db.audit import Action
from db.data_models import ImportDraft
from db.models import Appointment, Audit, Reminder
from db.session import Database
from db.staff import NewStaff, Role
from scheduler.clocks import wall_clock
from tests.admin.test_imports import people
from tests.admin.test_imports_page import choose
from tests.support.csv_files import csv_file
from tests.support.data import stored_clinic
from tests.support.processes import Running, free_port, running
from tests.support.site import PASSWORD, password_hash
from tests.support.waiting import wait_until
from tests.support.web import environment, lock_waits

EMAIL = "coordinator@example.org"
ROWS = 600  # six pieces, each in a transaction of its own


@pytest.fixture
def database(postgres_url: str) -> Iterator[Database]:
    """A database as clinics have one, with the account of somebody who imports."""
    with closing(Database(postgres_url)) as opened:
        stored_clinic(opened)
        with opened.transaction() as session:
            person = accounts.add_staff(
                session, NewStaff(EMAIL, "Pat", Role.COORDINATOR), wall_clock()
            )
            person.password_hash = password_hash()
        yield opened


@contextmanager
def serving(database: Database, port: int) -> Iterator[Running]:
    """The app under gunicorn."""
    base = f"http://127.0.0.1:{port}"
    env = environment(database.url, public=base) | {"PORT": str(port)}
    with running("gunicorn", "app:create_app()", env=env) as process:
        process.wait_for_http(f"{base}/healthz", 60)
        yield process


def at_their_file(page: Page, port: int, address: str = "/admin/imports") -> Page:
    """A tab of the person who imports."""
    page.goto(f"http://127.0.0.1:{port}{address}")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    return page


def looked_through(page: Page) -> str:
    """Upload a file of so many new patients; the address of its page."""
    choose(page, csv_file(*people(ROWS, starts_at="2031-12-01T08:30")))
    page.get_by_role("button", name="Look through it").click()
    expect(page.get_by_role("button", name="Apply exactly this")).to_be_visible()
    return page.url


def stored(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(Appointment)) or 0


def assert_applied_once(database: Database) -> None:
    with database.reading() as session:
        ids = session.scalars(select(Appointment.external_id)).all()
        kinds = select(Reminder.appointment_id, Reminder.kind)
        reminders = session.execute(kinds).all()
        applied = select(func.count()).where(Audit.action == Action.IMPORT_APPLIED.value)
        assert session.scalar(applied) == 1
    assert len(ids) == len(set(ids)) == ROWS
    assert len(reminders) == len(set(reminders)) == 3 * ROWS


def test_two_who_apply_at_the_same_moment_apply_it_once(
    database: Database, browser: Browser
) -> None:
    port = free_port()
    with serving(database, port), browser.new_context() as one, browser.new_context() as other:
        first = at_their_file(one.new_page(), port)
        address = looked_through(first)
        second = at_their_file(other.new_page(), port)
        second.goto(address)
        with database.transaction() as session:
            session.scalars(select(ImportDraft.id).with_for_update()).one()
            for page in (first, second):
                page.get_by_role("button", name="Apply exactly this").click(no_wait_after=True)
            wait_until("both to wait for the file", lambda: lock_waits(database) == 2)
        wait_until(
            "one of them to be told that the other was faster",
            lambda: any(page.get_by_text("faster").is_visible() for page in (first, second)),
            60,
        )
        for page in (first, second):
            page.goto(address)
            expect(page.get_by_text("Applied on")).to_be_visible()
    assert_applied_once(database)


def test_a_server_that_dies_while_applying_goes_on_where_it_was(
    database: Database, browser: Browser
) -> None:
    port = free_port()
    with browser.new_context() as context:
        page = context.new_page()
        with serving(database, port) as server:
            address = looked_through(at_their_file(page, port))
            with database.transaction() as session:  # the last piece is written down in the audit
                session.execute(text("LOCK TABLE audit IN EXCLUSIVE MODE"))
                page.get_by_role("button", name="Apply exactly this").click(no_wait_after=True)
                wait_until("the last piece to wait", lambda: lock_waits(database) == 1)
                kill_all(server.pid)
        assert stored(database) == ROWS - 100, "a piece is in as a whole or not at all"
        with serving(database, port):
            page.goto(address)
            expect(page.get_by_text("Applied on")).to_be_visible()
    assert_applied_once(database)


def kill_all(pid: int) -> None:
    """End a server and its workers at once, with no chance to finish anything."""
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8")
    os.kill(pid, signal.SIGSTOP)  # or it would start new workers
    for child in [*map(int, text.split()), pid]:
        os.kill(child, signal.SIGKILL)

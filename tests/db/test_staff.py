"""Accounts and their one-time links, on both databases."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from db import staff as accounts
from db.session import Database
from db.staff import NewStaff, Role, StaffError, plain_email
from db.staff_models import Staff, StaffLink
from tests.support.csv_files import NOW

LATER = NOW + dt.timedelta(hours=1)


def added(database: Database, email: str = "pat@example.org", role: Role = Role.MANAGER) -> Staff:
    with database.transaction() as session:
        return accounts.add_staff(session, NewStaff(email, "", role), NOW)


@pytest.mark.parametrize(
    ("text", "email"),
    [(" Pat@Example.ORG ", "pat@example.org"), ("o'brien+x@a-b.co", "o'brien+x@a-b.co")],
)
def test_an_address_is_kept_plain(text: str, email: str) -> None:
    assert plain_email(text) == email


@pytest.mark.parametrize(
    "text",
    ["", "pat", "pat@", "@example.org", "pat@example", "a b@c.org", "a@b.org,c@d.org", "x@.."],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(StaffError, match=r"name@example\.org"):
        plain_email(text)


def test_an_address_has_one_account(database: Database) -> None:
    person = added(database)
    assert person.name == "pat"
    with pytest.raises(StaffError, match="already"):
        added(database, "PAT@example.org")
    with database.reading() as session:
        found = accounts.staff_by_email(session, " PAT@example.org")
    assert found is not None
    assert found.id == person.id


def test_the_database_knows_the_roles(database: Database) -> None:
    person = added(database)
    with pytest.raises(IntegrityError), database.transaction() as session:
        session.get_one(Staff, person.id).role = "owner"


def test_only_a_hash_of_a_link_is_stored(database: Database) -> None:
    person = added(database)
    with database.transaction() as session:
        secret = accounts.issue_link(session, person, NOW)
    with database.reading() as session:
        (row,) = session.scalars(select(StaffLink)).all()
    assert secret not in repr(vars(row))
    assert row.secret_sha256 == accounts.link_digest(secret)
    assert row.expires_at == NOW + dt.timedelta(hours=72)


def test_a_used_link_changes_nothing_more(database: Database) -> None:
    person = added(database)
    with database.transaction() as session:
        digest = accounts.link_digest(accounts.issue_link(session, person, NOW))
    with database.transaction() as session:
        owner = accounts.use_link(session, digest, "first", LATER)
        assert owner is not None
        assert (owner.password_set_at, owner.session_epoch) == (LATER, 1)
    with database.transaction() as session:
        assert accounts.use_link(session, digest, "second", LATER) is None
    with database.reading() as session:
        assert session.get_one(Staff, person.id).password_hash == "first"


def test_wrong_tries_lock_at_the_tenth_and_begin_anew_afterwards(database: Database) -> None:
    person = added(database)
    outcomes = [accounts.note_failure(person, NOW) for _ in range(10)]
    assert outcomes == [False] * 9 + [True]
    assert accounts.is_locked(person, NOW + dt.timedelta(minutes=14, seconds=59))
    assert not accounts.is_locked(person, NOW + dt.timedelta(minutes=15))
    assert not accounts.note_failure(person, NOW)
    assert not accounts.note_failure(person, LATER)
    assert (person.failed_attempts, person.locked_until) == (1, None)


def test_the_active_come_first(database: Database) -> None:
    for email in ("c@example.org", "a@example.org", "b@example.org"):
        added(database, email)
    with database.transaction() as session:
        found = accounts.staff_by_email(session, "a@example.org")
        assert found is not None
        accounts.shut_out(found)
    with database.reading() as session:
        assert [person.email[0] for person in accounts.all_staff(session)] == ["b", "c", "a"]

"""`flask users`: accounts from the server's own command line."""

from __future__ import annotations

import re

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select

import cli
from db.session import Database
from db.staff_models import Audit
from settings import NAMES
from tests.support.commands import flask
from tests.support.site import PASSWORD, site_on

PUBLIC = "https://bot.example.org/prepline"
LINK = re.compile(rf"^{re.escape(PUBLIC)}(/admin/welcome/[\w-]{{43}})$", re.MULTILINE)


def users(url: str, *words: str, public: str | None = PUBLIC) -> Result:
    app = Flask("prepline", static_folder=None)
    cli.register(app)
    env = {**dict.fromkeys(NAMES), "DATABASE_URL": url, "PUBLIC_BASE_URL": public}
    return app.test_cli_runner().invoke(args=["users", *words], env=env)


def test_an_account_is_made_and_its_link_works(database_url: str) -> None:
    done = users(database_url, "add", "Pat@Example.org", "--role", "manager")
    assert done.exit_code == 0
    assert "pat@example.org is a manager now." in done.output
    assert "72 hours" in done.output
    link = LINK.search(done.output)
    assert link
    with site_on(database_url) as site:
        site.clock.now = site.person("pat@example.org").created_at
        visitor = site.stranger()
        visitor.get(link[1])
        visitor.post("/admin/welcome", {"password": PASSWORD, "again": PASSWORD})
        assert visitor.sign_in("pat@example.org").status_code == 303
        assert visitor.get("/admin/staff").status_code == 200


def test_an_account_that_is_there_is_said_so(database_url: str) -> None:
    users(database_url, "add", "pat@example.org")
    again = users(database_url, "add", "PAT@example.org", "--role", "manager")
    assert again.exit_code == 1
    assert "has an account already (coordinator, no password yet)" in again.output
    assert "flask users link pat@example.org" in again.output
    listed = users(database_url, "list").output
    assert listed == "pat@example.org  coordinator  no password yet\n"


def test_a_new_link_ends_the_old_one_and_opens_the_account(database_url: str) -> None:
    old = LINK.search(users(database_url, "add", "pat@example.org").output)
    assert "deactivated" in users(database_url, "deactivate", "pat@example.org").output
    assert users(database_url, "list").output.endswith("deactivated\n")
    new = LINK.search(users(database_url, "link", "pat@example.org").output)
    assert old
    assert new
    with site_on(database_url) as site:
        site.clock.now = site.person("pat@example.org").created_at
        for link, status in ((old, 410), (new, 200)):
            visitor = site.stranger()
            visitor.get(link[1])
            assert visitor.get("/admin/welcome").status_code == status


def test_what_was_typed_is_recorded(database_url: str) -> None:
    for word in ("add", "deactivate", "link"):
        users(database_url, word, "pat@example.org")
    database = Database(database_url)
    with database.reading() as session:
        rows = session.scalars(select(Audit).order_by(Audit.id)).all()
    database.close()
    assert [row.action for row in rows] == [
        *("staff_added", "staff_deactivated", "staff_reactivated", "staff_link_made")
    ]
    assert {(row.staff_id, row.staff_email) for row in rows} == {(None, "command line")}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "pat"), "not an e-mail address"),
        (("link", "pat@example.org"), "no account for this e-mail address"),
        (("deactivate", "pat@example.org"), "no account for this e-mail address"),
        (("add", "pat@example.org", "--role", "owner"), "not one of"),
    ],
)
def test_a_mistake_is_told(sqlite_url: str, words: tuple[str, ...], said: str) -> None:
    done = users(sqlite_url, *words)
    assert done.exit_code != 0
    assert said in done.output


def test_a_link_needs_the_public_address(sqlite_url: str) -> None:
    done = users(sqlite_url, "add", "pat@example.org", public=None)
    assert done.exit_code == 1
    assert "PUBLIC_BASE_URL is missing" in done.output
    assert users(sqlite_url, "list", public=None).exit_code == 0


def test_as_a_process_of_its_own(sqlite_url: str) -> None:
    env = {"DATABASE_URL": sqlite_url, "PUBLIC_BASE_URL": PUBLIC}
    done = flask("users", "add", "pat@example.org", env=env)
    assert (done.returncode, done.stderr) == (0, "")
    assert LINK.search(done.stdout)

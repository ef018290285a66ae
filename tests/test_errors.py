"""What a caller is told when something went wrong, and that nothing is half done."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import select, text

from db import migrate
from db.models import Clinic
from tests.support import postgres
from tests.support.data import stored_clinic
from tests.support.processes import free_port
from tests.support.web import PATIENT, Bot, Reply, bot_on, counts

DOWN = (
    "The database can't be reached; nothing was changed. "
    "Check DATABASE_URL and that the database is running.\n"
)
END_OTHERS = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE pid <> pg_backend_pid() AND datname = current_database()"
)


@pytest.fixture
def bot(database_url: str) -> Iterator[Bot]:
    with bot_on(database_url) as running:
        stored_clinic(running.database)
        yield running


def all_paths(bot: Bot) -> Iterator[Reply]:
    """What every path that needs the database answers."""
    yield bot.send("my name is Rosalind")
    yield bot.send("x", From="26266")
    yield bot.post("/sms/status?r=1", {"MessageSid": "SM1", "MessageStatus": "sent"})
    yield bot.ask("GET", "/metrics")


def tell_that_it_is_down(bot: Bot) -> None:
    for reply in all_paths(bot):
        assert (reply.status, reply.content_type) == (503, "text/plain")
        assert (reply.headers["Retry-After"], reply.body.decode()) == ("30", DOWN)
    assert bot.ask("GET", "/healthz").status == 200
    assert bot.ask("GET", "/readyz").status == 503


class TestTheDatabaseIsDown:
    @pytest.mark.parametrize(
        "url",
        [
            "postgresql://user:pw@127.0.0.1:{port}/prepline",
            "postgresql://user:pw@no-such-host.invalid/prepline",
            "postgresql:///prepline?host=/nonexistent",
            "sqlite:////proc/no/such/folder/x.db",
            "sqlite:////proc/version",
        ],
    )
    def test_it_was_never_up(self, url: str) -> None:
        with bot_on(url.format(port=free_port())) as bot:
            tell_that_it_is_down(bot)

    def test_it_goes_down_between_two_texts(self) -> None:
        with ExitStack() as up:
            server = up.enter_context(postgres.private_server())
            url = server.admin.render_as_string(hide_password=False)
            migrate.upgrade(url)
            with bot_on(url) as bot:
                stored_clinic(bot.database)
                assert bot.says("menu")
                up.close()
                tell_that_it_is_down(bot)

    def test_a_broken_connection_is_replaced(self, postgres_url: str) -> None:
        with bot_on(postgres_url) as bot:
            stored_clinic(bot.database)
            assert bot.says("menu")
            with bot.database.reading() as session:
                session.execute(END_OTHERS)
            assert bot.says("menu")


class TestNotMigrated:
    def test_it_says_which_command_to_run(self, tmp_path: Path) -> None:
        with bot_on(f"sqlite:///{tmp_path}/empty.db") as bot:
            self.tells(bot)

    def test_on_postgresql(self, postgres_server: postgres.Server) -> None:
        with postgres_server.database() as url, bot_on(url) as bot:
            self.tells(bot)

    def tells(self, bot: Bot) -> None:
        for reply in all_paths(bot):
            assert (reply.status, reply.headers["Retry-After"]) == (503, "30")
            assert b"nothing was stored. Run: flask db upgrade" in reply.body
        assert bot.ask("GET", "/healthz").status == 200
        assert b"flask db upgrade" in bot.ask("GET", "/readyz").body


class TestTheUnexpected:
    def test_the_caller_is_told_nothing_personal_and_nothing_is_stored(self, bot: Bot) -> None:
        bot.says("menu")
        with bot.database.transaction() as session:
            clinic = session.scalars(select(Clinic)).first()
            assert clinic is not None
            clinic.profile, clinic.fingerprint = '{"id": ["Rosalind"]}', "damaged"
        before = counts(bot.database)
        reply = bot.send("my birth date is 05/17/1944")
        assert (reply.status, reply.content_type) == (500, "text/plain")
        assert reply.body == b"Something unexpected went wrong; nothing was stored.\n"
        assert counts(bot.database) == before

    def test_a_statement_that_the_database_refuses(self, bot: Bot) -> None:
        rename = "ALTER TABLE inbound_text RENAME COLUMN {} TO {}"
        change(bot, rename.format("rule", "other"))
        before = counts_without(bot, "inbound_text")
        reply = bot.send("my name is Rosalind")
        after = counts_without(bot, "inbound_text")
        change(bot, rename.format("other", "rule"))
        assert (reply.status, before) == (500, after)
        assert reply.body == b"The database refused; nothing was stored. The log says more.\n"
        assert bot.says("menu")

    def test_errors_of_http_are_one_plain_line(self, bot: Bot) -> None:
        for method, path, status in (("GET", f"/x/{PATIENT}", 404), ("PUT", "/healthz", 405)):
            reply = bot.ask(method, path)
            assert (reply.status, reply.content_type) == (status, "text/plain")
            assert reply.body.count(b"\n") == 1
            assert PATIENT.encode() not in reply.body


def change(bot: Bot, statement: str) -> None:
    with bot.database.transaction() as session:
        session.execute(text(statement))


def counts_without(bot: Bot, table: str) -> dict[str, int]:
    return {name: count for name, count in counts(bot.database).items() if name != table}

"""The app as a whole: how it is built, what it takes, and how it ends."""

from __future__ import annotations

import http.client
import signal
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from app import create_app
from db.session import Database
from settings import NAMES, Settings, SettingsError
from tests.support.data import stored_clinic
from tests.support.processes import running
from tests.support.waiting import wait_until
from tests.support.web import PATIENT, bot_on, environment, lock_waits, served


def test_without_settings_it_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATABASE_URL", "nonsense")
    with pytest.raises(SettingsError, match="DATABASE_URL is not well formed"):
        create_app()


def test_settings_of_the_environment_are_enough(
    monkeypatch: pytest.MonkeyPatch, sqlite_url: str
) -> None:
    for name, value in environment(sqlite_url).items():
        monkeypatch.setenv(name, value)
    app = create_app()
    app.extensions["prepline_database"].close()
    assert app.test_client().get("/healthz").status_code == 200


def test_building_it_touches_no_database() -> None:
    settings = Settings.from_environment(environment("postgresql://127.0.0.1:1/nowhere"))
    assert create_app(settings).test_client().get("/healthz").status_code == 200


def test_commands_need_no_settings_of_the_web() -> None:
    with running("flask", "flows", "graph") as process:
        assert process.wait() == 0


def test_nothing_is_redirected(sqlite_url: str) -> None:
    """A redirect would make Twilio ask again without the form."""
    with bot_on(sqlite_url) as bot:
        for target in ("/healthz/", "/sms//inbound", "//sms/inbound", "/sms/inbound/", "/metrics/"):
            for method in ("GET", "POST"):
                reply = bot.ask(method, target)
                assert reply.status in {403, 404}


class TestSigterm:
    def test_a_text_that_is_being_answered_is_answered(self, postgres_url: str) -> None:
        """Its turn waits for a lock while the server is told to end."""
        database = Database(postgres_url)
        stored_clinic(database)
        release = threading.Event()
        with served(postgres_url) as web, ThreadPoolExecutor(2) as pool:
            assert web.send("menu").status == 200
            holding = threading.Event()
            holder = pool.submit(hold_contact, database, holding, release)
            assert holding.wait(10)
            answer = pool.submit(web.send, "4")
            wait_until("the text to wait for the lock", lambda: lock_waits(database) == 1)
            web.process.send(signal.SIGTERM)
            web.process.wait_for_line("Handling signal: term")
            wait_until("the server to take no more", lambda: not takes_requests(web.port))
            assert not answer.done()
            release.set()
            holder.result()
            (said,) = answer.result().texts
            assert web.process.wait() == 0
        assert "ready" in said
        with database.reading() as session:
            assert session.scalar(text("SELECT count(*) FROM inbound_text")) == 2
        database.close()


def hold_contact(database: Database, holding: threading.Event, release: threading.Event) -> None:
    with database.transaction() as session:
        session.execute(text("SELECT 1 FROM contact WHERE phone = :p FOR UPDATE"), {"p": PATIENT})
        holding.set()
        assert release.wait(20)


def takes_requests(port: int) -> bool:
    """Whether anybody answers at once; a server that is ending leaves new callers waiting."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=0.5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()

"""What operators look at: is the process up, can it work, and how is it doing."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import event, text

from db.beats import beat
from db.latenesses import add_lateness
from db.lines import ACCOUNT, Refusal, start_lines, stop_line
from db.migrate import newest_revision
from db.models import Reconciliation, Reminder
from ops import LATE, SILENT_WORKER
from tests.support.csv_files import NOW
from tests.support.data import booked, stored_clinic
from tests.support.processes import free_port
from tests.support.web import Bot, bot_on

SECOND = dt.timedelta(seconds=1)
GAUGES = (
    *("reminders", "open_tasks", "worker_silence_seconds", "oldest_overdue_seconds"),
    *("stopped_lines", "yesterday_expected", "yesterday_reached"),
    *("yesterday_unaccounted", "yesterday_mended"),
)
NOTHING_STOPPED = {"stopped_lines account": 0.0, "stopped_lines sender": 0.0}


@pytest.fixture
def bot(database_url: str) -> Iterator[Bot]:
    with bot_on(database_url) as running:
        yield running


@pytest.fixture
def down() -> Iterator[Bot]:
    """The app on a database that nothing listens for."""
    with bot_on(f"postgresql://user:secret@127.0.0.1:{free_port()}/prepline") as running:
        yield running


def ready(bot: Bot) -> tuple[int, dict[str, str]]:
    """What `/readyz` answers."""
    reply = bot.ask("GET", "/readyz")
    assert reply.content_type == "application/json"
    return reply.status, json.loads(reply.body)


def heard_of_worker(bot: Bot, at: dt.datetime) -> None:
    with bot.database.transaction() as session:
        beat(session, f"worker at {at}", at, at)


def overdue(bot: Bot, since: dt.datetime, status: str = "planned") -> None:
    """Books an appointment of which one reminder has been due."""
    booked(bot.database, stored_clinic(bot.database), NOW)
    with bot.database.transaction() as session:
        row = session.get_one(Reminder, 1)
        row.next_at, row.status = since, status


class TestHealth:
    def test_it_touches_nothing(self, bot: Bot, down: Bot) -> None:
        used: list[object] = []
        event.listen(bot.database.engine, "checkout", lambda *_: used.append(_))
        for each in (bot, down):
            reply = each.ask("GET", "/healthz")
            assert (reply.status, json.loads(reply.body)) == (200, {"status": "ok"})
        assert not used
        bot.ask("GET", "/readyz")
        assert used


class TestReadiness:
    def test_with_a_worker_and_nothing_late_it_is_ready(self, bot: Bot) -> None:
        heard_of_worker(bot, NOW - SILENT_WORKER)
        overdue(bot, NOW - LATE)
        names = ("status", "database", "migrations", "scheduler", "reminders", "carrier")
        assert ready(bot) == (200, dict.fromkeys(names, "ok"))

    @pytest.mark.parametrize(
        ("line", "name"), [(ACCOUNT, "the account"), ("sender:+18285550110", "a sender")]
    )
    def test_a_line_that_is_stopped(self, bot: Bot, line: str, name: str) -> None:
        heard_of_worker(bot, NOW)
        with bot.database.connection() as connection:
            stop_line(connection, Refusal(line, "account", 20003, by_report=False), NOW)
        status, lines = ready(bot)
        assert (status, lines["status"], lines["reminders"]) == (503, "not ready", "ok")
        assert lines["carrier"] == (
            f"{name} is refused since 2026-11-20T18:00:00Z (error 20003, account); "
            "sending waits and tries once a minute"
        )
        with bot.database.connection() as connection:
            start_lines(connection, [line])
        assert ready(bot)[0] == 200

    def test_no_worker_ever(self, bot: Bot) -> None:
        status, lines = ready(bot)
        assert (status, lines["status"]) == (503, "not ready")
        assert lines["scheduler"] == "no worker was heard of ever. Start: python -m scheduler"

    def test_a_worker_that_fell_silent(self, bot: Bot) -> None:
        heard_of_worker(bot, NOW - SILENT_WORKER - SECOND)
        status, lines = ready(bot)
        assert (status, lines["reminders"]) == (503, "ok")
        assert "since 2026-11-20T17:58:59Z" in lines["scheduler"]

    def test_the_last_of_several_workers_counts(self, bot: Bot) -> None:
        heard_of_worker(bot, NOW - 2 * SILENT_WORKER)
        heard_of_worker(bot, NOW)
        assert ready(bot)[0] == 200

    @pytest.mark.parametrize("status", ["planned", "sending", "in_doubt"])
    def test_a_reminder_that_waits_too_long(self, bot: Bot, status: str) -> None:
        heard_of_worker(bot, NOW)
        overdue(bot, NOW - LATE - SECOND, status)
        code, lines = ready(bot)
        assert (code, lines["scheduler"]) == (503, "ok")
        assert lines["reminders"] == "one has been due since 2026-11-20T17:54:59Z"

    @pytest.mark.parametrize("status", ["sent", "delivered", "cancelled"])
    def test_one_that_is_settled_waits_no_more(self, bot: Bot, status: str) -> None:
        heard_of_worker(bot, NOW)
        overdue(bot, NOW - 2 * LATE, status)
        assert ready(bot)[0] == 200

    def test_another_schema(self, bot: Bot) -> None:
        with bot.database.transaction() as session:
            session.execute(text("UPDATE alembic_version SET version_num = '0000'"))
        try:
            status, lines = ready(bot)
        finally:
            with bot.database.transaction() as session:
                back = text("UPDATE alembic_version SET version_num = :newest")
                session.execute(back, {"newest": newest_revision()})
        assert (status, lines["database"]) == (503, "ok")
        assert lines["migrations"] == f"at 0000, needs {newest_revision()}. Run: flask db upgrade"

    def test_the_database_is_down(self, down: Bot) -> None:
        status, lines = ready(down)
        assert (status, set(lines)) == (503, {"status", "database"})
        assert "can't be reached" in lines["database"]
        assert "secret" not in str(lines)


class TestNumbers:
    def numbers(self, bot: Bot) -> dict[str, float]:
        """Every sample by its name and label."""
        reply = bot.ask("GET", "/metrics")
        assert (reply.status, reply.content_type) == (200, "text/plain")
        families = list(text_string_to_metric_families(reply.body.decode()))
        types = {family.name.removeprefix("prepline_"): family.type for family in families}
        assert all(family.documentation for family in families)
        assert types == dict.fromkeys(GAUGES, "gauge") | {"reminder_lateness_seconds": "histogram"}
        return {
            " ".join([sample.name.removeprefix("prepline_"), *sample.labels.values()]): sample.value
            for family in families
            for sample in family.samples
            if sample.value or family.type != "histogram"
        }

    def test_of_an_empty_database(self, bot: Bot) -> None:
        assert self.numbers(bot) == NOTHING_STOPPED

    def test_they_follow_the_database(self, bot: Bot) -> None:
        overdue(bot, NOW - dt.timedelta(seconds=90))
        heard_of_worker(bot, NOW - dt.timedelta(seconds=7.5))
        silence = f"worker_silence_seconds worker at {NOW - dt.timedelta(seconds=7.5)}"
        for words in ("0", "I can't feel my legs and I can't pee"):
            bot.says(words)
        expected = {
            "reminders planned": 3.0,
            "open_tasks emergency": 1.0,
            "open_tasks normal": 1.0,
            silence: 7.5,
            "oldest_overdue_seconds": 90.0,
            **NOTHING_STOPPED,
        }
        assert self.numbers(bot) == expected
        with bot.database.transaction() as session:
            row = session.get_one(Reminder, 1)
            row.next_at, row.status = None, "sent"
        bot.clock.advance(seconds=10)
        del expected["oldest_overdue_seconds"]
        changed = {"reminders planned": 2.0, "reminders sent": 1.0, silence: 17.5}
        assert self.numbers(bot) == expected | changed

    def test_stopped_lines_are_counted_by_kind(self, bot: Bot) -> None:
        with bot.database.connection() as connection:
            for line in (ACCOUNT, "sender:+18285550110", "sender:default"):
                stop_line(connection, Refusal(line, "account", 20003, by_report=False), NOW)
        assert self.numbers(bot) == {"stopped_lines account": 1.0, "stopped_lines sender": 2.0}

    def test_lateness_is_cumulative(self, bot: Bot) -> None:
        with bot.database.connection() as connection:
            add_lateness(connection, {1: (3, 0.5), 60: (2, 80.0)})
            add_lateness(connection, {60: (1, 40.0), 2**31 - 1: (1, 20000.0)})
        numbers = self.numbers(bot)
        name = "reminder_lateness_seconds"
        buckets = {bound: numbers[f"{name}_bucket {bound}"] for bound in ("1", "15", "60")}
        assert buckets == {"1": 3.0, "15": 3.0, "60": 6.0}
        assert numbers[f"{name}_bucket +Inf"] == numbers[f"{name}_count"] == 7.0
        assert numbers[f"{name}_sum"] == 20120.5

    def test_the_newest_look_back_of_each_clinic(self, bot: Bot) -> None:
        profile = stored_clinic(bot.database)
        with bot.database.transaction() as session:
            for age, expected in enumerate((7, 99), start=1):
                sums = {"expected": expected, "reached": 4, "unconfirmed": 1, "handed_over": 1}
                day = NOW.date() - dt.timedelta(days=age)
                session.add(
                    Reconciliation(
                        clinic_id=profile.id, day=day, made_at=NOW, unaccounted=1, mended=2, **sums
                    )
                )
        found = {"expected": 7.0, "reached": 4.0, "unaccounted": 1.0, "mended": 2.0}
        looked_back = {f"yesterday_{name} {profile.id}": count for name, count in found.items()}
        assert self.numbers(bot) == NOTHING_STOPPED | looked_back

    def test_the_database_is_down(self, down: Bot) -> None:
        reply = down.ask("GET", "/metrics")
        assert (reply.status, reply.headers["Retry-After"]) == (503, "30")

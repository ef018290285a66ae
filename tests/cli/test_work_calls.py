"""What the commands tell of reminders that go out as calls."""

from __future__ import annotations

import json
from typing import Any

import pytest

from appointment_csv import Channel
from db.reminders import note
from db.session import Database
from db.tasks import NewTask, open_task
from flows.call_state import Missed
from scheduler.policy import Reason
from tests.support.commands import invoke
from tests.support.csv_files import NOW
from tests.support.data import booked, stored_clinic
from tests.support.ringing import Ringing

BY_CALL: dict[str, Any] = {"channel": Channel.VOICE, "voice_consent": True}


@pytest.fixture
def ringing(database: Database) -> Ringing:
    """A patient whose first call has been asked for."""
    return Ringing.of(database).begin()


def why(ringing: Ringing) -> list[str]:
    """The story of the week-before reminder: what happened, each without its time, and the end."""
    result = invoke("reminders", "why", "A-1001", database_url=ringing.database.url)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "Rosalind" not in result.stdout
    lines = result.stdout.splitlines()
    assert lines[0].startswith("week_before (date 1, voice): due Tue Nov 24 10:00 EST")
    ends = next(number for number, line in enumerate(lines) if line.startswith("    now: "))
    told = [line.strip().partition("  ")[2] for line in lines[1:ends]]
    return [*told, lines[ends].strip()]


def test_a_call_that_was_heard(ringing: Ringing) -> None:
    ringing.report("ringing")
    ringing.answered()
    ringing.heard()
    ringing.report("completed")
    *told, ends = why(ringing)
    assert told == [
        "the phone rings",
        "a person answered the call",
        "the patient pressed a key or spoke, and so has heard it",
        "the call is over",
    ]
    assert ends == "now: delivered since Tue Nov 24 10:00 EST"


def test_a_call_to_a_machine(ringing: Ringing) -> None:
    ringing.answered(by="machine_end_silence")
    ringing.heard(how="message")
    assert why(ringing)[:2] == [
        "a machine answered the call",
        "a message was left on the machine",
    ]


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        ("no-answer", None, "the phone rang, and nobody answered"),
        ("busy", None, "the phone was busy"),
        ("failed", 503, "report: failed (error 503)"),
    ],
)
def test_a_call_that_nobody_heard(
    ringing: Ringing, status: str, code: int | None, words: str
) -> None:
    ringing.report(status, code=code)
    *told, ends = why(ringing)
    assert told == [words, "nobody heard it in this call"]
    assert ends == (f"now: planned for Tue Nov 24 10:30 EST. {Reason.NOT_ANSWERED.words}")


@pytest.mark.parametrize("by", ["unknown", "", "fax", "human", "machine_start"])
def test_whoever_answers_has_a_name(ringing: Ringing, by: str) -> None:
    ringing.answered(by=by)
    (told, _) = why(ringing)
    assert told.endswith("answered the call")


def test_a_text_that_became_a_call(ringing: Ringing) -> None:
    with ringing.database.transaction() as session:
        row = ringing.row().id
        note(session, row, "accepted", ringing.now)
        note(session, row, "report", ringing.now, "undelivered", 30007)
        note(session, row, "called_instead", ringing.now, "blocked", 30007)
        note(session, row, "accepted", ringing.now, "call")
    assert why(ringing)[:4] == [
        "accepted",
        "report: undelivered (error 30007)",
        "the text can't arrive, so the patient is called (error 30007)",
        "the call was asked for, and the phone company took it on",
    ]


def test_the_list_shows_calls_with_what_they_would_say(database: Database) -> None:
    profile = stored_clinic(database)
    booked(database, profile, NOW, **BY_CALL)
    booked(database, profile, NOW, external_id="A-1002", first_name="Edith")
    result = invoke("reminders", "list", "--json", database_url=database.url)
    rows = json.loads(result.stdout)
    by_channel = {
        channel: {row["kind"]: row["body"] for row in rows if row["channel"] == channel}
        for channel in ("voice", "sms")
    }
    assert [len(bodies) for bodies in by_channel.values()] == [3, 3]
    spoken, written = by_channel["voice"]["day_before"], by_channel["sms"]["day_before"]
    assert "Rosalind" in spoken
    assert "Edith" in written
    assert spoken.replace("Rosalind", "Edith") != written
    assert "Reply" not in spoken


@pytest.mark.parametrize("missed", Missed)
def test_a_task_of_a_caller_who_reached_nobody(database: Database, missed: Missed) -> None:
    profile = stored_clinic(database)
    with database.transaction() as session:
        new = NewTask(profile.id, "call_me", "normal", topic="coordinator", reason=missed)
        open_task(session, new, NOW)
    result = invoke("tasks", "list", "--json", database_url=database.url)
    assert (result.exit_code, result.stderr) == (0, "")
    assert [task["reason"] for task in json.loads(result.stdout)] == [missed.words]

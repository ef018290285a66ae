"""Tomorrow, played through: it says what the worker then really does."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import delete, select, update

from appointment_csv import Channel
from db.models import Contact, Reminder
from db.session import Database
from flows.library import default_library
from profiles import Profile
from scheduler.forecasting import Forecast, forecast
from scheduler.policy import Kind, Reason
from tests.support.csv_files import NOW
from tests.support.data import booked, stored_clinic
from tests.support.statements import counted_statements
from tests.support.visits import local

TOMORROW = dt.date(2026, 11, 21)


def play(
    database: Database,
    profile: Profile,
    day: dt.date = TOMORROW,
    caller: str | None = None,
) -> Forecast:
    with database.reading() as session:
        parts = (session.connection(), default_library(), profile, day)
        return forecast(*parts, caller=caller)


def test_a_message_of_tomorrow_with_its_text_and_cost(database: Database) -> None:
    profile = stored_clinic(database)
    booked(database, profile, NOW, starts_at=local("2026-11-22T08:30"), language="es")
    going = play(database, profile).going
    assert [(each.kind, each.at) for each in going] == [
        (Kind.DAY_BEFORE, local("2026-11-21T10:00")),
        (Kind.FASTING_START, local("2026-11-21T20:00")),
    ]
    assert going[0].language == "es"
    assert "Rosalind" in going[0].body
    assert going[0].segments >= 1
    assert going[0].whom.external_id == "A-1001"
    assert play(database, profile, TOMORROW + dt.timedelta(days=2)).going == ()


def test_who_gets_none_and_why(database: Database) -> None:
    profile = stored_clinic(database, texting_number=None)
    start = local("2026-11-22T08:30")
    wishes: list[dict[str, object]] = [
        {"sms_consent": False},
        {"channel": Channel.VOICE, "voice_consent": True},
        *({}, {}),
    ]
    for number, changes in enumerate(wishes):
        name = {"first_name": f"Ada{chr(97 + number)}", "phone": f"+1828555{number:04}"}
        changes |= {"external_id": f"N-{number}", "starts_at": start, **name}
        booked(database, profile, NOW, **changes)
    with database.transaction() as session:
        session.execute(
            update(Contact).where(Contact.phone == "+18285550002").values(opted_out_at=NOW)
        )
    played = play(database, profile)
    assert {each.whom.external_id for each in played.going} == {"N-3"}
    reasons = {each.whom.external_id: each.reason for each in played.staying if each.is_silent}
    assert reasons == {
        "N-0": Reason.NO_CONSENT,
        "N-1": Reason.CALLS_UNAVAILABLE,
        "N-2": Reason.OPTED_OUT,
    }


@pytest.mark.parametrize("has_own_number", [True, False])
def test_who_is_called_gets_calls_with_spoken_words(
    database: Database, has_own_number: bool
) -> None:
    number, start = "+18285550110", local("2026-11-22T08:30")
    profile = stored_clinic(database, texting_number=number if has_own_number else None)
    wish = Channel.VOICE
    booked(database, profile, NOW, starts_at=start, channel=wish, voice_consent=True)
    other = {"external_id": "N-2", "first_name": "Ada", "phone": "+18285550199"}
    booked(database, profile, NOW, starts_at=start, voice_consent=True, **other)
    landline = update(Contact).where(Contact.phone == "+18285550199")
    with database.transaction() as session:
        session.execute(landline.values(textable=False))
    played = play(database, profile, caller=None if has_own_number else number)
    assert [(each.channel.value, each.segments) for each in played.going] == [("voice", 0)] * 4
    assert all("8 30 AM" in each.body for each in played.going if each.kind is Kind.DAY_BEFORE)
    if not has_own_number:
        assert play(database, profile).going == ()


def test_a_phone_that_has_had_enough_waits_and_the_fasting_comes_first(database: Database) -> None:
    profile = stored_clinic(database, messages_per_day=2)
    for number in range(2):
        name = {"first_name": f"Ada{chr(97 + number)}", "external_id": f"N-{number}"}
        booked(database, profile, NOW, starts_at=local("2026-11-22T08:30"), **name)
    played = play(database, profile)
    assert [each.kind for each in played.going] == [Kind.FASTING_START] * 2
    assert [each.reason for each in played.staying] == [Reason.DAILY_CAP] * 2
    assert not any(each.is_silent for each in played.staying)


def test_a_hold_is_waited_for_within_the_day(database: Database) -> None:
    profile = stored_clinic(database)
    booked(database, profile, NOW, starts_at=local("2026-11-22T08:30"))
    with database.transaction() as session:
        session.execute(update(Contact).values(held_until=local("2026-11-21T11:15")))
    assert play(database, profile).going[0].at == local("2026-11-21T11:15")


def test_an_appointment_that_was_never_planned_is_named(database: Database) -> None:
    profile = stored_clinic(database)
    booked(database, profile, NOW, starts_at=local("2026-11-25T08:30"))
    with database.transaction() as session:
        session.execute(delete(Reminder))
    (only,) = play(database, profile).staying
    assert (only.kind, only.reason, only.is_silent) == (None, None, True)


def test_nothing_is_changed_and_few_statements_do(database: Database) -> None:
    profile = stored_clinic(database)
    sent = []
    for numbers in (range(1, 3), range(3, 30)):
        for number in numbers:
            name = {"first_name": f"Ada{chr(96 + number % 26)}", "phone": f"+1828555{number:04}"}
            start = local("2026-11-22T08:30")
            booked(database, profile, NOW, external_id=f"N-{number}", starts_at=start, **name)
        with counted_statements(database) as statements:
            play(database, profile)
        sent.append(len(statements))
    assert sent[0] == sent[1]
    with database.reading() as session:
        assert set(session.scalars(select(Reminder.status))) == {"planned", "skipped"}

"""The app does not answer the carrier: what the patient hears then, and that nothing is lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from db.call_models import Call as CallRow
from db.models import Reminder, Task
from emulator.voice_events import Ending
from emulator.voice_phone import Phone
from tests.support.csv_files import sample_profiles
from tests.support.data import booked, stored_clinic
from tests.support.reminder_calls import reminder_request, under_way
from tests.support.web import CLINIC_NUMBER, PATIENT, PUBLIC, Bot

FALLBACK = "/voice/fallback"
DESK = "(828) 436-5500"


def phone_without(bot: Bot, path: str) -> Phone:
    """The patients' phones, while one address of the app's can't be reached."""
    whole = bot.phone

    def post(url: str, form: Mapping[str, str]) -> tuple[int, str]:
        if url.removeprefix(PUBLIC).startswith(path):
            raise ConnectionError
        return whole.post(url, form)

    return replace(whole, post=post, fallback=FALLBACK)


def reminder_under_way(bot: Bot, **changes: object) -> int:
    profile = sample_profiles()["ara-health"]
    visit = booked(bot.database, profile, bot.clock.now, voice_consent=True, **changes)
    return under_way(bot.database, visit)


def state_of(bot: Bot, reminder: int) -> tuple[str, str | None]:
    with bot.database.reading() as session:
        row = session.get_one(Reminder, reminder)
        return row.status, row.reason


class TestACallOfOurs:
    def test_who_calls_and_where_to_call_back_is_said_twice_in_both_languages(
        self, bot: Bot
    ) -> None:
        reminder = reminder_under_way(bot)
        call = phone_without(bot, "/voice/reminder").answers(reminder_request(reminder))
        call.hears("This is ARA Health.").hears("hang up and call 9 1 1").hears("Gracias.")
        assert call.heard.count(DESK) == 4
        assert "Rosalind" not in call.heard
        assert call.ending is Ending.HANGUP
        assert [each.language for each in call.interpreter.heard] == ["en-US", "es-US"]

    @pytest.mark.parametrize("by", ["human", "machine"])
    def test_the_reminder_counts_as_not_heard_and_is_told_again(self, bot: Bot, by: str) -> None:
        reminder = reminder_under_way(bot)
        phone_without(bot, "/voice/reminder").answers(reminder_request(reminder), by=by)
        assert state_of(bot, reminder) == ("planned", "not_answered")
        assert bot.rows(CallRow) == []
        assert bot.rows(Task) == []

    def test_one_that_was_told_and_then_broke_off_counts_as_not_heard_either(
        self, bot: Bot
    ) -> None:
        reminder = reminder_under_way(bot)
        call = phone_without(bot, "/voice/turn").answers(reminder_request(reminder))
        call.hears("with a message for Rosalind").presses("1").hears(f"call us at {DESK}")
        assert state_of(bot, reminder) == ("planned", "not_answered")

    def test_a_key_that_was_taken_before_it_broke_off_counts(self, bot: Bot) -> None:
        reminder = reminder_under_way(bot)
        call = phone_without(bot, "/voice/turn?n=3").answers(reminder_request(reminder))
        call.presses("1").hears("you will be there").presses("9").hears(f"call us at {DESK}")
        assert state_of(bot, reminder) == ("delivered", None)


class TestACallThatComesIn:
    def test_the_number_s_fallback_address_is_asked(self, bot: Bot) -> None:
        call = phone_without(bot, "/voice/inbound").call(PATIENT, to=CLINIC_NUMBER)
        call.hears("This is ARA Health.").hears("Le habla ARA Health.")
        assert call.ending is Ending.HANGUP
        assert bot.rows(CallRow) == []

    def test_who_wanted_a_person_still_leaves_a_task(self, bot: Bot) -> None:
        call = phone_without(bot, "/voice/turn?n=3").call(PATIENT, to=CLINIC_NUMBER)
        call.presses("0").dial_ends("busy").hears(f"call us at {DESK}")
        assert bot.row(Task).kind == "call_me"

    def test_a_number_that_is_nobodys(self, lite_bot: Bot) -> None:
        call = phone_without(lite_bot, "/voice/inbound").call(PATIENT, to="+13365550199")
        call.hears("This number is not in service yet.")


def test_the_clinics_own_language_comes_first(lite_bot: Bot) -> None:
    stored_clinic(lite_bot.database, language="es")
    call = phone_without(lite_bot, "/voice/inbound").call(PATIENT, to=CLINIC_NUMBER)
    assert [each.language for each in call.interpreter.heard] == ["es-US", "en-US"]


def test_nothing_unsigned_comes_in(lite_bot: Bot) -> None:
    assert lite_bot.ask("POST", FALLBACK, {"CallSid": "CA1"}).status == 403

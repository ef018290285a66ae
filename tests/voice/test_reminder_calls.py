"""Calls of ours about a visit: who answers, which keys they press, and what becomes of it."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from db.call_models import Call as CallRow
from db.models import Appointment, ConsentChange, OptChange, Patient, Reminder, Task
from emulator.voice_call import Call
from emulator.voice_events import Ending
from emulator.voice_verbs import Dial
from tests.support.csv_files import sample_profiles
from tests.support.data import booked
from tests.support.reminder_calls import reminder_request, under_way
from tests.support.web import Bot


def visit(bot: Bot, **changes: object) -> int:
    """A booked visit of a patient who may be called."""
    profile = sample_profiles()["ara-health"]
    return booked(bot.database, profile, bot.clock.now, voice_consent=True, **changes)


def called(bot: Bot, by: str = "human", kind: str = "day_before", **changes: object) -> Call:
    """The reminder's call is answered."""
    reminder = under_way(bot.database, visit(bot, **changes), kind)
    return bot.phone.answers(reminder_request(reminder), by=by)


def reminder_of(bot: Bot) -> Reminder:
    """The reminder whose call it was."""
    row = bot.row(CallRow)
    with bot.database.reading() as session:
        return session.scalars(select(Reminder).where(Reminder.id == row.reminder_id)).one()


class TestAPersonAnswers:
    @pytest.mark.parametrize("by", ["human", "unknown"])
    def test_the_reminder_and_its_keys_are_told(self, bot: Bot, by: str) -> None:
        call = called(bot, by)
        call.hears("This is ARA Health with a message for Rosalind.")
        call.hears("Your visit is on Tuesday, December 1st at 8 30 AM. Please arrive at 7 30 AM.")
        call.hears("Your fast starts Tuesday, December 1st at 2 30 AM, which is Monday night.")
        for key in ("press 1", "press 2", "press 3", "press 0", "press star", "press 8"):
            call.hears(key)
        row = bot.row(CallRow)
        assert (row.direction, row.attempt, row.answered_by) == ("out", 1, by)
        assert reminder_of(bot).status == "sent"

    def test_in_spanish(self, lite_bot: Bot) -> None:
        call = called(lite_bot, language="es")
        call.hears("Su cita es el martes primero de diciembre, a las 8 y 30 de la mañana.")
        call.hears("Su ayuno empieza el martes primero de diciembre a las 2 y 30 de la madrugada")
        call.hears("Para no recibir más estas llamadas, oprima 8.")

    def test_1_confirms_and_counts_as_heard(self, bot: Bot) -> None:
        call = called(bot).presses("1").hears("you will be there on Tuesday, December 1st")
        assert bot.row(Appointment).answer == "confirmed"
        assert (reminder_of(bot).status, reminder_of(bot).sid) == ("delivered", call.sid)

    def test_2_tells_that_they_cannot_come(self, bot: Bot) -> None:
        called(bot).presses("2").hears("A person will call you about a new time.")
        assert bot.row(Appointment).answer == "cannot_come"
        assert bot.row(Task).kind == "cannot_come"

    def test_words_answer_too(self, lite_bot: Bot) -> None:
        called(lite_bot).says("Yes, I'll be there").hears("you will be there")
        assert reminder_of(lite_bot).status == "delivered"

    def test_3_leads_to_the_questions_and_back(self, lite_bot: Bot) -> None:
        call = called(lite_bot).presses("3").hears("Getting ready.").presses("#")
        call.hears("Your visit is on Tuesday, December 1st").presses("1")
        assert lite_bot.row(Appointment).answer == "confirmed"

    def test_0_is_a_person(self, lite_bot: Bot) -> None:
        call = called(lite_bot).presses("0")
        assert isinstance(call.waiting, Dial)
        call.dial_ends("busy").presses("2")
        assert lite_bot.row(Task).appointment_id == lite_bot.row(Appointment).id

    def test_star_tells_it_again(self, lite_bot: Bot) -> None:
        called(lite_bot).presses("*").hears("Your visit is on Tuesday, December 1st at 8 30 AM")

    def test_8_withdraws_the_consent_to_calls(self, bot: Bot) -> None:
        call = called(bot).presses("8").hears("You will get no more of these calls")
        change = bot.rows(ConsentChange)[-1]
        assert (change.channel, change.granted, change.source) == ("voice", False, "call")
        assert not bot.row(Patient).voice_consent
        assert bot.row(Patient).sms_consent
        call.presses("1")
        assert bot.row(Appointment).answer == "confirmed"

    def test_stop_withdraws_it_too(self, lite_bot: Bot) -> None:
        called(lite_bot).says("Stop!").hears("no more of these calls")
        assert not lite_bot.row(Patient).voice_consent
        assert lite_bot.rows(OptChange) == []

    def test_calls_and_no_texts_takes_back_the_texts(self, lite_bot: Bot) -> None:
        called(lite_bot).says("call me, don't text me").hears("any more reminder texts")
        patient = lite_bot.row(Patient)
        assert (patient.sms_consent, patient.voice_consent) == (False, True)
        change = lite_bot.rows(ConsentChange)[-1]
        assert (change.channel, change.granted, change.source) == ("sms", False, "call")

    def test_a_red_flag_comes_first(self, lite_bot: Bot) -> None:
        called(lite_bot).says("I can't come, my legs are numb").hears("9 1 1 now")

    def test_silence_ends_it_without_a_person(self, lite_bot: Bot) -> None:
        call = called(lite_bot).waits().hears("We did not hear you.").waits().waits()
        call.hears("Goodbye.")
        assert call.ending is Ending.HANGUP
        assert lite_bot.rows(Task) == []
        assert reminder_of(lite_bot).reason == "not_answered"  # another call follows

    def test_a_cancelled_visit_has_keys_but_no_question(self, lite_bot: Bot) -> None:
        reminder = under_way(lite_bot.database, visit(lite_bot), "day_before")
        with lite_bot.database.transaction() as session:
            session.get_one(Reminder, reminder).kind = "cancelled"
            session.scalars(select(Appointment)).one().status = "cancelled"
        call = lite_bot.phone.answers(reminder_request(reminder), by="human")
        call.hears("has been taken off our calendar").presses("1").hears("no open question")
        assert lite_bot.row(Appointment).answer is None


class TestAMachineAnswers:
    @pytest.mark.parametrize(
        "by", ["machine", "machine_end_beep", "machine_end_silence", "machine_end_other"]
    )
    def test_it_gets_the_clinics_name_and_number_only(self, bot: Bot, by: str) -> None:
        call = called(bot, by)
        call.hears("This is ARA Health. Please call us at (828) 436-5500.")
        for secret in ("Rosalind", "visit", "December", "fast"):
            call.hears_not(secret)
        assert call.ending is Ending.HANGUP
        assert reminder_of(bot).status == "delivered"

    def test_a_fax_is_hung_up_on(self, lite_bot: Bot) -> None:
        call = called(lite_bot, "fax")
        assert (call.heard, call.ending) == ("", Ending.HANGUP)
        assert reminder_of(lite_bot).reason == "not_answered"


class TestItIsNotToBeToldAnyMore:
    @pytest.mark.parametrize("attempt", [0, 2])
    def test_another_attempt(self, lite_bot: Bot, attempt: int) -> None:
        reminder = under_way(lite_bot.database, visit(lite_bot))
        call = lite_bot.phone.answers(reminder_request(reminder, attempt), by="human")
        call.hears("This is ARA Health. Please call us at").hears_not("Rosalind")
        assert call.ending is Ending.HANGUP

    def test_an_unknown_reminder(self, lite_bot: Bot) -> None:
        call = lite_bot.phone.answers(reminder_request(99), by="human")
        call.hears("This is ARA Health. Please call us at")

    def test_an_unknown_reminder_of_nobodys_line(self, lite_bot: Bot) -> None:
        request = reminder_request(99, line="+13365550100")
        lite_bot.phone.answers(request, by="human").hears("call 9 1 1")


def test_the_first_request_again_gets_the_same_bytes(bot: Bot) -> None:
    call = called(bot)
    first = call.repeat_last_request()
    assert first == call.repeat_last_request()
    assert bot.row(CallRow).turn == 1


def test_a_patient_who_calls_back_is_a_caller_like_any_other(lite_bot: Bot) -> None:
    called(lite_bot, "machine")
    lite_bot.call().hears("This is ARA Health: in an emergency").presses("1").hears("Your fracture")
    assert lite_bot.row(Appointment).answer is None

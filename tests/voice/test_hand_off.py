"""A caller wants a person: connected in opening hours, otherwise a message or a call back."""

from __future__ import annotations

import datetime as dt

import pytest

from db.call_models import Call as CallRow
from db.call_models import Recording
from db.models import Contact, Task
from emulator.voice_events import Ending
from emulator.voice_verbs import Dial, Record
from flows.call_state import Missed
from profiles import Coordinator
from tests.support.data import stored_clinic
from tests.support.visits import local
from tests.support.web import CLINIC_NUMBER, PATIENT, Bot

SATURDAY = local("2026-11-21T10:00")


class TestTheDeskIsOpen:
    def test_it_rings_with_the_clinics_number(self, lite_bot: Bot) -> None:
        call = lite_bot.call().presses("0").hears("We connect you with our ARA Cares Coordinator")
        dial = call.waiting
        assert isinstance(dial, Dial)
        assert (dial.numbers, dial.caller_id) == (("+18284365500",), CLINIC_NUMBER)
        assert (dial.answer_on_bridge, dial.timeout, dial.record) == (True, 25, "do-not-record")

    @pytest.mark.parametrize("status", ["completed", "answered"])
    def test_who_has_talked_with_a_person_leaves_no_task(self, bot: Bot, status: str) -> None:
        call = bot.call().presses("0").dial_ends(status).hears("Goodbye.")
        assert call.ending is Ending.HANGUP
        assert bot.rows(Task) == []

    @pytest.mark.parametrize("end_reported_first", [False, True])
    def test_who_hangs_up_while_talking_leaves_none_either(
        self, bot: Bot, end_reported_first: bool
    ) -> None:
        """The carrier may report the end of the call before that of the talk."""
        call = bot.call().presses("0")
        call.interpreter.end_reported_first = end_reported_first
        call.talks().hangs_up()
        assert bot.rows(Task) == []
        assert bot.row(CallRow).ended_at == bot.clock.now

    @pytest.mark.parametrize(
        ("status", "why"),
        [
            ("busy", Missed.BUSY),
            ("no-answer", Missed.NO_ANSWER),
            ("failed", Missed.FAILED),
            ("canceled", Missed.NO_ANSWER),
        ],
    )
    def test_who_has_not_may_be_called_back(self, bot: Bot, status: str, why: Missed) -> None:
        call = bot.call().presses("0").dial_ends(status).hears("Nobody could take your call")
        call.hears("For a voice message, press 1.").hears("For a call back, press 2.")
        call.says("call me back").hears("They will call the number of this phone.")
        task = bot.row(Task)
        assert (task.kind, task.topic, task.reason) == ("call_me", "coordinator", why)
        assert (task.call_sid, task.contact_id) == (call.sid, bot.row(Contact).id)
        call.presses("4").hears("Getting ready.").hangs_up()
        assert len(bot.rows(Task)) == 1

    def test_the_call_goes_on_where_it_was(self, lite_bot: Bot) -> None:
        call = lite_bot.call().presses("4").presses("0").dial_ends("busy").presses("2")
        call.presses("1").hears("fast for 6 hours")

    def test_zero_tries_once_more(self, lite_bot: Bot) -> None:
        call = lite_bot.call().presses("0").dial_ends("busy").presses("0").hears("We connect you")
        assert isinstance(call.waiting, Dial)

    def test_nine_goes_to_the_menu_and_leaves_no_task(self, lite_bot: Bot) -> None:
        call = lite_bot.call().presses("0").dial_ends("busy").presses("9").hears("ARA Health")
        call.hangs_up()
        assert lite_bot.rows(Task) == []

    def test_a_desk_with_an_extension_is_not_dialled(self, lite_bot: Bot) -> None:
        desk = {"name": "Desk", "phone": "(828) 436-5500 ext. 12"}
        self._with_desk(lite_bot, desk)
        lite_bot.call().presses("0").hears("Nobody could take your call").hears("press 1")

    def test_the_clinics_own_line_is_not_dialled(self, lite_bot: Bot) -> None:
        self._with_desk(lite_bot, {"name": "Desk", "phone": "(828) 555-0110"})
        lite_bot.call().presses("0").hears("Nobody could take your call").hears("press 1")

    @staticmethod
    def _with_desk(bot: Bot, desk: dict[str, str]) -> None:
        stored_clinic(bot.database, coordinator=Coordinator(**desk))


class TestTheDeskIsClosed:
    def test_the_hours_are_said_and_a_message_or_call_back_is_offered(self, lite_bot: Bot) -> None:
        lite_bot.clock.now = SATURDAY
        call = lite_bot.call().presses("0").hears("We are closed now.")
        call.hears("Monday to Friday, from 8 AM to 5 PM").presses("2")
        assert lite_bot.row(Task).reason == Missed.CLOSED

    def test_it_closes_during_the_call(self, lite_bot: Bot) -> None:
        lite_bot.clock.now = local("2026-11-20T16:59")
        call = lite_bot.call().presses("4")
        lite_bot.clock.advance(minutes=2)
        call.presses("0").hears("We are closed now.")

    def test_the_call_crosses_midnight_and_a_clock_change(self, lite_bot: Bot) -> None:
        lite_bot.clock.now = local("2026-10-31T23:59")
        call = lite_bot.call().presses("4")
        lite_bot.clock.advance(hours=3)
        call.presses("1").hears("fast for 6 hours").presses("0").hears("We are closed now.")


class TestAVoiceMessage:
    def test_it_becomes_one_task_with_its_recording(self, bot: Bot) -> None:
        call = bot.call().presses("0").dial_ends("no-answer").presses("1")
        call.hears("We record your message.")
        record = call.waiting
        assert isinstance(record, Record)
        assert (record.max_length, record.play_beep) == (120, True)
        call.records(12, key="#").hears("We have your message.")
        assert call.ending is Ending.HANGUP
        task, recording, row = bot.row(Task), bot.row(Recording), bot.row(CallRow)
        assert (task.kind, task.reason) == ("voicemail", Missed.NO_ANSWER)
        assert (recording.call_sid, recording.seconds) == (task.call_sid, 12)
        assert (row.phone, row.language) == (PATIENT, "en")
        assert recording.sid in recording.url

    def test_its_report_may_come_first_and_twice(self, bot: Bot) -> None:
        call = bot.call().presses("0").dial_ends("busy").presses("1")
        call.interpreter.recordings_reported_first = True
        call.records(5)
        report = next(request for request in call.callbacks if "recording" in request.url)
        assert bot.post("/voice/recording", report.form).status == 204
        assert len(bot.rows(Task)) == len(bot.rows(Recording)) == 1
        assert bot.row(Task).reason == Missed.BUSY

    def test_the_report_alone_will_do(self, bot: Bot) -> None:
        call = bot.call().presses("0").dial_ends("busy").presses("1").hangs_up()
        assert bot.row(Task).kind == "voicemail"
        form = {
            "CallSid": call.sid,
            "RecordingSid": "RE" + "1" * 32,
            "RecordingUrl": "https://api.example.org/RE1",
            "RecordingStatus": "completed",
            "RecordingDuration": "7",
        }
        assert bot.post("/voice/recording", form).status == 204
        assert (len(bot.rows(Task)), bot.row(Recording).seconds) == (1, 7)

    def test_a_message_that_comes_after_the_task_was_done_opens_it_again(self, bot: Bot) -> None:
        call = bot.call().presses("0").dial_ends("busy").presses("1").hangs_up()
        with bot.database.transaction() as session:
            session.get_one(Task, bot.row(Task).id).done_at = bot.clock.now
        form = {
            "CallSid": call.sid,
            "RecordingSid": "RE1",
            "RecordingUrl": "https://api.example.org/RE1",
            "RecordingDuration": "7",
        }
        bot.post("/voice/recording", form)
        assert bot.row(Task).done_at is None

    def test_hanging_up_after_speaking_keeps_it(self, bot: Bot) -> None:
        bot.call().presses("0").dial_ends("busy").presses("1").records(9, key="hangup")
        assert (bot.row(Task).kind, bot.row(Recording).seconds) == ("voicemail", 9)

    def test_an_empty_one_is_tried_once_more_then_leaves_a_task(self, bot: Bot) -> None:
        call = bot.call().presses("0").dial_ends("busy").presses("1")
        call.records(0).hears("We did not hear a message.").presses("1")
        call.records(0).hears("We let our ARA Cares Coordinator know")
        assert call.ending is Ending.HANGUP
        assert (bot.row(Task).kind, bot.rows(Recording)) == ("call_me", [])

    def test_two_callers_leave_two_tasks(self, lite_bot: Bot) -> None:
        for _ in range(2):
            lite_bot.call("anonymous").presses("0").dial_ends("busy").presses("1").records(4)
        assert len(lite_bot.rows(Task)) == 2


class TestTheNumberIsWithheld:
    @pytest.mark.parametrize(
        "caller", ["anonymous", "", "+266696687", "restricted", "client:x", "+442071838750"]
    )
    def test_the_menus_answer(self, lite_bot: Bot, caller: str) -> None:
        call = lite_bot.call(caller).presses("4").presses("1").hears("fast for 6 hours")
        call.presses("9").presses("8").hears("español")
        assert lite_bot.row(CallRow).contact_id is None
        assert lite_bot.rows(Contact) == []

    def test_a_call_back_asks_for_the_number_and_reads_it_back(self, bot: Bot) -> None:
        call = bot.call("anonymous").presses("0").dial_ends("busy").presses("2")
        call.hears("What number can we call you at?").presses("8285550142")
        call.hears("The number is (828) 555-0142.").presses("*").hears("(828) 555-0142")
        call.presses("1").hears("call you at that number").hears("press 9")
        assert bot.row(CallRow).phone == "+18285550142"
        assert (bot.row(Task).kind, bot.row(Task).contact_id) == ("call_me", None)

    def test_a_wrong_number_is_keyed_in_again(self, lite_bot: Bot) -> None:
        call = lite_bot.call("anonymous").presses("0").dial_ends("busy").presses("2")
        call.presses("1234").hears("not a whole phone number").presses("8285550199")
        call.presses("2").hears("Let us try that again.").presses("8285550142").presses("1")
        assert lite_bot.row(CallRow).phone == "+18285550142"

    def test_no_number_ends_with_ours(self, lite_bot: Bot) -> None:
        call = lite_bot.call("anonymous").presses("0").dial_ends("busy").presses("2")
        call.waits().hears("Press all 10 digits.").waits().hears("You can call us at")
        call.presses("4").hears("Getting ready.")

    def test_a_question_for_the_team_asks_for_the_number_too(self, bot: Bot) -> None:
        call = bot.call("anonymous").presses("4").presses("2").hears("What number can we call")
        assert bot.row(Task).kind == "question"
        call.says("828-555-0142").hears("The number is (828) 555-0142.").says("yes")
        call.hears("call you at that number")
        assert (len(bot.rows(Task)), bot.row(CallRow).phone) == (1, "+18285550142")

    def test_a_red_flag_while_the_number_is_asked_for(self, lite_bot: Bot) -> None:
        call = lite_bot.call("anonymous").presses("0").dial_ends("busy").presses("2")
        call.says("I can't breathe").hears("9 1 1 now")

    def test_opting_out_needs_a_person(self, lite_bot: Bot) -> None:
        call = lite_bot.call("anonymous").says("stop sending me texts")
        assert isinstance(call.waiting, Dial)

    def test_tasks_of_two_callers_stay_apart(self, bot: Bot) -> None:
        for _ in range(2):
            bot.call("anonymous").says("my legs are numb").hangs_up()
        assert [task.kind for task in bot.rows(Task)] == ["emergency", "emergency"]


def test_the_moment_of_a_task_is_the_turns(lite_bot: Bot) -> None:
    call = lite_bot.call()
    lite_bot.clock.advance(seconds=30)
    call.presses("0").dial_ends("busy").presses("2")
    assert lite_bot.row(Task).created_at - lite_bot.row(CallRow).started_at == dt.timedelta(
        seconds=30
    )

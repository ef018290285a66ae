"""Requests about calls that come twice, late, at once, malformed, or where nobody is in service."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from db.call_models import Call as CallRow
from db.call_models import CallTurnRow
from db.models import Task
from emulator.voice_twiml import ends_by_falling_through, parse
from errors import APOLOGY
from tests.support.processes import free_port
from tests.support.web import CLINIC_NUMBER, PATIENT, Bot, bot_on


def call_form(sid: str = "CA" + "1" * 32, **changes: str) -> dict[str, str]:
    """What Twilio posts about a call that came in."""
    return {
        "CallSid": sid,
        "From": PATIENT,
        "To": CLINIC_NUMBER,
        "Direction": "inbound",
        "CallStatus": "in-progress",
        **changes,
    }


class TestTheSameRequestAgain:
    def test_it_gets_the_same_bytes_and_changes_nothing(self, bot: Bot) -> None:
        call = bot.call().presses("4").presses("2")
        turns, tasks = bot.rows(CallTurnRow), bot.rows(Task)
        again = call.repeat_last_request()
        assert again == turns[-1].response
        assert len(bot.rows(CallTurnRow)) == len(turns)
        assert [task.updated_at for task in bot.rows(Task)] == [task.updated_at for task in tasks]
        call.presses("1").hears("fast for 6 hours")

    def test_the_greeting_too(self, bot: Bot) -> None:
        first = bot.post("/voice/inbound", call_form())
        assert bot.post("/voice/inbound", call_form()).body == first.body
        assert bot.row(CallRow).turn == 1

    @pytest.mark.parametrize("number", ["1", "0", "9", "x", "", "-1", "99999999999"])
    def test_a_late_or_impossible_turn_gets_the_present_prompt(
        self, lite_bot: Bot, number: str
    ) -> None:
        call = lite_bot.call().presses("4")
        form = call_form(call.sid, Digits="2")
        reply = lite_bot.post(f"/voice/turn?n={number}", form)
        assert reply.body.decode() == lite_bot.rows(CallTurnRow)[-1].response
        assert lite_bot.rows(Task) == []


class TestTwoAtOnce:
    @pytest.mark.parametrize("caller", [PATIENT, "anonymous"])
    def test_one_turn_is_taken_and_both_get_its_answer(self, bot: Bot, caller: str) -> None:
        sid = bot.call(caller).sid
        form = call_form(sid, From=caller, Digits="7")
        with ThreadPoolExecutor(4) as pool:
            replies = list(pool.map(lambda _: bot.post("/voice/turn?n=2", form), range(4)))
        assert len({reply.body for reply in replies}) == 1
        assert len(bot.rows(CallTurnRow)) == 2

    @pytest.mark.parametrize("caller", [PATIENT, "anonymous"])
    def test_one_call_begins(self, bot: Bot, caller: str) -> None:
        form = call_form(From=caller)
        with ThreadPoolExecutor(4) as pool:
            replies = list(pool.map(lambda _: bot.post("/voice/inbound", form), range(4)))
        assert len({reply.body for reply in replies}) == 1
        assert bot.row(CallRow).turn == 1


class TestWhatIsNotKnown:
    def test_a_call_never_heard_of_starts_over(self, bot: Bot) -> None:
        reply = bot.post("/voice/turn?n=7", call_form(Digits="4"))
        assert b"We lost our place" in reply.body
        assert b'action="/voice/turn?n=2"' in reply.body
        reply = bot.post("/voice/turn?n=2", call_form(Digits="4"))
        assert b"Getting ready." in reply.body

    def test_a_state_that_cannot_be_read_starts_over(self, lite_bot: Bot) -> None:
        call = lite_bot.call().presses("4")
        with lite_bot.database.transaction() as session:
            session.get_one(CallRow, call.sid).state = '{"talk":{"language":7}}'
        call.presses("1").hears("We lost our place").presses("4").hears("Getting ready.")

    def test_a_number_that_is_nobodys(self, lite_bot: Bot) -> None:
        call = lite_bot.call(to="+13365550199").hears("call 9 1 1").hears("llame al 9 1 1")
        assert call.ended
        assert lite_bot.rows(CallRow) == []

    def test_a_status_or_recording_of_an_unknown_call(self, lite_bot: Bot) -> None:
        status = lite_bot.post("/voice/status", call_form(CallStatus="completed"))
        form = call_form(
            RecordingSid="RE1", RecordingUrl="https://x.example/RE1", RecordingDuration="3"
        )
        assert (status.status, lite_bot.post("/voice/recording", form).status) == (204, 204)
        assert lite_bot.rows(Task) == []

    @pytest.mark.parametrize("path", ["inbound", "turn?n=2", "reminder?r=1&a=1"])
    def test_no_call_sid(self, lite_bot: Bot, path: str) -> None:
        assert lite_bot.post(f"/voice/{path}", {"From": PATIENT}).status == 400

    def test_a_reminder_call_that_names_none(self, lite_bot: Bot) -> None:
        assert lite_bot.post("/voice/reminder", call_form()).status == 400

    def test_nothing_unsigned_comes_in(self, lite_bot: Bot) -> None:
        assert lite_bot.ask("POST", "/voice/inbound", call_form()).status == 403


class TestAfterTheEnd:
    def test_a_turn_is_answered_with_a_hang_up(self, bot: Bot) -> None:
        call = bot.call().presses("4").hangs_up()
        reply = bot.post("/voice/turn?n=3", call_form(call.sid, Digits="2"))
        assert reply.body.endswith(b"<Response><Hangup/></Response>")
        assert bot.rows(Task) == []

    def test_a_second_report_changes_nothing(self, bot: Bot) -> None:
        call = bot.call().presses("0").hangs_up()
        bot.clock.advance(minutes=1)
        bot.post("/voice/status", call_form(call.sid, CallStatus="completed"))
        assert len(bot.rows(Task)) == 1
        assert bot.row(CallRow).ended_at != bot.clock.now


@pytest.mark.parametrize("path", ["inbound", "turn?n=2", "fallback"])
def test_a_caller_hears_an_apology_while_the_database_is_down(path: str) -> None:
    with bot_on(f"postgresql://user:pw@127.0.0.1:{free_port()}/prepline") as bot:
        reply = bot.post(f"/voice/{path}", call_form())
        assert (reply.status, reply.content_type) == (200, "text/xml")
        assert reply.body.decode() == APOLOGY
        assert bot.post("/voice/status", call_form(CallStatus="completed")).status == 503
        # The carrier asks the call's fallback address, which knows the clinic.
        assert bot.post("/voice/reminder?r=1&a=1", call_form()).status == 503


def test_the_apology_is_a_document_that_can_be_carried_out() -> None:
    assert not ends_by_falling_through(parse(APOLOGY))
    assert APOLOGY.count("9 1 1") == 2


def test_no_personal_data_in_addresses(lite_bot: Bot) -> None:
    call = lite_bot.call("anonymous").presses("0").dial_ends("busy").presses("2")
    call.presses("8285550142").presses("1").hangs_up()
    for request in (*call.requests, *call.callbacks):
        path = request.url.partition("/voice/")[2]
        assert re.fullmatch(r"inbound|status|turn\?n=\d+", path)

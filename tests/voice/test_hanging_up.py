"""Who hangs up before the call is over: on the way to a person, or while they talk."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from db.call_models import Call as CallRow
from db.models import Task
from db.staff import NewStaff, Role, add_staff
from db.task_work import Step, assign, note_step
from emulator.voice_call import Call
from flows.call_state import Missed
from tests.support.web import CLINIC_NUMBER, PATIENT, Bot


class TestHangingUpOnTheWay:
    def test_while_it_rings(self, bot: Bot) -> None:
        bot.call().presses("0").hangs_up()
        assert bot.row(Task).kind == "call_me"

    def test_at_the_offer(self, bot: Bot) -> None:
        bot.call().presses("0").dial_ends("busy").hangs_up()
        assert (bot.row(Task).kind, bot.row(Task).reason) == ("call_me", Missed.BUSY)

    def test_with_a_goodbye(self, bot: Bot) -> None:
        call = bot.call().presses("0").dial_ends("busy").says("Goodbye")
        call.hears("We let our ARA Cares Coordinator know")
        assert (bot.row(Task).kind, bot.row(Task).reason) == ("call_me", Missed.BUSY)

    def test_elsewhere_leaves_nothing(self, bot: Bot) -> None:
        bot.call().presses("4").hangs_up()
        assert bot.rows(Task) == []

    def test_before_the_first_word(self, bot: Bot) -> None:
        bot.phone.call(PATIENT, to=CLINIC_NUMBER, abandoned=True)
        assert bot.row(CallRow).ended_at == bot.clock.now
        assert bot.rows(Task) == []


class TestTheEndIsReportedBeforeTheTalk:
    """As `test_who_hangs_up_while_talking_leaves_none_either`; what must stay all the same."""

    @staticmethod
    def hung_up_first(bot: Bot, caller: str = PATIENT) -> Call:
        call = bot.call(caller).presses("0")
        call.interpreter.end_reported_first = True
        return call

    @pytest.mark.parametrize("caller", [PATIENT, "anonymous"])
    def test_whoever_gave_up_while_it_rang_is_called_back(self, bot: Bot, caller: str) -> None:
        self.hung_up_first(bot, caller).hangs_up()
        assert bot.row(Task).kind == "call_me"

    def test_an_earlier_request_stays(self, bot: Bot) -> None:
        bot.call().presses("0").dial_ends("busy").hangs_up()
        before = bot.row(Task)
        bot.clock.advance(minutes=5)
        self.hung_up_first(bot).talks().hangs_up()
        assert (bot.row(Task).id, bot.row(Task).done_at) == (before.id, None)

    def test_other_tasks_of_the_call_stay(self, bot: Bot) -> None:
        call = bot.call().presses("4").presses("2").presses("0")
        call.interpreter.end_reported_first = True
        call.talks().hangs_up()
        assert bot.row(Task).kind == "question"

    @pytest.mark.parametrize("how", ["taken", "noted"])
    def test_what_somebody_works_on_already_stays(self, bot: Bot, how: str) -> None:
        call = self.hung_up_first(bot).talks()
        over = {**call.requests[-1].form, "CallStatus": "completed"}
        assert bot.post("/voice/status", over).status == 204
        with bot.database.transaction() as session:
            new = NewStaff("pat@example.org", "Pat Coordinator", Role.COORDINATOR)
            member = add_staff(session, new, bot.clock.now)
            task = session.scalars(select(Task)).one()
            if how == "taken":
                assign(task, member.id)
            else:
                note_step(session, task, Step.NOTE, member.id, bot.clock.now, "I phone her.")
        call.hangs_up()
        assert call.repeat_last_request().endswith("<Response><Hangup/></Response>")
        assert bot.row(Task).kind == "call_me"

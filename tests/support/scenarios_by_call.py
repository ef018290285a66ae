"""Holding a scenario by a call to the whole app: what is heard, and what is done as it is stored.

A wish for a person is carried on until it leaves the task that a text leaves: the desk is busy, and
the caller asks to be called back.
"""

from __future__ import annotations

import datetime as dt
import re

import msgspec

from db.call_models import Call as CallRow
from db.call_models import CallTurnRow
from emulator.voice_call import Call
from emulator.voice_verbs import Dial
from flows.call_state import CallState
from flows.library import HAND_OFF
from tests.support.reminder_calls import reminder_request, under_way
from tests.support.scenario_outcomes import Outcome, judge
from tests.support.scenarios import Asked, Moved, Passes, Scenario, Text, Visit
from tests.support.scenarios_by_text import TextTalk
from tests.support.web import Bot

_LONGEST_CALL = dt.timedelta(minutes=30)
_KEY = re.compile(r"(?:press|oprima) ([1-8])\b")


def cannot_be_called(scenario: Scenario) -> str | None:
    """Why a scenario makes no sense as one call; `None` if it does."""
    if not scenario.by_phone_too:
        return "it is said to be for texts only"
    asked = [step for step in scenario.steps if isinstance(step, Asked)]
    if asked and (len(asked) > 1 or not isinstance(scenario.steps[0], Asked)):
        return "a call of ours is about one visit and begins with it"
    if any(isinstance(step, Moved) for step in scenario.steps):
        return "nothing is moved during a call"
    waits = [step.time for step in scenario.steps if isinstance(step, Passes)]
    return "a call does not last that long" if sum(waits, dt.timedelta()) > _LONGEST_CALL else None


class CallTalk(TextTalk):
    """One conversation by phone, on a database of its own."""

    def __init__(self, scenario: Scenario, bot: Bot) -> None:
        super().__init__(scenario, bot)
        self._call: Call | None = None

    @property
    def call(self) -> Call:
        """The call; the patient's own, unless a reminder has begun it."""
        if self._call is None:
            number = self._profile.texting_number or ""
            self._call = self._bot.call(self._scenario.phone, number)
        return self._call

    def _send(self, text: Text) -> None:
        before, call = self._stored(), self.call
        turns = len(self._bot.rows(CallTurnRow))
        if re.fullmatch(r"[0-9*#]", text.body):
            call.presses(text.body)
        else:
            call.says(text.body)
        heard = [call.heard]
        understood = sorted(self._bot.rows(CallTurnRow), key=lambda row: row.number)[turns]
        keys = sorted(set(_KEY.findall(call.heard)))
        body = self._state().body
        if body and body in call.heard:
            keys.remove("8")  # offered with the reminder, and no option of any menu
        heard += self._until_the_task()
        outcome = Outcome(
            answer=" ".join(heard),
            keys=" ".join(keys),
            kind=understood.kind,
            labels=understood.labels,
            effects=self._done(before, self._stored(), text),
        )
        judge(text, outcome, by_call=True)

    def _until_the_task(self) -> list[str]:
        call, heard = self.call, []
        if isinstance(call.waiting, Dial):
            heard.append(call.dial_ends("busy").heard)
        if self._state().talk.waiting == HAND_OFF:
            heard.append(call.presses("2").heard)
        return heard

    def _state(self) -> CallState:
        return msgspec.json.decode(self._bot.row(CallRow).state, type=CallState)

    def _ask(self, visit: Visit) -> None:
        """A reminder of the day before, told by a call that was answered."""
        self._visits[visit] = appointment = self._book(visit, number=len(self._visits))
        reminder = under_way(self._bot.database, appointment)
        line = self._profile.texting_number or ""
        request = reminder_request(reminder, to=self._scenario.phone, line=line)
        self._call = self._bot.phone.answers(request, by="human")

"""Holding a scenario with the engine alone: the session is written as JSON between all steps."""

from __future__ import annotations

import datetime as dt
from dataclasses import astuple, dataclass
from typing import Final

import msgspec

from flows.asking import with_question
from flows.engine import take_turn
from flows.known import PrepAnswer
from flows.library import default_library
from flows.model import (
    CannotCome,
    Confirm,
    Effect,
    Event,
    Facts,
    HoldMessages,
    NoMoreTexts,
    OpenTask,
    OptIn,
    OptOut,
    Session,
    Subject,
    SwitchLanguage,
    Turn,
)
from flows.says import sms_body
from scheduler.clock_words import day_words
from tests.support.known_patients import Identities
from tests.support.scenario_outcomes import Outcome, judge, profile_for
from tests.support.scenarios import (
    STEP_TAKES,
    Asked,
    HasVisit,
    Moved,
    Passes,
    Scenario,
    StaffWrites,
    Text,
    Visit,
)
from tests.support.visits import local

_WORDS: Final[dict[type[Effect], str]] = {
    Confirm: "confirm",
    CannotCome: "cannot_come",
    OptOut: "opt_out",
    OptIn: "opt_in",
    SwitchLanguage: "language",
    HoldMessages: "hold",
}
_FIRST_ID: Final = 41  # unlike any number of a key or a row


@dataclass(frozen=True, slots=True)
class _Booked:
    id: int
    version: int


class EngineTalk:
    """One conversation; `turns` are those it has had."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._profile = profile_for(scenario)
        self._now = local(scenario.now, self._profile.time_zone)
        self._session = Session(scenario.language or self._profile.language)
        self._opted_out = False
        self._visits: dict[Visit, _Booked] = {}
        self._identities = Identities(self._profile)
        self.turns: list[Turn] = []

    def hold(self) -> list[Turn]:
        """Take every step and judge it. Raises `AssertionError` with file and line."""
        for step in self._scenario.steps:
            self._session = msgspec.json.decode(msgspec.json.encode(self._session), type=Session)
            self._now += STEP_TAKES
            match step:
                case Text():
                    self._say(step)
                case HasVisit(visit, born):
                    self._book(visit, born)
                case Asked(visit):
                    self._ask(visit)
                case Moved(visit, to):
                    self._move(visit, to)
                case StaffWrites():  # as `conversation.questions` finds it
                    self._session = msgspec.structs.replace(self._session, is_aside=True)
                case Passes(time):
                    self._now += time
        return self.turns

    def _say(self, text: Text) -> None:
        event = Event(text.body, media=text.media, answered_by_carrier=text.carrier)
        facts = Facts(
            self._profile,
            self._now,
            opted_out=self._opted_out,
            standing=self._identities.standing,
            visits=lambda: self._identities.known(self._now),
            answered=self._identities.answered,
        )
        turn = take_turn(default_library(), self._session, event, facts)
        self.turns.append(turn)
        self._session = turn.session
        for effect in turn.effects:
            self._identities.apply(effect, self._now)
            if isinstance(effect, OptOut | OptIn):
                self._opted_out = isinstance(effect, OptOut)
        judge(text, self._outcome(turn))

    def _book(self, visit: Visit, born: dt.date | None = None) -> _Booked:
        booked = self._visits.setdefault(visit, _Booked(_FIRST_ID + len(self._visits), 1))
        starts = local(visit.starts, self._profile.time_zone)
        self._identities.book(visit.name, born, booked.id, booked.version, starts)
        return booked

    def _ask(self, visit: Visit) -> None:
        booked = self._book(visit)
        starts = local(visit.starts, self._profile.time_zone)
        day = day_words(dt.datetime.fromisoformat(visit.starts).date(), self._session.language)
        subject = Subject(booked.id, booked.version, visit.name, day, until=starts)
        self._session = with_question(self._session, subject, self._now)

    def _move(self, visit: Visit, to: Visit | None) -> None:
        """What was asked about the old date is no longer a question, as `conversation` sees to."""
        booked = self._visits.pop(visit)
        self._identities.call_off(booked.id)
        if to is not None:
            self._visits[to] = moved = _Booked(booked.id, booked.version + 1)
            starts = local(to.starts, self._profile.time_zone)
            self._identities.book(to.name, None, moved.id, moved.version, starts)
        about = tuple(s for s in self._session.about if s.appointment != booked.id)
        self._session = msgspec.structs.replace(self._session, about=about)

    def _outcome(self, turn: Turn) -> Outcome:
        return Outcome(
            answer=sms_body(turn.says),
            keys=" ".join(choice.key for say in turn.says for choice in say.choices),
            kind=turn.understood.kind.value,
            labels=" ".join(turn.understood.labels),
            effects=[
                self._named(effect)
                for effect in turn.effects
                if not isinstance(effect, NoMoreTexts)  # a consent, which no conversation shows
            ],
        )

    def _named(self, effect: Effect) -> str:
        if isinstance(effect, OpenTask):
            whose = f"for {self._visit(effect.appointment)}" if effect.appointment else None
            words = ("task", effect.kind, effect.urgency, effect.topic, whose)
            return " ".join(filter(None, words))
        if isinstance(effect, PrepAnswer):
            return f"prep {self._visit(effect.appointment)} {effect.item} {effect.answer}"
        identity = self._identities.named(effect)
        if identity is not None:
            return identity
        (value,) = astuple(effect)
        if isinstance(effect, Confirm | CannotCome):
            value = self._visit(value)
        return f"{_WORDS[type(effect)]} {value}"

    def _visit(self, appointment: int) -> Visit:
        return next(visit for visit, found in self._visits.items() if found.id == appointment)

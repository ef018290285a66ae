"""The made-up patient and visit of a simulated talk, and what the talk has changed. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import msgspec

from conversation.facts import known_visit
from db.identities import Booked
from flows.known import IdentityLocked, IdentityMiss, KnownPatient, PrepAnswer, Standing, Verified
from flows.library import Library
from flows.model import Channel, Effect, Facts, OptIn, OptOut, Subject
from flows.spoken_times import spoken_day
from flows.visits import subject_of
from profiles import Language, Profile
from scheduler.bodies import Occasioned, body_of, spoken_body
from scheduler.policy import Kind

FIRST_NAME: Final = "Alex"
BIRTH_DATE: Final = dt.date(1950, 5, 17)
PHONE: Final = "+18285550100"


class Visit(StrEnum):
    """What is made up of the patient's visit."""

    NONE = "none"
    BOOKED = "booked"
    VERIFIED = "verified"
    REMINDED = "reminded"


class Setup(msgspec.Struct, frozen=True):
    """What a talk begins with; moments are UTC."""

    clinic: str
    channel: Channel
    language: Language
    visit: Visit
    procedure: str
    starts_at: dt.datetime
    began: dt.datetime


class Step(msgspec.Struct, frozen=True):
    """What the patient did: `said` something, the desk was `dialled`, a message was `recorded`."""

    what: str
    text: str
    at: dt.datetime


class Talk(msgspec.Struct, frozen=True):
    """All that is kept of a talk."""

    setup: Setup
    steps: tuple[Step, ...] = ()


@dataclass(slots=True)
class World:
    """What the talk has changed so far of what the engine may know."""

    library: Library
    profile: Profile
    setup: Setup
    opted_out: bool = False
    misses: int = 0
    locked_until: dt.datetime | None = None
    is_verified: bool = field(init=False)
    answers: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.is_verified = self.setup.visit is Visit.VERIFIED

    def facts(self, now: dt.datetime) -> Facts:
        """The facts of a turn."""
        return Facts(
            self.profile,
            now,
            opted_out=self.opted_out,
            we_called=self.setup.visit is Visit.REMINDED and self.setup.channel is Channel.VOICE,
            standing=Standing(self.misses, self.locked_until),
            visits=lambda: self._patients(now),
            answered=lambda _appointment: self.answers,
        )

    def patient(self) -> KnownPatient:
        """The made-up patient with the visit."""
        booked = Booked(1, 1, self.setup.procedure, self.setup.starts_at)
        visits = (known_visit(self.profile, booked),)
        return KnownPatient(1, FIRST_NAME, BIRTH_DATE, self.is_verified, visits)

    def _patients(self, now: dt.datetime) -> tuple[KnownPatient, ...]:
        is_ahead = self.setup.visit is not Visit.NONE and self.setup.starts_at > now
        return (self.patient(),) if is_ahead else ()

    def subject(self) -> Subject:
        """The visit as a reminder asks about it."""
        patient, setup = self.patient(), self.setup
        subject = subject_of(patient, patient.visits[0], setup.language)
        if setup.channel is not Channel.VOICE:
            return subject
        day = setup.starts_at.astimezone(self.profile.zone).date()
        return msgspec.structs.replace(subject, day=spoken_day(day, setup.language))

    def reminder(self) -> str:
        """The reminder that the talk begins with."""
        setup = self.setup
        about = Occasioned(FIRST_NAME, setup.language, setup.procedure, setup.starts_at)
        words = spoken_body if setup.channel is Channel.VOICE else body_of
        return words(self.library, self.profile, about, Kind.DAY_BEFORE, setup.began)

    def apply(self, effects: Sequence[Effect]) -> None:
        """Remember what later turns go by."""
        for effect in effects:
            match effect:
                case OptOut():
                    self.opted_out = True
                case OptIn():
                    self.opted_out = False
                case Verified():
                    self.is_verified, self.misses = True, 0
                case IdentityMiss():
                    self.misses += 1
                case IdentityLocked(until):
                    self.locked_until = until
                case PrepAnswer(_, item, answer):
                    self.answers[item] = answer

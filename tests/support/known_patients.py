"""Who is behind a number, kept in memory as the database keeps it: for the engine alone."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from conversation.facts import known_visit
from db.identities import VERIFIED_FOR, Booked
from flows.known import IdentityLocked, IdentityMiss, KnownPatient, PrepAnswer, Standing, Verified
from flows.model import Effect
from profiles import Profile
from tests.support.scenarios import BORN


@dataclass(slots=True)
class _Person:
    patient: int
    name: str
    born: dt.date
    visits: dict[int, Booked] = field(default_factory=dict)
    verified_until: dt.datetime | None = None


class Identities:
    """The patients of one number and how the number stands."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._people: dict[str, _Person] = {}
        self._answers: dict[int, dict[str, str]] = {}
        self.standing = Standing()

    def answered(self, appointment: int) -> dict[str, str]:
        """The check-list's answers for an appointment."""
        return self._answers.get(appointment, {})

    def book(
        self, name: str, born: dt.date | None, appointment: int, version: int, starts: dt.datetime
    ) -> None:
        """A visit of a patient, who is new if the name is."""
        person = self._people.get(name)
        if person is None:
            person = self._people[name] = _Person(len(self._people) + 7, name, born or BORN)
        if version > 1:
            self._answers.pop(appointment, None)
        person.visits[appointment] = Booked(appointment, version, "kyphoplasty", starts)

    def call_off(self, appointment: int) -> None:
        """That visit does not lie ahead any more."""
        for person in self._people.values():
            person.visits.pop(appointment, None)

    def known(self, now: dt.datetime) -> tuple[KnownPatient, ...]:
        """As `conversation.facts` looks them up."""
        return tuple(
            KnownPatient(
                person.patient,
                person.name,
                person.born,
                person.verified_until is not None and person.verified_until > now,
                tuple(
                    known_visit(self._profile, booked)
                    for booked in sorted(person.visits.values(), key=lambda b: b.starts_at)
                    if booked.starts_at > now
                ),
            )
            for person in self._people.values()
        )

    def apply(self, effect: Effect, now: dt.datetime) -> None:
        """As `conversation.effects` stores it."""
        match effect:
            case Verified(patients):
                for person in self._people.values():
                    if person.patient in patients:
                        person.verified_until = now + VERIFIED_FOR
                self.standing = Standing(0, self.standing.locked_until)
            case IdentityMiss():
                self.standing = Standing(self.standing.misses + 1, self.standing.locked_until)
            case IdentityLocked(until):
                self.standing = Standing(0, until)
            case PrepAnswer(appointment, item, answer):
                self._answers.setdefault(appointment, {})[item] = answer

    def named(self, effect: Effect) -> str | None:
        """An effect on identities as scenarios write it; `None` for any other."""
        match effect:
            case Verified(patients):
                names = [p.name for p in self._people.values() if p.patient in patients]
                return " ".join(["verified", *sorted(names)])
            case IdentityMiss():
                return "identity_miss"
            case IdentityLocked():
                return "identity_locked"
        return None

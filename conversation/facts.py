"""What the engine may know in one turn, looked up only when it asks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from functools import cache, partial

from sqlalchemy.engine import Connection

from db.contacts import ContactState
from db.identities import Booked, patients_behind
from db.prep_answers import answers_of
from flows.known import KnownPatient, KnownVisit, Standing
from flows.model import Channel, Facts
from profiles import Language, Profile
from scheduler.bodies import appointment_words
from scheduler.planning import visit_of
from scheduler.policy import fasting_starts_at


def facts_of(
    connection: Connection, profile: Profile, contact: ContactState, now: dt.datetime
) -> Facts:
    """The facts of a turn of a locked contact at `now` (UTC); costs no statement by itself."""
    return Facts(
        profile,
        now,
        opted_out=contact.opted_out_at is not None,
        paused=contact.paused_until is not None and contact.paused_until > now,
        standing=Standing(contact.identity_misses, contact.identity_locked_until),
        visits=_visits(connection, profile, contact, now),
        answered=partial(answers_of, connection),
    )


def _visits(
    connection: Connection, profile: Profile, contact: ContactState, now: dt.datetime
) -> Callable[[], tuple[KnownPatient, ...]]:
    @cache
    def look_up() -> tuple[KnownPatient, ...]:
        return tuple(
            KnownPatient(
                behind.patient,
                behind.first_name,
                behind.date_of_birth,
                behind.is_verified,
                tuple(known_visit(profile, booked) for booked in behind.coming),
            )
            for behind in patients_behind(connection, contact, now)
        )

    return look_up


def known_visit(profile: Profile, booked: Booked) -> KnownVisit:
    """A stored visit as the engine knows it."""
    visit = visit_of(profile, booked.procedure, booked.starts_at)

    def words(language: Language, channel: str) -> Mapping[str, str]:
        return appointment_words(profile, visit, language, Channel(channel))

    has_fast = visit.procedure.fasting_hours > 0
    return KnownVisit(
        booked.id,
        booked.version,
        booked.starts_at,
        fasting_starts_at(visit) if has_fast else None,
        words,
    )

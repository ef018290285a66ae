"""What changed rules would do: to how many messages, and to those of a few next appointments.

What is moved, added or cancelled is decided by `scheduler.planning.replanned`, as it is when the
rules are applied; what goes out when, and in which words, by `scheduler.preview`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from admin.appointment_words import Message, message_words
from admin.visit_words import KIND_WORDS
from db.coming import Coming, coming, count_coming, with_patients
from db.contacts import ContactState
from db.models import Appointment
from db.visits import contacts_of
from flows.library import default_library
from profiles import Profile
from scheduler.planning import Replanned, Stands, replanned, visit_of
from scheduler.policy import Kind, PlannedReminder, PlanStatus
from scheduler.preview import Proposed, preview_of

MOST_COUNTED: Final = 250
_CHANGED: Final = 4
_NEXT: Final = 2


@dataclass(frozen=True, slots=True)
class Pair:
    """One message of an appointment before and after; `None` where there is none."""

    kind: str
    before: Message | None
    after: Message | None

    @property
    def is_same(self) -> bool:
        """Whether it goes out as it would have."""
        return self.before == self.after


@dataclass(frozen=True, slots=True)
class Example:
    """An actual appointment, and its messages that are still to come."""

    visit: Appointment
    pairs: Sequence[Pair]


@dataclass(frozen=True, slots=True)
class RulesPreview:
    """What applying would do to the next `counted` of `total` appointments."""

    total: int
    counted: int
    moved: int
    added: int
    cancelled: int
    visits: int
    examples: Sequence[Example]


def rules_preview(db: Session, before: Profile, after: Profile, now: dt.datetime) -> RulesPreview:
    """What a clinic's rules `after` would do where those `before` count now."""
    found = coming(db, before.id, now, MOST_COUNTED)
    done = {each.id: _replanned(after, each, now) for each in found}
    changed = [each for each in found if done[each.id].count]
    shown = {each.id: each for each in (*_with_open(found)[:_NEXT], *changed[:_CHANGED])}
    visits = with_patients(db, list(shown))
    contacts = contacts_of(db, [visit.patient for visit in visits])
    return RulesPreview(
        total=len(found) if len(found) < MOST_COUNTED else count_coming(db, before.id, now),
        counted=len(found),
        moved=sum(len(each.moved) for each in done.values()),
        added=sum(len(each.added) for each in done.values()),
        cancelled=sum(len(each.gone) for each in done.values()),
        visits=len(changed),
        examples=[
            Example(
                visit,
                _pairs(
                    (before, after),
                    _proposed(visit, contacts.get((visit.clinic_id, visit.patient.phone))),
                    shown[visit.id],
                    done[visit.id],
                    now,
                ),
            )
            for visit in visits
        ],
    )


def _replanned(profile: Profile, each: Coming, now: dt.datetime) -> Replanned:
    visit = visit_of(profile, each.procedure, each.starts_at)
    rows = [Stands(row.kind, row.status, row.due_at, row.send_by) for row in each.messages]
    return replanned(profile, visit, rows, now)


def _with_open(found: Sequence[Coming]) -> list[Coming]:
    return [each for each in found if any(row.status == "planned" for row in each.messages)]


def _proposed(visit: Appointment, contact: ContactState | None) -> Proposed:
    patient = visit.patient
    chosen = contact.language if contact else None
    return Proposed(
        first_name=patient.first_name,
        language=chosen or patient.language,
        channel=patient.channel,
        sms_consent=patient.sms_consent,
        voice_consent=patient.voice_consent,
        procedure=visit.procedure,
        starts_at=visit.starts_at,
        contact=contact,
    )


def _pairs(
    profiles: tuple[Profile, Profile],
    proposed: Proposed,
    each: Coming,
    done: Replanned,
    now: dt.datetime,
) -> list[Pair]:
    was = {
        row.kind: PlannedReminder(Kind(row.kind), row.due_at, row.send_by, PlanStatus.PLANNED)
        for row in each.messages
        if row.status == "planned"
    }
    becomes = {kind: row for kind, row in was.items() if kind not in done.gone}
    becomes |= {**done.moved, **{row.kind.value: row for row in done.added}}
    before, after = (
        _words(profile, proposed, rows, now)
        for profile, rows in zip(profiles, (was, becomes), strict=True)
    )
    return [
        Pair(KIND_WORDS[kind], before.get(kind), after.get(kind))
        for kind in Kind
        if kind in before or kind in after
    ]


def _words(
    profile: Profile, proposed: Proposed, rows: Mapping[str, PlannedReminder], now: dt.datetime
) -> dict[str, Message]:
    found = preview_of(default_library(), profile, proposed, rows.values(), now)
    return {each.kind.value: message_words(each, profile.zone, now) for each in found}

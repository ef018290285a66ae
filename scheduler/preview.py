"""What a patient would get, and what not, if an appointment were saved like this. Pure.

Everything is decided by the code that the worker uses: the plan by `planning`, whether a message
goes out, and in which words, by `deciding` at the moment that it is due.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from carrier.segments import Segments, count
from db.claims import Claimed
from db.contacts import ContactState
from flows.library import Library
from profiles import Profile
from scheduler.bodies import Occasioned, body_of, spoken_body
from scheduler.channel import Channel, Reachability, choose_channel
from scheduler.deciding import PutOff, Send, Settle, Today, decide
from scheduler.planning import plan_for, visit_of
from scheduler.policy import Kind, Occasion, PlannedReminder, PlanStatus, Reason

_SOME_NUMBER: Final = "the installation's own number"
"""Calls of a clinic without a number come from it; which one it is changes nothing here."""


@dataclass(frozen=True, slots=True)
class Proposed:
    """An appointment as somebody types it: whose, how they are reached, what, and when (UTC).

    `channel` is the patient's wish; `contact` is what is known of the phone, if anything.
    """

    first_name: str = field(repr=False)
    language: str
    channel: str
    sms_consent: bool
    voice_consent: bool
    procedure: str
    starts_at: dt.datetime
    contact: ContactState | None = field(repr=False)

    @property
    def reachability(self) -> Reachability:
        """What is known of how this patient can be reached."""
        contact = self.contact
        return Reachability(
            self.channel,
            self.sms_consent,
            self.voice_consent,
            opted_out=contact is not None and contact.opted_out_at is not None,
            textable=contact is None or contact.textable,
            reachable=contact is None or contact.reachable,
        )


@dataclass(frozen=True, slots=True)
class Previewed:
    """One message. `planned` is the row as it would be stored.

    It goes out at `at` (UTC) unless there is an `obstacle`; `waits_for` says why that is later than
    planned. `body` is its text, in `language`, and `segments` what it costs as a text.
    """

    planned: PlannedReminder
    channel: Channel
    language: str
    at: dt.datetime
    obstacle: Reason | None
    waits_for: Reason | None
    body: str = field(repr=False)
    segments: Segments

    @property
    def kind(self) -> Kind:
        """Which of the appointment's messages it is."""
        return self.planned.kind


def preview(
    library: Library, profile: Profile, proposed: Proposed, occasion: Occasion, now: dt.datetime
) -> tuple[Previewed, ...]:
    """The messages that booking, moving or cancelling the appointment now would plan."""
    visit = visit_of(profile, proposed.procedure, proposed.starts_at)
    planned = plan_for(profile, visit, proposed.reachability, occasion, now)
    return preview_of(library, profile, proposed, planned, now)


def preview_of(
    library: Library,
    profile: Profile,
    proposed: Proposed,
    planned: Iterable[PlannedReminder],
    now: dt.datetime,
) -> tuple[Previewed, ...]:
    """What becomes of messages that are planned already, if the patient is corrected like this."""
    return tuple(_previewed(library, profile, proposed, each, now) for each in planned)


def _previewed(
    library: Library,
    profile: Profile,
    proposed: Proposed,
    planned: PlannedReminder,
    now: dt.datetime,
) -> Previewed:
    channel, _ = choose_channel(proposed.reachability)
    at = max(planned.due_at, now)
    about = Occasioned(
        proposed.first_name, proposed.language, proposed.procedure, proposed.starts_at
    )
    words = spoken_body if channel is Channel.VOICE else body_of
    body = words(library, profile, about, planned.kind, at)
    obstacle, waits_for = planned.reason, None
    if planned.status is PlanStatus.PLANNED:
        row = _claimed(profile, proposed, planned, channel)
        caller = profile.texting_number or _SOME_NUMBER
        match decide(library, profile, row, "", Today(), at, caller=caller):
            case Send() as send:
                body, obstacle = send.body, None
            case Settle() as settle:
                obstacle = settle.reason
            case PutOff() as later:
                at, waits_for, obstacle = later.until, later.reason, None
                body = words(library, profile, about, planned.kind, at)
    return Previewed(
        planned, channel, proposed.language, at, obstacle, waits_for, body, count(body)
    )


def _claimed(
    profile: Profile, proposed: Proposed, planned: PlannedReminder, channel: Channel
) -> Claimed:
    """The row as a worker would take it up."""
    contact = proposed.contact
    return Claimed(
        id=0,
        clinic_id=profile.id,
        kind=planned.kind.value,
        planned_by=channel.value,
        version=1,
        due_at=planned.due_at,
        send_by=planned.send_by,
        attempts=0,
        started_at=None,
        to=None,
        body=None,
        sid=None,
        carrier_status=None,
        appointment_id=0,
        appointment_version=1,
        appointment_status="cancelled" if planned.kind is Kind.CANCELLED else "scheduled",
        starts_at=proposed.starts_at,
        procedure=proposed.procedure,
        first_name=proposed.first_name,
        phone="",
        language=proposed.language,
        channel=proposed.channel,
        sms_consent=proposed.sms_consent,
        voice_consent=proposed.voice_consent,
        contact_id=contact.id if contact else None,
        opted_out_at=contact.opted_out_at if contact else None,
        held_until=contact.held_until if contact else None,
        textable=contact.textable if contact else None,
        reachable=contact.reachable if contact else None,
    )

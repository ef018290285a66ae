"""The record of who did or looked at what. Entries are added, never changed."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.staff_models import Audit

COMMAND_LINE: Final = "command line"
Detail = Mapping[str, str | int | bool | None]


class Action(StrEnum):
    """What can be done or looked at."""

    SIGNED_IN = "signed_in"
    SIGN_IN_FAILED = "sign_in_failed"
    ACCOUNT_LOCKED = "account_locked"
    SIGNED_OUT = "signed_out"
    SIGNED_OUT_EVERYWHERE = "signed_out_everywhere"
    PASSWORD_SET = "password_set"  # noqa: S105 - names an action
    SECOND_STEP_ON = "second_step_on"
    SECOND_STEP_OFF = "second_step_off"
    STAFF_ADDED = "staff_added"
    STAFF_ROLE_CHANGED = "staff_role_changed"
    STAFF_DEACTIVATED = "staff_deactivated"
    STAFF_REACTIVATED = "staff_reactivated"
    STAFF_UNLOCKED = "staff_unlocked"
    STAFF_LINK_MADE = "staff_link_made"
    AUDIT_EXPORTED = "audit_exported"
    APPOINTMENTS_LISTED = "appointments_listed"
    PATIENTS_SEARCHED = "patients_searched"
    PATIENT_VIEWED = "patient_viewed"
    APPOINTMENT_VIEWED = "appointment_viewed"
    APPOINTMENT_BOOKED = "appointment_booked"
    APPOINTMENT_CHANGED = "appointment_changed"
    APPOINTMENT_CANCELLED = "appointment_cancelled"
    APPOINTMENT_MARKED = "appointment_marked"
    TASKS_LISTED = "tasks_listed"
    TASK_VIEWED = "task_viewed"
    TASK_TAKEN = "task_taken"
    TASK_HANDED_ON = "task_handed_on"
    TASK_NOTED = "task_noted"
    TASK_ACKNOWLEDGED = "task_acknowledged"
    TASK_DONE = "task_done"
    TASK_REOPENED = "task_reopened"
    HOLD_RELEASED = "hold_released"
    THREAD_VIEWED = "thread_viewed"
    CONVERSATION_TAKEN = "conversation_taken"
    CONVERSATION_HANDED_BACK = "conversation_handed_back"
    TEXT_SENT = "text_sent"
    VOICE_MESSAGE_PLAYED = "voice_message_played"
    CONSENT_CHANGED = "consent_changed"
    WISHES_CHANGED = "wishes_changed"
    CAREGIVER_CHANGED = "caregiver_changed"
    CAREGIVER_REMOVED = "caregiver_removed"
    IMPORT_VIEWED = "import_viewed"
    IMPORT_PREVIEWED = "import_previewed"
    IMPORT_APPLIED = "import_applied"
    IMPORT_DISCARDED = "import_discarded"
    IMPORT_BAD_ROWS_EXPORTED = "import_bad_rows_exported"
    FINDINGS_VIEWED = "findings_viewed"
    FINDINGS_EXPORTED = "findings_exported"
    FINDING_CHECKED = "finding_checked"
    FINDING_REOPENED = "finding_reopened"
    FORECAST_VIEWED = "forecast_viewed"
    FORECAST_EXPORTED = "forecast_exported"
    NUMBERS_EXPORTED = "numbers_exported"
    PROFILE_LOADED = "profile_loaded"
    APPROVED_TEXT_CHANGED = "approved_text_changed"
    APPROVED_TEXT_REMOVED = "approved_text_removed"
    RULES_PREVIEWED = "rules_previewed"
    RULES_CHANGED = "rules_changed"
    PROFILE_RESTORED = "profile_restored"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it; `staff_id` is `None` for what was typed on the server or not known."""

    staff_id: int | None
    email: str


SERVER: Final = Actor(None, COMMAND_LINE)
STRANGER: Final = Actor(None, "unknown")


@dataclass(frozen=True, slots=True)
class Entity:
    """What it was done to, by the name of its table and its key there: `Entity("staff", "7")`."""

    kind: str
    id: str


def record(
    session: Session,
    actor: Actor,
    action: Action,
    entity: Entity | None = None,
    *,
    at: dt.datetime,
    clinic_id: str | None = None,
    detail: Detail | None = None,
) -> None:
    """Write an entry, in the transaction of what it tells of. No personal data in `detail`."""
    session.add(
        Audit(
            at=at,
            staff_id=actor.staff_id,
            staff_email=actor.email,
            action=action.value,
            entity_kind=entity.kind if entity else None,
            entity_id=entity.id if entity else None,
            clinic_id=clinic_id,
            detail=json.dumps(dict(detail or {}), ensure_ascii=False, sort_keys=True),
        )
    )
    session.flush()


@dataclass(frozen=True, slots=True)
class Search:
    """Which entries: each part narrows them down; `since` and `until` are moments, half open."""

    staff_id: int | None = None
    action: str | None = None
    entity_kind: str | None = None
    entity_id: str | None = None
    clinic_id: str | None = None
    since: dt.datetime | None = None
    until: dt.datetime | None = None


def entries(
    session: Session, search: Search, limit: int, before: int | None = None
) -> Sequence[Audit]:
    """The newest entries first, at most `limit`, older than the entry `before` if that is given."""
    query = select(Audit)
    for name in ("staff_id", "action", "entity_kind", "entity_id", "clinic_id"):
        wanted = getattr(search, name)
        if wanted is not None:
            query = query.where(getattr(Audit, name) == wanted)
    if search.since is not None:
        query = query.where(Audit.at >= search.since)
    if search.until is not None:
        query = query.where(Audit.at < search.until)
    if before is not None:
        query = query.where(Audit.id < before)
    return session.scalars(query.order_by(Audit.id.desc()).limit(limit)).all()

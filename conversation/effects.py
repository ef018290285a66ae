"""Doing what the engine decided: each effect of a turn becomes rows."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import update
from sqlalchemy.orm import Session

import appointments
from db.contacts import ContactState, record_opt_change, set_contact
from db.identities import record_lock, record_miss, record_verified
from db.models import Patient
from db.prep_answers import record_prep_answer
from db.tasks import NewTask, open_task
from flows.known import IdentityLocked, IdentityMiss, PrepAnswer, Verified
from flows.model import (
    CannotCome,
    Confirm,
    Effect,
    HoldMessages,
    OpenTask,
    OptIn,
    OptOut,
    SwitchLanguage,
)


@dataclass(frozen=True, slots=True)
class Doing:
    """The transaction, whose turn it is, what they wrote, and when (UTC)."""

    session: Session
    contact: ContactState
    words: str
    now: dt.datetime


def apply(doing: Doing, effect: Effect) -> None:
    """Do one effect."""
    match effect:
        case Confirm(appointment):
            answer = appointments.Answer.CONFIRMED
            appointments.record_answer(doing.session, appointment, answer, doing.now)
        case CannotCome(appointment):
            answer = appointments.Answer.CANNOT_COME
            appointments.record_answer(doing.session, appointment, answer, doing.now)
        case OpenTask():
            _open_task(doing, effect)
        case OptOut(how):
            _opt(doing, "opt_out", how)
        case OptIn(how):
            _opt(doing, "opt_in", how)
        case SwitchLanguage(language):
            _switch_language(doing, language)
        case HoldMessages(minutes):
            until = doing.now + dt.timedelta(minutes=minutes)
            set_contact(doing.session, doing.contact.id, held_until=until)
        case Verified(patients):
            record_verified(doing.session, doing.contact, patients, doing.now)
        case IdentityMiss():
            record_miss(doing.session, doing.contact)
        case IdentityLocked(until):
            record_lock(doing.session, doing.contact, until)
        case PrepAnswer(appointment, item, answer):
            record_prep_answer(doing.session, appointment, item, answer, doing.now)


def _open_task(doing: Doing, task: OpenTask) -> None:
    new = NewTask(
        clinic_id=doing.contact.clinic_id,
        kind=task.kind.value,
        urgency=task.urgency.value,
        words=doing.words,
        contact_id=doing.contact.id,
        appointment_id=task.appointment,
        topic=task.topic,
    )
    open_task(doing.session, new, doing.now)


def _opt(doing: Doing, change: str, how: str) -> None:
    record_opt_change(doing.session, doing.contact.id, change, how, doing.words, doing.now)


def _switch_language(doing: Doing, language: str) -> None:
    """The messages that we start use the language, too, for everyone on this phone."""
    contact = doing.contact
    set_contact(doing.session, contact.id, language=language)
    doing.session.execute(
        update(Patient)
        .where(Patient.clinic_id == contact.clinic_id, Patient.phone == contact.phone)
        .values(language=language)
        .execution_options(synchronize_session=False)
    )

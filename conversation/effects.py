"""Doing what the engine decided: each effect of a turn becomes rows."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import select, update
from sqlalchemy.orm import Session

import appointments
from db.consents import set_consent, took_texts_back
from db.contacts import ContactState, record_opt_change, set_contact
from db.identities import record_lock, record_miss, record_verified
from db.models import ConsentChange, Patient
from db.prep_answers import record_prep_answer
from db.tasks import NewTask, open_task
from flows.known import IdentityLocked, IdentityMiss, PrepAnswer, Verified
from flows.model import (
    CannotCome,
    Confirm,
    Effect,
    HandOff,
    HoldMessages,
    NoMoreCalls,
    NoMoreTexts,
    OnCall,
    OpenTask,
    OptIn,
    OptOut,
    SwitchLanguage,
)
from flows.optout import is_yes
from scheduler.planning_again import plan_again_on


@dataclass(frozen=True, slots=True)
class Doing:
    """The transaction, the clinic, whose turn it is (`None` if the caller's number is withheld),
    what they wrote or said, and when (UTC). In a call also its id, and why no person took it."""

    session: Session
    clinic_id: str
    contact: ContactState | None
    words: str
    now: dt.datetime
    call_sid: str | None = None
    reason: str | None = None


def apply(doing: Doing, effect: Effect) -> None:
    """Do one effect. What concerns a phone number is nothing where the number is not known."""
    match effect:
        case Confirm(appointment):
            answer = appointments.Answer.CONFIRMED
            appointments.record_answer(doing.session, appointment, answer, doing.now)
        case CannotCome(appointment):
            answer = appointments.Answer.CANNOT_COME
            appointments.record_answer(doing.session, appointment, answer, doing.now)
        case OpenTask():
            open_task(doing.session, new_task(doing, effect), doing.now)
        case PrepAnswer(appointment, item, answer):
            record_prep_answer(doing.session, appointment, item, answer, doing.now)
        case HandOff() | OnCall():
            raise TypeError(f"{type(effect).__name__} is for the call itself, not for its rows")
        case _ if doing.contact is not None:
            _apply_to_number(doing, doing.contact, effect)


def new_task(doing: Doing, task: OpenTask) -> NewTask:
    """The task that an effect asks for."""
    return NewTask(
        clinic_id=doing.clinic_id,
        kind=task.kind.value,
        urgency=task.urgency.value,
        words=doing.words,
        contact_id=doing.contact.id if doing.contact else None,
        appointment_id=task.appointment,
        topic=task.topic,
        reason=doing.reason,
        call_sid=doing.call_sid,
    )


def _apply_to_number(doing: Doing, contact: ContactState, effect: Effect) -> None:
    match effect:
        case OptOut(how):
            record_opt_change(doing.session, contact.id, "opt_out", how, doing.words, doing.now)
        case OptIn(how):
            record_opt_change(doing.session, contact.id, "opt_in", how, doing.words, doing.now)
            if contact.opted_out_at is not None or not is_yes(doing.words):
                _want_texts_again(doing, contact)  # a carrier's YES may answer what we asked
            plan_again_on(doing.session, contact.clinic_id, contact.phone, doing.now)
        case SwitchLanguage(language):
            _switch_language(doing, contact, language)
        case HoldMessages(minutes):
            until = doing.now + dt.timedelta(minutes=minutes)
            set_contact(doing.session, contact.id, held_until=until)
        case NoMoreCalls():
            _withdraw(doing, contact, "voice")
        case NoMoreTexts():
            _withdraw(doing, contact, "sms")
        case Verified(patients):
            record_verified(doing.session, contact, patients, doing.now)
        case IdentityMiss():
            record_miss(doing.session, contact)
        case IdentityLocked(until):
            record_lock(doing.session, contact, until)


def _switch_language(doing: Doing, contact: ContactState, language: str) -> None:
    """The messages that we start use the language, too, for everyone on this phone."""
    set_contact(doing.session, contact.id, language=language)
    doing.session.execute(
        update(Patient)
        .where(Patient.clinic_id == contact.clinic_id, Patient.phone == contact.phone)
        .values(language=language)
        .execution_options(synchronize_session=False)
    )


def _withdraw(doing: Doing, contact: ContactState, channel: Literal["sms", "voice"]) -> None:
    """Everyone on this phone has withdrawn the consent to be reached by a channel."""
    consent = Patient.sms_consent if channel == "sms" else Patient.voice_consent
    agreed = doing.session.scalars(
        select(Patient).where(
            Patient.clinic_id == contact.clinic_id, Patient.phone == contact.phone, consent
        )
    )
    for patient in agreed.all():
        _say(doing, patient, channel, granted=False)


def _want_texts_again(doing: Doing, contact: ContactState) -> None:
    """Who had said that they want no texts, and now switches messages on, wants texts."""
    for patient in took_texts_back(doing.session, contact.clinic_id, contact.phone):
        _say(doing, patient, "sms", granted=True)


def _say(
    doing: Doing, patient: Patient, channel: Literal["sms", "voice"], *, granted: bool
) -> None:
    source = "text" if doing.call_sid is None else "call"
    change = ConsentChange(
        patient_id=patient.id, channel=channel, granted=granted, source=source, at=doing.now
    )
    set_consent(doing.session, patient, change)

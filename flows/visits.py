"""The coming visits of those who have shown who they are, and the words that tell of one."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from flows.clinic_words import filled
from flows.known import KnownPatient, KnownVisit
from flows.library import CANNOT_COME, READY, REMINDER_REPLY, START, Library
from flows.model import Channel, Facts, Session, Subject
from flows.nodes import Check, NodeRef
from profiles import Language


def is_locked(facts: Facts) -> bool:
    """Whether this number may be told no details for now."""
    until = facts.standing.locked_until
    return until is not None and until > facts.now


def verified(facts: Facts) -> list[KnownPatient]:
    """The patients of this number who have shown who they are."""
    if is_locked(facts) or facts.standing.is_withheld:
        return []
    return [patient for patient in facts.visits() if patient.is_verified]


def told_visit(session: Session, facts: Facts) -> tuple[KnownPatient, KnownVisit] | None:
    """The visit that was told of last, if it still lies ahead and its patient is still verified."""
    if session.visit is None:
        return None
    for patient in verified(facts):
        for visit in patient.visits:
            if visit.appointment == session.visit:
                return patient, visit
    return None


def is_personal(library: Library, ref: NodeRef) -> bool:
    """Whether a node speaks of one visit of a verified patient."""
    return bool(getattr(library.nodes.get(ref), "personal", False))


def refused_visit(session: Session, facts: Facts) -> Subject | None:
    """The visit of which a patient answered a reminder that they cannot come, if it lies ahead."""
    for subject in session.about:
        if subject.appointment == session.visit and subject.until > facts.now:
            return subject
    return None


def way_out(library: Library, ref: NodeRef, session: Session) -> NodeRef:
    """Where to go instead of a node that is not open."""
    if ref == CANNOT_COME:
        return REMINDER_REPLY if session.about else START
    return "appointment.details" if is_personal(library, ref) else READY


def checked_visit(session: Session, facts: Facts) -> Subject | None:
    """The visit whose check-list is gone through: one that we asked about, or a verified one."""
    for subject in session.about:
        if subject.appointment == session.checking and subject.until > facts.now:
            return subject
    if session.checking is None:
        return None
    of_verified = told_visit(msgspec.structs.replace(session, visit=session.checking), facts)
    return subject_of(*of_verified, session.language) if of_verified else None


def is_open(library: Library, ref: NodeRef, session: Session, facts: Facts) -> bool:
    """Whether a node can be said now: one about a visit needs that visit."""
    if is_personal(library, ref):
        return told_visit(session, facts) is not None
    if ref == CANNOT_COME:
        return refused_visit(session, facts) is not None
    if isinstance(library.nodes.get(ref), Check):
        return checked_visit(session, facts) is not None
    return True


def subject_of(patient: KnownPatient, visit: KnownVisit, language: Language) -> Subject:
    """A visit as an answer of the patient concerns it."""
    day = visit.words(language, Channel.SMS)["day"]
    return Subject(visit.appointment, visit.version, patient.first_name, day, visit.starts_at)


def words_of(
    library: Library,
    facts: Facts,
    channel: Channel,
    language: Language,
    told: tuple[KnownPatient, KnownVisit],
) -> Mapping[str, str]:
    """The placeholders of one visit; `fast` is the sentence about its fast, if there is one."""
    patient, visit = told
    words = {**visit.words(language, channel), "first_name": patient.first_name, "fast": ""}
    if visit.fasts_from is not None:
        name = "fast_ahead" if facts.now < visit.fasts_from else "fast_begun"
        texts = library.messages[name]
        words["fast"] = filled(texts, channel, language, facts.profile, words)
    return words

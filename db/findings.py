"""What is wrong or unusual in the data of patients who have appointments ahead.

A period is looked through by two statements and a page of it is read by another, whatever the
number of patients. A finding that somebody has checked does not count as long as the data is the
same.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    Subquery,
    and_,
    case,
    cast,
    exists,
    func,
    or_,
    select,
    text,
)
from sqlalchemy.orm import Session, aliased

from db.data_models import CheckedFinding
from db.models import Appointment, Contact, Patient


class Finding(StrEnum):
    """What can be found. The values are stored; never rename one."""

    PHONE_MISSING = "phone_missing"
    PHONE_INVALID = "phone_invalid"
    UNREACHABLE = "unreachable"
    NOT_TEXTABLE = "not_textable"
    SHARED = "shared"
    OPTED_OUT = "opted_out"
    NO_SMS_CONSENT = "no_sms_consent"
    NO_VOICE_CONSENT = "no_voice_consent"
    BIRTH_DATE = "birth_date"
    LANGUAGE = "language"


@dataclass(frozen=True, slots=True)
class Period:
    """Appointments of these clinics that start in [since, until), UTC. A birth date before
    `oldest` or after `youngest` is not plausible."""

    clinic_ids: tuple[str, ...]
    since: dt.datetime
    until: dt.datetime
    oldest: dt.date
    youngest: dt.date


@dataclass(frozen=True, slots=True)
class Found:
    """A patient with findings; `starts_at` is the first appointment of the period, `marks` names
    for each finding the data that it was found in."""

    patient_id: int
    clinic_id: str
    first_name: str = field(repr=False)
    last_name: str = field(repr=False)
    date_of_birth: dt.date = field(repr=False)
    phone: str = field(repr=False)
    language: str
    channel: str
    starts_at: dt.datetime
    marks: dict[Finding, str]


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a patient is in the list of a period."""

    starts_at: dt.datetime
    patient_id: int


_LANGUAGES: Final = ("en", "es")
_BITS: Final = {each: 1 << number for number, each in enumerate(Finding)}
_NOTED: Final = text(
    "(contact.opted_out_at IS NOT NULL OR NOT contact.reachable OR NOT contact.textable)"
)
"""As its partial index says it."""
_OTHER: Final = aliased(Patient)
_SAME_PHONE: Final = and_(
    _OTHER.clinic_id == Patient.clinic_id, _OTHER.phone == Patient.phone, _OTHER.id != Patient.id
)
_TEXTABLE: Final = func.coalesce(Contact.textable, True)
_IS_CALLED: Final = or_(Patient.channel == "voice", _TEXTABLE.is_(False))


def _conditions(period: Period) -> dict[Finding, ColumnElement[bool]]:
    """What makes each finding. A number is valid if a patient can have it: +1, ten digits, neither
    area code nor exchange beginning with 0 or 1."""
    phone = Patient.phone
    valid = and_(
        func.length(phone) == 12,
        phone.like("+1%"),
        func.substr(phone, 3, 1).between("2", "9"),
        func.substr(phone, 6, 1).between("2", "9"),
    )
    birth = Patient.date_of_birth
    return {
        Finding.PHONE_MISSING: phone == "",
        Finding.PHONE_INVALID: and_(phone != "", ~valid),
        Finding.UNREACHABLE: func.coalesce(Contact.reachable, True).is_(False),
        Finding.NOT_TEXTABLE: _TEXTABLE.is_(False),
        Finding.SHARED: and_(phone != "", exists().where(_SAME_PHONE)),
        Finding.OPTED_OUT: Contact.opted_out_at.is_not(None),
        Finding.NO_SMS_CONSENT: and_(Patient.sms_consent.is_(False), ~_IS_CALLED),
        Finding.NO_VOICE_CONSENT: and_(Patient.voice_consent.is_(False), _IS_CALLED),
        Finding.BIRTH_DATE: or_(birth < period.oldest, birth > period.youngest),
        Finding.LANGUAGE: Patient.language.not_in(_LANGUAGES),
    }


def seen_in() -> dict[Finding, ColumnElement[str]]:
    """The data that each finding is found in; once it changes, a check does not count any more."""
    sharing = select(func.count()).where(_SAME_PHONE).correlate(Patient).scalar_subquery()
    phone, channel = Patient.phone + "/", Patient.channel
    return {
        Finding.PHONE_MISSING: phone,
        Finding.PHONE_INVALID: phone,
        Finding.UNREACHABLE: phone,
        Finding.NOT_TEXTABLE: phone,
        Finding.SHARED: phone + cast(sharing, String),
        Finding.OPTED_OUT: cast(Contact.opted_out_at, String),
        Finding.NO_SMS_CONSENT: phone + channel,
        Finding.NO_VOICE_CONSENT: phone + channel,
        Finding.BIRTH_DATE: cast(Patient.date_of_birth, String),
        Finding.LANGUAGE: cast(Patient.language, String),
    }


def _open(period: Period) -> dict[Finding, ColumnElement[bool]]:
    seen = seen_in()
    return {
        finding: and_(
            condition,
            ~exists().where(
                CheckedFinding.patient_id == Patient.id,
                CheckedFinding.finding == finding.value,
                CheckedFinding.seen == seen[finding],
            ),
        )
        for finding, condition in _conditions(period).items()
    }


def _ahead(period: Period, patient_ids: Collection[int] | None = None) -> Subquery:
    """The patients of a period, or these of them, with their first appointments."""
    query = select(
        Appointment.patient_id, func.min(Appointment.starts_at).label("starts_at")
    ).where(
        Appointment.clinic_id.in_(period.clinic_ids),
        Appointment.status == "scheduled",
        Appointment.starts_at >= period.since,
        Appointment.starts_at < period.until,
    )
    if patient_ids is not None:
        query = query.where(Appointment.patient_id.in_(patient_ids))
    return query.group_by(Appointment.patient_id).subquery("ahead")


def of_contact() -> ColumnElement[bool]:
    """Whether a contact is that of the patient's phone."""
    return and_(Contact.clinic_id == Patient.clinic_id, Contact.phone == Patient.phone)


@dataclass(frozen=True, slots=True)
class Survey:
    """A period looked through once: how many patients have appointments in it, and those with
    findings, the earliest appointment first, each with the numbers of its findings as bits."""

    patients: int
    found: Sequence[tuple[Place, int]] = field(repr=False)

    def counts(self) -> dict[Finding, int]:
        """How many patients have each finding."""
        many = Counter(bits for _place, bits in self.found)
        return {
            each: sum(count for bits, count in many.items() if bits & _BITS[each])
            for each in Finding
        }

    def places(self, wanted: Finding | None) -> list[Place]:
        """Where the patients with the wanted finding are, or with any."""
        return [place for place, bits in self.found if wanted is None or bits & _BITS[wanted]]


def survey(session: Session, period: Period) -> Survey:
    """Look through a period, in two statements."""
    ahead = _ahead(period)
    bits: Any = sum(case((open_, _BITS[each]), else_=0) for each, open_ in _open(period).items())
    rated = _from(select(ahead.c.starts_at, Patient.id, bits.label("bits")), ahead).cte("rated")
    rated = rated.prefix_with("MATERIALIZED", dialect="postgresql")  # or each is rated twice
    query = select(rated).where(rated.c.bits != 0).order_by(rated.c.starts_at, rated.c.id)
    found = [(Place(at, patient), bits) for at, patient, bits in session.execute(query)]
    return Survey(session.scalar(select(func.count()).select_from(ahead)) or 0, found)


def findings_of(session: Session, period: Period, places: Sequence[Place]) -> list[Found]:
    """The patients at these places who still have findings, in this order."""
    seen, ahead = seen_in(), _ahead(period, [place.patient_id for place in places])
    opened = _open(period)
    marks = [case((opened[each], seen[each])).label(each.value) for each in Finding]
    columns: tuple[Any, ...] = (
        *(Patient.id, Patient.clinic_id, Patient.first_name, Patient.last_name),
        *(Patient.date_of_birth, Patient.phone, Patient.language, Patient.channel),
        ahead.c.starts_at,
    )
    rows: Iterable[Any] = session.execute(_from(select(*columns, *marks), ahead))
    found = [_found(list(row), width=len(columns)) for row in rows]
    return sorted(
        (each for each in found if each.marks), key=lambda each: (each.starts_at, each.patient_id)
    )


def _from(query: Select[Any], ahead: Subquery) -> Select[Any]:
    """A contact that nothing is unusual about is left out: it is as good as none."""
    return (
        query.select_from(ahead)
        .join(Patient, Patient.id == ahead.c.patient_id)
        .outerjoin(Contact, and_(of_contact(), _NOTED))
    )


def _found(row: list[Any], width: int) -> Found:
    seen = zip(Finding, row[width:], strict=True)
    marks = {each: mark_of(text) for each, text in seen if text is not None}
    values: list[Any] = [*row[:width], marks]
    return Found(*values)


def mark_of(seen: str) -> str:
    """Names the data of a finding without telling it."""
    return hashlib.sha256(seen.encode()).hexdigest()[:16]


def next_appointments(
    session: Session, period: Period, patient_ids: Collection[int]
) -> dict[int, tuple[int, str]]:
    """The id and the clinic's own number of these patients' first appointments of the period."""
    query = (
        select(Appointment.patient_id, Appointment.id, Appointment.external_id)
        .where(
            Appointment.patient_id.in_(patient_ids),
            Appointment.status == "scheduled",
            Appointment.starts_at >= period.since,
            Appointment.starts_at < period.until,
        )
        .order_by(Appointment.starts_at.desc(), Appointment.id.desc())
    )
    return {patient: (key, number) for patient, key, number in session.execute(query)}

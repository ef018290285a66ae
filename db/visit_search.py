"""Finding a patient or an appointment by what somebody says on the phone."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import ColumnElement, String, and_, cast, func, or_, select
from sqlalchemy.orm import Session, joinedload

from db.models import Appointment, Patient

_ACCENTED: Final = "áàâäãåéèêëíìîïóòôöõúùûüñç"
_PLAIN: Final = "aaaaaaeeeeiiiiooooouuuunc"
_WITHOUT_ACCENTS: Final = str.maketrans(_ACCENTED, _PLAIN)


@dataclass(frozen=True, slots=True)
class Sought:
    """What to look for; a patient or an appointment that fits any part of it is found.

    `words` are those of a name in any order, `phone` is E.164, `phone_end` the last digits of one,
    `external_id` an appointment's id in any case.
    """

    words: Sequence[str] = field(default=(), repr=False)
    phone: str | None = field(default=None, repr=False)
    phone_end: str | None = field(default=None, repr=False)
    external_id: str | None = None


def find_patients(
    session: Session, clinic_ids: Collection[str], sought: Sought, limit: int
) -> Sequence[Patient]:
    """The patients of these clinics that fit, by name; any `limit` of them if there are more."""
    fitting = _fitting(session, sought)
    if not fitting:
        return []
    query = select(Patient).where(Patient.clinic_id.in_(clinic_ids), or_(*fitting)).limit(limit)
    return sorted(session.scalars(query), key=lambda each: (each.name_key, each.id))


def visits_of_patients(
    session: Session, patients: Collection[Patient], limit: int
) -> Sequence[Appointment]:
    """The patients' appointments, the latest first; at most `limit`."""
    query = (
        select(Appointment)
        .where(Appointment.patient_id.in_([patient.id for patient in patients]))
        .order_by(Appointment.starts_at.desc(), Appointment.id)
        .limit(limit)
    )
    return session.scalars(query).all()


def find_by_external_id(
    session: Session, clinic_ids: Collection[str], external_id: str, limit: int
) -> Sequence[Appointment]:
    """Appointments of these clinics with this id, as written or in capital or small letters."""
    spellings = {external_id, external_id.upper(), external_id.lower()}
    query = (
        select(Appointment)
        .where(Appointment.clinic_id.in_(clinic_ids), Appointment.external_id.in_(spellings))
        .options(joinedload(Appointment.patient))
        .limit(limit)
    )
    return session.scalars(query).all()


def plain(name: str) -> str:
    """A name as names are searched: small letters without accents."""
    return name.casefold().translate(_WITHOUT_ACCENTS)


def _fitting(session: Session, sought: Sought) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if sought.words:
        name = _plain_key(session)
        patterns = [name.like(each, escape="\\") for each in _name_patterns(sought.words)]
        conditions.append(and_(*_roughly(sought.words), or_(*patterns)))
    if sought.phone:
        conditions.append(Patient.phone == sought.phone)
    if sought.phone_end:
        conditions.append(Patient.phone.endswith(sought.phone_end, autoescape=True))
    return conditions


def _roughly(words: Sequence[str]) -> Iterator[ColumnElement[bool]]:
    """What leaves out nearly everybody at once: taking accents away is slow. `_` is any letter."""
    for word in words:
        rough = "".join(
            "_" if letter in _PLAIN else letter.translate(_LITERALLY) for letter in plain(word)
        )
        yield Patient.name_key.like(f"%{rough}%", escape="\\")


def _plain_key(session: Session) -> ColumnElement[str]:
    """The stored key, `last|first`, without accents."""
    if session.get_bind().dialect.name == "postgresql":
        return func.translate(Patient.name_key, _ACCENTED, _PLAIN)
    key: ColumnElement[str] = cast(Patient.name_key, String)
    for accented, bare in zip(_ACCENTED, _PLAIN, strict=True):
        key = func.replace(key, accented, bare)
    return key


def _name_patterns(words: Sequence[str]) -> list[str]:
    """How `last|first` may look: the words begin a last or a first name, or are parted into one
    of each, in either order."""
    ready = [plain(word).translate(_LITERALLY) for word in words]
    whole = " ".join(ready)
    patterns = [f"{whole}%", f"%|{whole}%", f"% {whole}%"]
    for at in range(1, len(ready)):
        left, right = " ".join(ready[:at]), " ".join(ready[at:])
        patterns += [f"{left}%|{right}%", f"{right}%|{left}%"]
    return patterns


_LITERALLY: Final = str.maketrans({"%": "\\%", "_": "\\_", "\\": "\\\\"})

"""Phone numbers that clinics talk with, and their opt-outs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, fields
from typing import Final

from sqlalchemy import Executable, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from db.bulk import Bulk, Given, types_of
from db.models import Base, Clinic, Contact, OptChange, Patient
from db.upsert import insert_for


@dataclass(frozen=True, slots=True)
class ContactState:
    """A contact as a turn or a reminder needs it, locked for the rest of the transaction."""

    id: int
    clinic_id: str
    phone: str
    language: str | None
    opted_out_at: dt.datetime | None
    held_until: dt.datetime | None
    textable: bool
    reachable: bool
    identity_misses: int = 0
    identity_locked_until: dt.datetime | None = None
    paused_until: dt.datetime | None = None

    @classmethod
    def columns(cls) -> tuple[str, ...]:
        """The columns of `contact` that make one, in order."""
        return tuple(field.name for field in fields(cls))


_COLUMNS: Final = tuple(getattr(Contact, name) for name in ContactState.columns())


def _make_or_lock(given: Given) -> Executable:
    names = tuple(each.name for each in _NEW)
    # SQLite takes a conflict clause for part of the select without its own condition.
    values = select(*(given.c[name] for name in names)).where(given.c.phone.is_not(None))
    making = postgresql.insert(_TABLE) if given.is_postgresql else sqlite.insert(_TABLE)
    return (
        making.from_select(names, values)
        .on_conflict_do_update(
            index_elements=["clinic_id", "phone"], set_={"created_at": _TABLE.c.created_at}
        )
        .returning(*(_TABLE.c[name] for name in ContactState.columns()))
    )


_TABLE: Final = Base.metadata.tables["contact"]
_NEW: Final = tuple(
    _TABLE.c[name] for name in ("clinic_id", "phone", "textable", "reachable", "created_at")
)
_MAKE_OR_LOCK: Final = Bulk(_make_or_lock, types_of(_NEW))


def lock_contact(session: Session, clinic_id: str, phone: str, now: dt.datetime) -> ContactState:
    """The contact of a phone number, made if it is new, locked until the transaction ends.

    Whoever else wants the same contact waits: that is how two texts of one patient are taken one
    after the other. A transaction that locks contacts does so before it touches any appointment or
    reminder, and several of them in the order of their numbers; so no two ever wait in a circle.
    """
    found = select(*_COLUMNS).where(Contact.clinic_id == clinic_id, Contact.phone == phone)
    locking = found.with_for_update(key_share=True)  # rows that point here can still be added
    row = session.execute(locking).one_or_none()
    if row is None:
        make_contact(session.connection(), clinic_id, phone, now)
        row = session.execute(locking).one()
    return ContactState(*row)


def lock_contacts(
    session: Session, clinic_id: str, phones: Collection[str], now: dt.datetime
) -> dict[str, ContactState]:
    """As `lock_contact` for many numbers of one clinic, in few statements; by number.

    The clinic's row is locked before them, so that imports of one clinic are taken one after the
    other: two files may name the same new patient or appointment with different numbers, and then
    share no contact that one of them could wait for. Texts of patients don't wait for it.

    Where some are new, all are inserted in order and those that are there already are locked by
    the same statement on their way, so that no one is waited for out of order.
    """
    session.execute(select(Clinic.id).where(Clinic.id == clinic_id).with_for_update(key_share=True))
    wanted = sorted(set(phones))
    mine = (Contact.clinic_id == clinic_id, Contact.phone.in_(wanted))
    known = session.scalar(select(func.count()).select_from(Contact).where(*mine))
    if known == len(wanted):
        locking = select(*_COLUMNS).where(*mine).order_by(Contact.clinic_id, Contact.phone)
        rows = session.execute(locking.with_for_update(key_share=True)).all()
    else:
        values = [_new_contact(clinic_id, phone, now) for phone in wanted]
        rows = _MAKE_OR_LOCK.run(session.connection(), values)
    return {state.phone: state for state in (ContactState(*row) for row in rows)}


def contact_of(session: Session, clinic_id: str, phone: str) -> ContactState | None:
    """The contact of a phone number as it is now, not locked; `None` before its first message."""
    found = select(*_COLUMNS).where(Contact.clinic_id == clinic_id, Contact.phone == phone)
    row = session.execute(found).one_or_none()
    return None if row is None else ContactState(*row)


def lock_known_contact(session: Session, contact_id: int) -> Contact | None:
    """A contact by its key as it is now, locked as by `lock_contact`."""
    query = select(Contact).where(Contact.id == contact_id).with_for_update(key_share=True)
    return session.scalar(query.execution_options(populate_existing=True))


def make_contact(connection: Connection, clinic_id: str, phone: str, now: dt.datetime) -> None:
    """Make the contact of a phone number, unless another transaction is just doing so."""
    making = insert_for(connection, Contact).values(_new_contact(clinic_id, phone, now))
    connection.execute(making.on_conflict_do_nothing())


def _new_contact(clinic_id: str, phone: str, now: dt.datetime) -> dict[str, object]:
    return {
        "clinic_id": clinic_id,
        "phone": phone,
        "textable": True,
        "reachable": True,
        "created_at": now,
    }


def language_of_patient(connection: Connection, clinic_id: str, phone: str) -> str | None:
    """The language on file for a number: that of the patient who was entered last with it."""
    return connection.scalar(
        select(Patient.language)
        .where(Patient.clinic_id == clinic_id, Patient.phone == phone)
        .order_by(Patient.id.desc())
        .limit(1)
    )


def record_opt_change(
    session: Session, contact_id: int, change: str, how: str, wording: str, now: dt.datetime
) -> None:
    """Record an opt-out or opt-in with its words and time, and switch messages off or on."""
    session.add(OptChange(contact_id=contact_id, change=change, how=how, wording=wording, at=now))
    set_contact(session, contact_id, opted_out_at=now if change == "opt_out" else None)


def set_contact(
    session: Session, contact_id: int, **values: dt.datetime | str | bool | int | None
) -> None:
    """Change columns of a contact."""
    session.execute(
        update(Contact)
        .where(Contact.id == contact_id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )

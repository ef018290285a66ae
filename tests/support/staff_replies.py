"""Texts that staff wrote, stored and read by tests."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import select

from db.contacts import lock_known_contact
from db.models import StaffText
from db.session import Database
from db.staff import NewStaff, Role, add_staff, staff_by_email
from db.staff_texts import NewText, write
from tests.support import desk

AUTHOR = "coordinator@example.org"


def author(database: Database, now: dt.datetime) -> int:
    """The key of somebody who writes texts."""
    with database.transaction() as session:
        found = staff_by_email(session, AUTHOR)
        if found is None:
            found = add_staff(session, NewStaff(AUTHOR, "Pat Coordinator", Role.COORDINATOR), now)
        return found.id


def reply(database: Database, body: str, now: dt.datetime, phone: str = desk.PHONE) -> int:
    """Store a text for the worker, as the page does; its key."""
    staff_id, contact_id = author(database, now), desk.contact_id(database, phone)
    with database.transaction() as session:
        contact = lock_known_contact(session, contact_id)
        assert contact is not None
        text = write(session, NewText(contact, staff_id, uuid.uuid4().hex, body), now)
        assert text is not None
        return text.id


def stored(database: Database) -> list[StaffText]:
    """All of them as they are now, the oldest first."""
    with database.reading() as session:
        return list(session.scalars(select(StaffText).order_by(StaffText.id)).all())

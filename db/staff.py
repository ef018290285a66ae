"""Accounts of the clinic's own people: made, found, locked, and given one-time links.

Nothing here hashes a password: that takes a tenth of a second and belongs outside transactions.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from db.staff_models import Staff, StaffLink

LINK_LIFE: Final = dt.timedelta(hours=72)
TRIES: Final = 10
LOCK: Final = dt.timedelta(minutes=15)
_EMAIL: Final = re.compile(r"[^@\s,;<>\"]{1,64}@[^@\s,;<>\"]+\.[^@\s,;<>\".]{2,}\Z")


class Role(StrEnum):
    """What a member of staff may do."""

    COORDINATOR = "coordinator"
    """Looks after appointments, questions and replies."""
    MANAGER = "manager"
    """That, and looks after accounts and reads the audit."""


class StaffError(Exception):
    """Something about accounts that can't be done; `str()` says why and what to do instead."""


@dataclass(frozen=True, slots=True)
class NewStaff:
    """Who is to get an account."""

    email: str
    name: str
    role: Role


def plain_email(text: str) -> str:
    """The address as it is stored: without blanks around it, lower-case. Raises `StaffError`."""
    email = text.strip().lower()
    if len(email) > 254 or not _EMAIL.match(email):
        raise StaffError("This is not an e-mail address; write it like name@example.org.")
    return email


def add_staff(session: Session, new: NewStaff, now: dt.datetime) -> Staff:
    """Make an account that has no password yet. Raises `StaffError` if the address has one."""
    email = plain_email(new.email)
    if staff_by_email(session, email) is not None:
        raise StaffError("There is an account for this e-mail address already.")
    staff = Staff(
        email=email,
        name=new.name.strip()[:100] or email.partition("@")[0][:100],
        role=new.role.value,
        password_hash=None,
        password_set_at=None,
        totp_secret=None,
        totp_step=None,
        active=True,
        failed_attempts=0,
        locked_until=None,
        session_epoch=0,
        created_at=now,
        last_seen_at=None,
    )
    session.add(staff)
    session.flush()
    return staff


def staff_by_email(session: Session, email: str) -> Staff | None:
    """The account of an address, in whatever case it is written."""
    return session.scalar(select(Staff).where(Staff.email == email.strip().lower()))


def all_staff(session: Session) -> Sequence[Staff]:
    """Every account, the active ones first, by address."""
    return session.scalars(select(Staff).order_by(Staff.active.desc(), Staff.email)).all()


def locked_staff(session: Session, staff_id: int) -> Staff | None:
    """An account whose row nobody else changes until the end of this transaction."""
    return session.scalar(select(Staff).where(Staff.id == staff_id).with_for_update())


def issue_link(session: Session, staff: Staff, now: dt.datetime) -> str:
    """A secret for a link to set the password, good once and for `LINK_LIFE`.

    Earlier links of this account end. Only the hash is stored: the caller shows the secret now or
    never.
    """
    session.execute(
        update(StaffLink)
        .where(StaffLink.staff_id == staff.id, StaffLink.used_at.is_(None))
        .values(used_at=now)
    )
    secret = secrets.token_urlsafe(32)
    session.add(
        StaffLink(
            staff_id=staff.id,
            secret_sha256=link_digest(secret),
            purpose="password",
            created_at=now,
            expires_at=now + LINK_LIFE,
            used_at=None,
        )
    )
    session.flush()
    return secret


def link_digest(secret: str) -> str:
    """What is stored of a link's secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def link_owner(session: Session, digest: str, now: dt.datetime) -> Staff | None:
    """Whose password the link of this digest may still set; `None` if it may not."""
    return session.scalar(
        select(Staff)
        .join(StaffLink, StaffLink.staff_id == Staff.id)
        .where(
            StaffLink.secret_sha256 == digest,
            StaffLink.used_at.is_(None),
            StaffLink.expires_at > now,
            Staff.active,
        )
    )


def use_link(session: Session, digest: str, password_hash: str, now: dt.datetime) -> Staff | None:
    """Set the password with a link, which is used up by it; `None` if it was not good any more.

    Two that use it at the same moment: the first wins.
    """
    owner = link_owner(session, digest, now)
    used = session.connection().execute(
        update(StaffLink)
        .where(StaffLink.secret_sha256 == digest, StaffLink.used_at.is_(None))
        .values(used_at=now)
    )
    if owner is None or used.rowcount != 1:
        return None
    set_password(owner, password_hash, now)
    return owner


def set_password(staff: Staff, password_hash: str, now: dt.datetime) -> None:
    """A new password opens a locked account and ends every session."""
    staff.password_hash = password_hash
    staff.password_set_at = now
    unlock(staff)
    end_sessions(staff)


def end_sessions(staff: Staff) -> None:
    """Sign a person out everywhere."""
    staff.session_epoch += 1


def unlock(staff: Staff) -> None:
    """Let a person try again."""
    staff.failed_attempts = 0
    staff.locked_until = None


def is_locked(staff: Staff, now: dt.datetime) -> bool:
    """Whether nothing is taken for this account at the moment."""
    return staff.locked_until is not None and now < staff.locked_until


def note_failure(staff: Staff, now: dt.datetime) -> bool:
    """Count a wrong try; returns whether it locked the account. The row is locked by the caller."""
    if is_locked(staff, now):
        return False
    if staff.locked_until is not None:
        unlock(staff)
    staff.failed_attempts += 1
    if staff.failed_attempts < TRIES:
        return False
    staff.locked_until = now + LOCK
    return True


def set_role(session: Session, staff: Staff, role: Role) -> None:
    """Change what a person may do. Raises `StaffError` for the last manager."""
    if role is not Role.MANAGER:
        _require_another_manager(session, staff)
    staff.role = role.value


def deactivate(session: Session, staff: Staff) -> None:
    """Shut a person out, at once and everywhere. Raises `StaffError` for the last manager."""
    _require_another_manager(session, staff)
    shut_out(staff)


def shut_out(staff: Staff) -> None:
    """Shut a person out whoever is left: for the person who runs the server."""
    staff.active = False
    end_sessions(staff)


def _require_another_manager(session: Session, staff: Staff) -> None:
    """Two managers who take the role from one another at the same moment are taken in turn."""
    managers = session.scalars(
        select(Staff)
        .where(Staff.role == Role.MANAGER.value, Staff.active, Staff.password_hash.is_not(None))
        .order_by(Staff.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    if staff.role == Role.MANAGER.value and not any(each.id != staff.id for each in managers):
        raise StaffError(
            "This is the last manager who can sign in, so nothing was changed. "
            "Make another person a manager first, and let them set their password."
        )

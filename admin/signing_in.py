"""Whether somebody is who they say: password, second step, and the lock after too many tries.

An address without an account is treated in every way like a wrong password, down to the time that
it takes, so that nobody learns here who has an account.
"""

from __future__ import annotations

import structlog
from sqlalchemy.orm import Session

from admin import passwords, second_step
from admin.site import now, site
from db import staff as accounts
from db.audit import STRANGER, Action, Actor, Entity, record
from db.staff_models import Staff

_log = structlog.get_logger()


def right_password(email: str, password: str) -> Staff | None:
    """The account, if the password is its own and it may sign in; wrong tries are counted.

    Raises `passwords.TooManySignInsError`.
    """
    with site().database.reading() as db:
        found = accounts.staff_by_email(db, email)
        stored = found.password_hash if found else None
    right = passwords.is_right(password, stored)
    renewed = passwords.hash_password(password) if right and _outdated(stored) else None
    with site().database.transaction() as db:
        staff = accounts.locked_staff(db, found.id) if found else None
        if staff is None:
            record(db, STRANGER, Action.SIGN_IN_FAILED, at=now())
            return None
        if not staff.active or accounts.is_locked(staff, now()) or staff.password_hash != stored:
            _note(db, staff, Action.SIGN_IN_FAILED)
            return None
        if not right:
            _count_failure(db, staff)
            return None
        staff.password_hash = renewed or staff.password_hash
        if staff.totp_secret is None:
            _let_in(db, staff)
        return staff


def right_code(staff_id: int, code: str) -> Staff | None:
    """The account, if this is the code that its phone shows now; wrong tries are counted."""
    with site().database.transaction() as db:
        staff = accounts.locked_staff(db, staff_id)
        if staff is None or not staff.active or staff.totp_secret is None:
            return None
        if accounts.is_locked(staff, now()):
            _note(db, staff, Action.SIGN_IN_FAILED)
            return None
        step = second_step.right_step(staff.totp_secret, code, now(), staff.totp_step)
        if step is None:
            _count_failure(db, staff)
            return None
        staff.totp_step = step
        _let_in(db, staff)
        return staff


def _outdated(stored: str | None) -> bool:
    return stored is not None and passwords.is_outdated(stored)


def _let_in(db: Session, staff: Staff) -> None:
    accounts.unlock(staff)
    staff.last_seen_at = now()
    _note(db, staff, Action.SIGNED_IN)


def _count_failure(db: Session, staff: Staff) -> None:
    locks = accounts.note_failure(staff, now())
    _note(db, staff, Action.SIGN_IN_FAILED)
    if locks:
        _log.warning("staff_account_locked", staff=staff.id)
        _note(db, staff, Action.ACCOUNT_LOCKED)


def _note(db: Session, staff: Staff, action: Action) -> None:
    """Only who signed in is known to have done it; a wrong try may be anybody's."""
    actor = Actor(staff.id, staff.email) if action is Action.SIGNED_IN else STRANGER
    record(db, actor, action, Entity("staff", str(staff.id)), at=now())

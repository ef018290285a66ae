"""What everyone does with their own account: password, second step, signing out everywhere."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, abort, flash, redirect, request, session, url_for
from werkzeug.wrappers import Response
from wtforms import PasswordField
from wtforms.validators import InputRequired

from admin import access, audit, passwords, sessions
from admin import second_step as codes
from admin.pages import render
from admin.role_words import ROLE_WORDS
from admin.sign_in import CodeForm
from admin.site import now, site
from admin.welcome import NewPasswordForm
from admin.words import gettext as _
from db import staff as accounts
from db.audit import Action
from db.staff_models import Staff

pages = Blueprint("account", __name__)
_PENDING: Final = "pending_secret"


class ChangePasswordForm(NewPasswordForm):
    """The present password, and a new one twice."""

    current = PasswordField(_("Present password"), [InputRequired(_("Enter your password."))])


@pages.route("/account", methods=["GET", "POST"])
@access.for_staff
def index() -> Response | str | tuple[str, int]:
    """One's own account; sent to, it changes the password."""
    sent = ChangePasswordForm.of_request()
    sent.email = sessions.member().email
    if sent.is_sent():
        if _change_password(sent):
            flash(_("Your password is changed. Other devices are signed out."), "good")
            return redirect(url_for("admin.account.index"), 303)
        sent.current.errors = [_("This is not your present password.")]
    page = render("admin/account.html", form=sent, role_words=ROLE_WORDS)
    return page if request.method == "GET" else (page, 422)


def _change_password(sent: ChangePasswordForm) -> bool:
    """Wrong tries count as at sign-in: whoever sits down at an open page can't try for ever."""
    with site().database.reading() as db:
        stored = _of(db.get(Staff, sessions.member().id)).password_hash
    right = passwords.is_right(sent.data["current"], stored)
    new = passwords.hash_password(sent.data["password"]) if right else ""
    with site().database.transaction() as db:
        staff = _of(accounts.locked_staff(db, sessions.member().id))
        if accounts.is_locked(staff, now()):
            return False
        if not right or staff.password_hash != stored:
            if accounts.note_failure(staff, now()):
                accounts.end_sessions(staff)
                audit.record(db, Action.ACCOUNT_LOCKED, _entity(staff))
            return False
        accounts.set_password(staff, new, now())
        audit.record(db, Action.PASSWORD_SET, _entity(staff), detail={"by": "account page"})
    sessions.start(staff)
    return True


@pages.route("/account/second-step", methods=["GET", "POST"])
@access.for_staff
def second_step() -> Response | str | tuple[str, int]:
    """Show a secret for the phone, and keep it once the phone has shown a right code."""
    if sessions.member().has_second_step:
        return redirect(url_for("admin.account.index"), 303)
    secret: str = session.setdefault(_PENDING, codes.new_secret())
    sent = CodeForm.of_request()
    if sent.is_sent():
        step = codes.right_step(secret, sent.data["code"], now(), None)
        if step is not None:
            _turn_on(secret, step)
            flash(_("The second step is on. Signing in asks for a code from now on."), "good")
            return redirect(url_for("admin.account.index"), 303)
        sent.code.errors = [_("This is not the code of this moment. Wait for the next one.")]
    page = render(
        "admin/account_second_step.html",
        form=sent,
        secret=codes.in_groups(secret),
        qr_code=codes.qr_code(secret, sessions.member().email),
    )
    return page if request.method == "GET" else (page, 422)


def _turn_on(secret: str, step: int) -> None:
    with site().database.transaction() as db:
        staff = _of(accounts.locked_staff(db, sessions.member().id))
        staff.totp_secret, staff.totp_step = secret, step
        accounts.end_sessions(staff)
        audit.record(db, Action.SECOND_STEP_ON, _entity(staff))
    sessions.start(staff)


@pages.post("/account/second-step/off")
@access.for_staff
def second_step_off() -> Response:
    """Sign in with the password alone from now on."""
    with site().database.transaction() as db:
        staff = _of(accounts.locked_staff(db, sessions.member().id))
        staff.totp_secret = staff.totp_step = None
        audit.record(db, Action.SECOND_STEP_OFF, _entity(staff))
    flash(_("The second step is off."), "good")
    return redirect(url_for("admin.account.index"), 303)


@pages.post("/account/sign-out-everywhere")
@access.for_staff
def sign_out_everywhere() -> Response:
    """End every session of the account."""
    with site().database.transaction() as db:
        staff = _of(accounts.locked_staff(db, sessions.member().id))
        accounts.end_sessions(staff)
        audit.record(db, Action.SIGNED_OUT_EVERYWHERE, _entity(staff))
    sessions.end()
    flash(_("You are signed out on every device."), "good")
    return redirect(url_for("admin.sign_in.form"), 303)


def _of(staff: Staff | None) -> Staff:
    if staff is None:
        abort(409)
    return staff


def _entity(staff: Staff) -> audit.Entity:
    return audit.Entity("staff", str(staff.id))

"""Signing in and out."""

from __future__ import annotations

import datetime as dt
from typing import Final

from flask import Blueprint, flash, redirect, request, session, url_for
from werkzeug.wrappers import Response
from wtforms import PasswordField
from wtforms.validators import InputRequired

from admin import access, audit, sessions
from admin.forms import Form, text_field
from admin.pages import render_bare
from admin.signing_in import right_code, right_password
from admin.site import now
from admin.words import gettext as _
from db.audit import Action
from db.staff_models import Staff

pages = Blueprint("sign_in", __name__)
_REFUSED: Final = _(
    "The e-mail address and the password do not belong together, or sign-in is closed for this "
    "address. After 10 wrong tries it stays closed for 15 minutes; a manager can open it sooner."
)
_WRONG_CODE: Final = _(
    "This is not the code of this moment, or it was used already. Wait for the next one. "
    "After 10 wrong tries sign-in is closed for 15 minutes."
)


class SignInForm(Form):
    """Who, and their password."""

    email = text_field(_("E-mail"), _("Enter your e-mail address."), longest=254)
    password = PasswordField(_("Password"), [InputRequired(_("Enter your password."))])


class CodeForm(Form):
    """The code of the second step."""

    code = text_field(_("Code"), _("Enter the code."), longest=20)


@pages.route("/sign-in", methods=["GET", "POST"])
@access.for_everybody
def form() -> Response | str | tuple[str, int]:
    """Ask for e-mail and password."""
    wanted = request.values.get("next", "")
    sent = SignInForm.of_request()
    if sent.is_sent():
        staff = right_password(sent.data["email"], sent.data["password"])
        if staff is not None and staff.totp_secret is not None:
            return _ask_for_code(staff, wanted)
        if staff is not None:
            return _enter(staff, wanted)
        return _page(sent, wanted, _REFUSED), 422
    if request.method == "POST":
        return _page(sent, wanted), 422
    if sessions.signed_in() is not None:
        return redirect(_goal(wanted), 303)
    return _page(sent, wanted)


def _page(sent: Form, wanted: str, *further: str) -> str:
    return render_bare("admin/sign_in.html", form=sent, next=wanted, further=further)


def _ask_for_code(staff: Staff, wanted: str) -> Response:
    session.clear()
    session["half_way"] = {"id": staff.id, "at": int(now().timestamp()), "next": wanted}
    return redirect(url_for("admin.sign_in.second_step"), 303)


@pages.route("/sign-in/code", methods=["GET", "POST"])
@access.for_everybody
def second_step() -> Response | str | tuple[str, int]:
    """Ask for the code, for a while after the right password."""
    half_way = session.get("half_way")
    if half_way is None or _is_old(half_way["at"]):
        session.pop("half_way", None)
        flash(_("Please begin with your password."), "warning")
        return redirect(url_for("admin.sign_in.form"), 303)
    sent = CodeForm.of_request()
    further: list[str] = []
    if sent.is_sent():
        staff = right_code(half_way["id"], sent.data["code"])
        if staff is not None:
            return _enter(staff, half_way["next"])
        further = [_WRONG_CODE]
    page = render_bare("admin/second_step.html", form=sent, further=further)
    return page if request.method == "GET" else (page, 422)


def _is_old(stamp: int) -> bool:
    return now() - dt.datetime.fromtimestamp(stamp, dt.UTC) > sessions.HALF_WAY


def _enter(staff: Staff, wanted: str) -> Response:
    sessions.start(staff)
    return redirect(_goal(wanted), 303)


def _goal(wanted: str) -> str:
    return wanted if access.is_own(wanted) else url_for("admin.today.index")


@pages.post("/sign-out")
@access.for_staff
def sign_out() -> Response:
    """End the session in this browser."""
    audit.note(Action.SIGNED_OUT)
    sessions.end()
    flash(_("You are signed out."), "good")
    return redirect(url_for("admin.sign_in.form"), 303)

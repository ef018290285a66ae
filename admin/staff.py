"""Accounts, for managers: who may sign in, and as what."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Blueprint, abort, flash, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms import SelectField

from admin import access, audit
from admin.forms import Form, row_key, text_field
from admin.pages import render
from admin.role_words import ROLE_WORDS, TO_ROLE
from admin.site import link_address, now, site
from admin.words import gettext as _
from db import staff as accounts
from db.audit import Action
from db.staff import NewStaff, Role, StaffError
from db.staff_models import Staff

pages = Blueprint("staff", __name__)


class AddForm(Form):
    """A person who is to get an account."""

    email = text_field(_("E-mail"), _("Enter the person's e-mail address."), longest=254)
    name = text_field(_("Name"), _("Enter the person's name."), longest=100)
    role = SelectField(_("Role"), choices=dict(ROLE_WORDS))


@pages.get("/staff")
@access.for_managers
def index() -> str:
    """Every account."""
    return _page(AddForm())


def _page(form: Form) -> str:
    with site().database.reading() as db:
        people = accounts.all_staff(db)
    return render(
        "admin/staff.html", form=form, people=people, role_words=ROLE_WORDS, to_role=TO_ROLE
    )


@pages.post("/staff/add")
@access.for_managers
def add() -> str | tuple[str, int]:
    """Make an account, and show its one-time link."""
    form = AddForm.of_request()
    if not form.is_sent():
        return _page(form), 422
    new = NewStaff(form.data["email"], form.data["name"], Role(form.data["role"]))
    try:
        with site().database.transaction() as db:
            person = accounts.add_staff(db, new, now())
            secret = accounts.issue_link(db, person, now())
            audit.record(db, Action.STAFF_ADDED, _entity(person), detail={"role": person.role})
    except StaffError as error:
        form["email"].errors = [_(str(error))]
        return _page(form), 422
    return _show_link(person, secret)


@pages.post("/staff/link")
@access.for_managers
def new_link() -> str:
    """A new one-time link for an account; the password stays good until the link is used."""
    with _changing() as (db, person):
        if not person.active:
            abort(409)
        secret = accounts.issue_link(db, person, now())
        audit.record(db, Action.STAFF_LINK_MADE, _entity(person))
    return _show_link(person, secret)


def _show_link(person: Staff, secret: str) -> str:
    address = link_address(site().public_base_url, secret)
    return render("admin/staff_link.html", person=person, address=address)


@pages.post("/staff/role")
@access.for_managers
def change_role() -> Response:
    """Make a person a coordinator or a manager."""
    role = request.form.get("role", "")
    if role not in ROLE_WORDS:
        abort(400)
    with _changing() as (db, person):
        accounts.set_role(db, person, Role(role))
        audit.record(db, Action.STAFF_ROLE_CHANGED, _entity(person), detail={"role": role})
        flash(_("The role is changed."), "good")
    return _back()


@pages.post("/staff/deactivate")
@access.for_managers
def deactivate() -> Response:
    """Shut a person out, at once and everywhere."""
    with _changing() as (db, person):
        accounts.deactivate(db, person)
        audit.record(db, Action.STAFF_DEACTIVATED, _entity(person))
        flash(_("The account is deactivated and signed out everywhere."), "good")
    return _back()


@pages.post("/staff/reactivate")
@access.for_managers
def reactivate() -> Response:
    """Let a person in again, with the password that they had."""
    with _changing() as (db, person):
        person.active = True
        audit.record(db, Action.STAFF_REACTIVATED, _entity(person))
        flash(_("The account is active again."), "good")
    return _back()


@pages.post("/staff/unlock")
@access.for_managers
def unlock() -> Response:
    """Let a person try again after too many wrong tries."""
    with _changing() as (db, person):
        accounts.unlock(person)
        audit.record(db, Action.STAFF_UNLOCKED, _entity(person))
        flash(_("The account is open again."), "good")
    return _back()


@pages.post("/staff/second-step/off")
@access.for_managers
def second_step_off() -> Response:
    """For a person who has lost their phone."""
    with _changing() as (db, person):
        person.totp_secret = person.totp_step = None
        audit.record(db, Action.SECOND_STEP_OFF, _entity(person))
        flash(_("Signing in asks this person for the password alone."), "good")
    return _back()


@contextmanager
def _changing() -> Iterator[tuple[Session, Staff]]:
    """The account that the form names, in a transaction; a refusal is told and changes nothing."""
    key = row_key(request.form.get("id"))
    try:
        with site().database.transaction() as db:
            person = accounts.locked_staff(db, key) if key else None
            if person is None:
                abort(404)
            yield db, person
    except StaffError as error:
        flash(_(str(error)), "warning")


def _back() -> Response:
    return redirect(url_for("admin.staff.index"), 303)


def _entity(person: Staff) -> audit.Entity:
    return audit.Entity("staff", str(person.id))

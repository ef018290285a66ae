"""Setting a password with a one-time link."""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint, abort, flash, redirect, request, session, url_for
from werkzeug.wrappers import Response
from wtforms import Field, PasswordField
from wtforms.validators import EqualTo, InputRequired, ValidationError

from admin import access, passwords
from admin.forms import Form
from admin.pages import render_bare
from admin.site import now, site
from admin.words import gettext as _
from db import staff as accounts
from db.audit import Action, Actor, Entity, record

pages = Blueprint("welcome", __name__)
_KEY: Final = "link"


class NewPasswordForm(Form):
    """A new password, twice. `email` is the account's: it must not be the password."""

    password = PasswordField(_("New password"), [InputRequired(_("Enter a password."))])
    again = PasswordField(
        _("The same again"),
        [InputRequired(_("Enter it again.")), EqualTo("password", _("The two are not the same."))],
    )
    email = ""

    def validate_password(self, field: Field) -> None:
        """WTForms calls this for the field of that name."""
        problem = passwords.problem(field.data or "", self.email)
        if problem is not None:
            raise ValidationError(problem)


@pages.get("/welcome/<secret>")
@access.for_everybody
def arrive(secret: str) -> Response:
    """Take the secret out of the address, where history and proxies would keep it."""
    session.clear()
    session[_KEY] = accounts.link_digest(secret)
    return redirect(url_for("admin.welcome.form"), 303)


@pages.route("/welcome", methods=["GET", "POST"])
@access.for_everybody
def form() -> Response | str | tuple[str, int]:
    """Ask for the new password; the link is used up when one is stored, not when it is opened."""
    digest: Any = session.get(_KEY, "")
    with site().database.reading() as db:
        owner = accounts.link_owner(db, digest, now())
    if owner is None:
        abort(410)
    sent = NewPasswordForm.of_request()
    sent.email = owner.email
    if sent.is_sent():
        _store(digest, passwords.hash_password(sent.data["password"]))
        session.clear()
        flash(_("Your password is set. Sign in with it now."), "good")
        return redirect(url_for("admin.sign_in.form"), 303)
    page = render_bare("admin/welcome.html", form=sent, owner=owner)
    return page if request.method == "GET" else (page, 422)


def _store(digest: str, password_hash: str) -> None:
    with site().database.transaction() as db:
        owner = accounts.use_link(db, digest, password_hash, now())
        if owner is None:
            abort(410)
        actor, entity = Actor(owner.id, owner.email), Entity("staff", str(owner.id))
        record(db, actor, Action.PASSWORD_SET, entity, at=now(), detail={"by": "link"})

"""Error pages: what happened, what was kept, what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from flask import Response, make_response
from flask_wtf.csrf import CSRFError

from admin.pages import render_bare, render_part, wants_part
from admin.words import gettext as _


@dataclass(frozen=True, slots=True)
class Failure:
    """The three things that a person wants to know, below a heading."""

    heading: str
    happened: str
    kept: str
    to_do: str


_NOTHING_STORED: Final = _("Nothing was stored or changed.")
_EXPIRED: Final = Failure(
    _("This form is too old"),
    _("You have signed in anew, or signed out, since this form was opened."),
    _NOTHING_STORED,
    _("Go back, reload the page, and enter it again."),
)
_BY_STATUS: Final = {
    400: Failure(
        _("The server did not understand this"),
        _("Something in the request was missing or not in a form that can be read."),
        _NOTHING_STORED,
        _("Go back, reload the page, and try again."),
    ),
    403: Failure(
        _("This page is for managers"),
        _("Your account may not see or do this."),
        _NOTHING_STORED,
        _("If you need it for your work, ask a manager to change your role."),
    ),
    404: Failure(
        _("There is nothing here"),
        _("This page does not exist, or what it showed is gone."),
        _NOTHING_STORED,
        _("Check the address, or start again from Today."),
    ),
    405: Failure(
        _("This can't be opened directly"),
        _("The address only takes what one of the site's forms sends."),
        _NOTHING_STORED,
        _("Start again from Today."),
    ),
    409: Failure(
        _("Somebody else was faster"),
        _("This was changed by another person or by a message while you looked at it."),
        _("Their change was kept; yours was not stored."),
        _("Go back, reload the page to see how it stands now, and decide again."),
    ),
    410: Failure(
        _("This link can't be used any more"),
        _("It has been used already, is older than 72 hours, or a newer one was made."),
        _("Your account and its password are as they were."),
        _("Ask a manager for a new link."),
    ),
    413: Failure(
        _("This is too large"),
        _("What was sent is larger than the server takes."),
        _NOTHING_STORED,
        _("Send it in smaller parts."),
    ),
    503: Failure(
        _("Prepline can't work at the moment"),
        _("The database can't be reached or is being updated, or too many people sign in at once."),
        _("What was stored before is safe; what you just sent was not stored."),
        _("Try again in a minute. If it stays like this, tell whoever runs the server."),
    ),
}
_UNEXPECTED: Final = Failure(
    _("Something unexpected went wrong"),
    _("This is a mistake in Prepline, not yours. It was written to the server's log."),
    _NOTHING_STORED,
    _("Try again. If it happens again, tell whoever runs the server when it happened."),
)


def error_page(status: int, error: Exception) -> Response:
    """The answer to a request under the site's root that went wrong. Needs no database."""
    known = _EXPIRED if isinstance(error, CSRFError) else _BY_STATUS.get(status)
    return failure_page(known or (_UNEXPECTED if status >= 500 else _BY_STATUS[400]), status)


def failure_page(failure: Failure, status: int) -> Response:
    """A page, or the part of one, that says what went wrong. Needs no database."""
    if wants_part():
        return make_response(render_part("admin/_failure.html", failure=failure), status)
    return make_response(render_bare("admin/failure.html", failure=failure), status)

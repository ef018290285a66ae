"""Staying signed in, for somebody who was warned that their session is about to end."""

from __future__ import annotations

from flask import Blueprint, Response, make_response

from admin import access

pages = Blueprint("staying", __name__)


@pages.post("/stay")
@access.for_staff
@access.loses_nothing
def stay() -> Response:
    """Begin the idle time anew; like every request that somebody makes, it does so by being made.
    The answer says how long the session lasts now."""
    return make_response("", 204)

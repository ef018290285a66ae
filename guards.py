"""Who may come in: every address of the app stands behind exactly one of these guards."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Final

import structlog
from flask import Flask, Response, request
from werkzeug.wrappers import Response as BaseResponse

from carrier.signature import SIGNATURE_HEADER, SignatureChecker, signed_target

_log = structlog.get_logger()
Check = Callable[[], BaseResponse | None]


class Guard(StrEnum):
    """How a part of the app knows its callers."""

    SIGNED = "signed"
    """Only what Twilio signed with the account's token."""
    STAFF = "staff"
    """Only staff; the site itself asks strangers to sign in, and says for each page who may."""
    OPEN = "open"
    """Anybody; nothing behind it tells or changes anything about a patient."""


PREFIXES: Final = {
    "/sms": Guard.SIGNED,
    "/voice": Guard.SIGNED,
    "/admin": Guard.STAFF,
    "/healthz": Guard.OPEN,
    "/readyz": Guard.OPEN,
    "/metrics": Guard.OPEN,
}


def guard_of(path: str) -> Guard | None:
    """The guard of a path; `None` for one that is not the app's, which ends in a 404."""
    for prefix, guard in PREFIXES.items():
        if path == prefix or path.startswith(f"{prefix}/"):
            return guard
    return None


def put_guards(app: Flask, checker: SignatureChecker) -> None:
    """Check every request before it is routed, so that an address that doesn't exist tells a
    stranger no more than one that does."""

    @app.before_request
    def check() -> BaseResponse | None:
        if guard_of(request.path) is not Guard.SIGNED:
            return None
        path, query = signed_target(request.environ)
        signature = request.headers.get(SIGNATURE_HEADER)
        if checker.is_genuine(path, query, request.form, signature):
            return None
        _log.warning("signature_refused", path=request.path, signed=signature is not None)
        message = (
            "This request does not carry a valid Twilio signature; nothing was stored. If it came "
            "from Twilio, compare PUBLIC_BASE_URL with the address configured there, and "
            "TWILIO_AUTH_TOKEN with the account's."
        )
        return Response(f"{message}\n", status=403, mimetype="text/plain")

"""What browsers are told to refuse on the site's pages."""

from __future__ import annotations

from typing import Final

from flask import Flask, request
from werkzeug.wrappers import Response

from admin.site import ROOT, is_ours

POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "media-src 'self'",  # voice messages
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)


def put_headers(app: Flask) -> None:
    """Send them with every answer under the site's root, errors included."""
    app.after_request(_harden)


def _harden(response: Response) -> Response:
    if not is_ours(request.path):
        return response
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    if not request.path.startswith(f"{ROOT}/static/") or response.status_code >= 400:
        response.headers["Cache-Control"] = "no-store"
    return response

"""Links when a proxy takes a part of the public address off before it asks the app."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Flask

from admin.site import is_ours

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def mount(app: Flask, path: str) -> None:
    """Let the site's own links begin with the path of PUBLIC_BASE_URL, if that has one.

    Only the site's: what Twilio signs is compared elsewhere, with the request as it came in.
    """
    if path:
        app.wsgi_app = _under(app.wsgi_app, path)  # type: ignore[assignment] # as Flask documents it


def _under(inner: WSGIApplication, path: str) -> WSGIApplication:
    def outer(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        if is_ours(environ.get("PATH_INFO", "")) and not environ.get("SCRIPT_NAME"):
            environ["SCRIPT_NAME"] = path
        return inner(environ, start)

    return outer

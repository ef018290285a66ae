"""A WSGI app that answers with what `signed_target` makes of the request; for a real server."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

from carrier.signature import signed_target

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answers `["raw path", "raw query"]` as JSON."""
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(signed_target(environ)).encode()]

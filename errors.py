"""What a caller is told when something went wrong: what happened, what was kept, what to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import structlog
from flask import Flask, Response, request
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError
from werkzeug.exceptions import HTTPException, InternalServerError

from db.migrate import is_migrated
from db.session import Database, DatabaseDownError

_log = structlog.get_logger()
_RETRY_SECONDS: Final = "30"
_SPOKEN: Final = frozenset({"/voice/inbound", "/voice/turn", "/voice/fallback"})
"""A call of ours has a fallback address, which knows the clinic; its first request gets the status
that makes the carrier ask there."""
APOLOGY: Final = (
    '<?xml version="1.0" encoding="UTF-8"?><Response>'
    '<Say voice="Polly.Joanna-Neural" language="en-US"><prosody rate="90%">'
    "<s>We are sorry, our phone line is not working just now.</s>"
    "<s>In an emergency, hang up and call 9 1 1.</s>"
    "<s>Otherwise, please call us again in a few minutes. Goodbye.</s></prosody></Say>"
    '<Say voice="Polly.Lupe-Neural" language="es-US"><prosody rate="90%">'
    "<s>Lo sentimos, nuestra línea no funciona en este momento.</s>"
    "<s>En una emergencia, cuelgue y llame al 9 1 1.</s>"
    "<s>Si no, llámenos otra vez en unos minutos. Hasta luego.</s></prosody></Say>"
    "<Hangup/></Response>"
)
"""What a caller hears when we can't even find out whom they called."""
Page = Callable[[int, Exception], Response]


def register(app: Flask, database: Database, pages: Mapping[str, Page]) -> None:
    """Answer every error with a fitting status, and log what it was.

    Programs get one plain line; under the path prefixes of `pages`, where people look, what the
    prefix's function makes of the status and the error; a caller hears words. The log names the
    route and not the path, which may hold the secret of a one-time link.
    """
    app.logger.disabled = True  # Flask would log each unexpected error a second time

    def answer(error: Exception, message: str, status: int) -> Response:
        if status >= 500 and request.path in _SPOKEN:
            return Response(APOLOGY, mimetype="text/xml")  # the carrier speaks it only with 200
        page = next((make for prefix, make in pages.items() if _is_under(prefix)), None)
        response = (
            page(status, error)
            if page
            else Response(f"{message}\n", status=status, mimetype="text/plain")
        )
        if status == 503:
            response.headers["Retry-After"] = _RETRY_SECONDS
        return response

    @app.errorhandler(DatabaseDownError)
    def down(error: DatabaseDownError) -> Response:
        _log.error("database_down", path=_route())
        return answer(error, str(error), 503)

    @app.errorhandler(DBAPIError)
    def database_error(error: DBAPIError) -> Response:
        if isinstance(error, OperationalError | ProgrammingError) and not _migrated(database):
            _log.error("database_not_migrated", path=_route())
            return answer(
                error,
                "The database is not at this release's schema; nothing was stored. "
                "Run: flask db upgrade",
                503,
            )
        _log.error("database_error", path=_route(), error=type(error.orig).__name__)
        return answer(error, "The database refused; nothing was stored. The log says more.", 500)

    @app.errorhandler(InternalServerError)
    def internal(error: InternalServerError) -> Response:
        cause = error.original_exception or error
        _log.error("unexpected_error", path=_route(), exc_info=cause)
        return answer(error, "Something unexpected went wrong; nothing was stored.", 500)

    @app.errorhandler(HTTPException)
    def refused(error: HTTPException) -> Response:
        return answer(error, error.description or error.name, error.code or 500)


def _migrated(database: Database) -> bool:
    try:
        return is_migrated(database)
    except DatabaseDownError:
        return True  # down is another matter, with a message of its own


def _is_under(prefix: str) -> bool:
    return request.path == prefix or request.path.startswith(f"{prefix}/")


def _route() -> str:
    return request.url_rule.rule if request.url_rule else "no route"

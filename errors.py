"""What a caller is told when something went wrong: what happened, what was kept, what to do."""

from __future__ import annotations

import structlog
from flask import Flask, Response, request
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError
from werkzeug.exceptions import HTTPException, InternalServerError

from db.migrate import is_migrated
from db.session import Database, DatabaseDownError

_log = structlog.get_logger()
_RETRY_SECONDS = "30"


def register(app: Flask, database: Database) -> None:
    """Answer every error with a fitting status and one plain line, and log what it was."""
    app.logger.disabled = True  # Flask would log each unexpected error a second time

    @app.errorhandler(DatabaseDownError)
    def down(error: DatabaseDownError) -> Response:
        _log.error("database_down", path=request.path)
        return _plain(str(error), 503)

    @app.errorhandler(DBAPIError)
    def database_error(error: DBAPIError) -> Response:
        if isinstance(error, OperationalError | ProgrammingError) and not _migrated(database):
            _log.error("database_not_migrated", path=request.path)
            return _plain(
                "The database is not at this release's schema; nothing was stored. "
                "Run: flask db upgrade",
                503,
            )
        _log.error("database_error", path=request.path, error=type(error.orig).__name__)
        return _plain("The database refused; nothing was stored. The log says more.", 500)

    @app.errorhandler(InternalServerError)
    def internal(error: InternalServerError) -> Response:
        cause = error.original_exception or error
        _log.error("unexpected_error", path=request.path, exc_info=cause)
        return _plain("Something unexpected went wrong; nothing was stored.", 500)

    @app.errorhandler(HTTPException)
    def refused(error: HTTPException) -> Response:
        return _plain(error.description or error.name, error.code or 500)


def _migrated(database: Database) -> bool:
    try:
        return is_migrated(database)
    except DatabaseDownError:
        return True  # down is another matter, with a message of its own


def _plain(message: str, status: int) -> Response:
    response = Response(f"{message}\n", status=status, mimetype="text/plain")
    if status == 503:
        response.headers["Retry-After"] = _RETRY_SECONDS
    return response

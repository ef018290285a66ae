"""What commands share: a database that is ready, and errors in plain words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Final, ParamSpec, TypeVar

import click
from sqlalchemy.exc import IntegrityError

from db.clinics import NumberTakenError
from db.migrate import is_migrated
from db.session import Database, DatabaseDownError
from db.staff import StaffError
from flows.library import ContentError
from profiles import ProfileError
from settings import DATABASE_ONLY, Settings, SettingsError

_TWO_AT_ONCE: Final = (
    "Somebody else changed the same thing at the same moment, and the database refused the second "
    "change. What was finished before is kept. Run the command again: what is in already will "
    "count as unchanged."
)
P = ParamSpec("P")
R = TypeVar("R")


def plain_errors(function: Callable[P, R]) -> Callable[P, R]:
    """Let a command end with one clear message instead of a traceback."""

    @wraps(function)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except ProfileError as error:
            raise click.ClickException("\n".join(error.problems)) from error
        except (
            SettingsError,
            DatabaseDownError,
            ContentError,
            NumberTakenError,
            StaffError,
        ) as error:
            raise click.ClickException(str(error)) from error
        except IntegrityError:  # its text shows the row, and with it a patient's name
            raise click.ClickException(_TWO_AT_ONCE) from None

    return wrapped


@contextmanager
def ready_database() -> Iterator[Database]:
    """The database named by the settings, at this release's schema."""
    with ready_settings(DATABASE_ONLY) as (database, _):
        yield database


@contextmanager
def ready_settings(needed: frozenset[str]) -> Iterator[tuple[Database, Settings]]:
    """As `ready_database`, with the settings, of which these must be there."""
    settings = Settings.from_environment(needed=needed)
    database = Database(settings.database_url)
    try:
        if not is_migrated(database):
            raise click.ClickException(
                "The database is not at this release's schema; nothing was changed. "
                "Run: flask db upgrade"
            )
        yield database, settings
    finally:
        database.close()

"""`python -m scheduler [--once] [--now ISO8601]`: the worker that sends reminders."""

from __future__ import annotations

import argparse
import datetime as dt
import sys

from carrier.client import CarrierClient, Sender
from db.clinics import Clinics
from db.migrate import is_migrated
from db.session import Database, DatabaseDownError
from flows.library import ContentError, default_library
from logs import set_up_logging
from scheduler.clocks import wall_clock
from scheduler.dispatch import CallDesk, Dispatcher
from scheduler.settling import Settler
from scheduler.worker import Worker, clock_from
from settings import Settings, SettingsError

_THREADS = 8


def main(arguments: list[str] | None = None) -> int:
    """Run the worker; returns the exit code. 2 for a set-up that is not right."""
    options = _options(arguments)
    set_up_logging()
    try:
        settings = Settings.from_environment()
        worker = _worker(settings, options.now)
        if not is_migrated(worker.database):
            print(
                "The database is not at this release's schema; no reminder was touched. "
                "Run: flask db upgrade",
                file=sys.stderr,
            )
            return 2
        if options.once:
            print(f"{worker.once()} reminders taken up")
        else:
            worker.run()
    except (SettingsError, ContentError, DatabaseDownError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _worker(settings: Settings, now: dt.datetime | None) -> Worker:
    database = Database(settings.database_url, pool_size=_THREADS + 2)
    carrier = CarrierClient(
        settings.account_sid,
        settings.auth_tokens[0],
        settings.api_base_url,
        default_sender=Sender(settings.from_number, settings.messaging_service_sid),
    )
    voice = f"{settings.public_base_url}/voice"
    dispatcher = Dispatcher(
        database,
        carrier,
        default_library(),
        Clinics(),
        f"{settings.public_base_url}/sms/status",
        desk=CallDesk(voice, settings.from_number, settings.voice_fallback_url),
        threads=_THREADS,
    )
    settler = Settler(database, carrier, dispatcher.clinics)
    clock = wall_clock if now is None else clock_from(now)
    return Worker(database, dispatcher, settler, clock)


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m scheduler", description="Sends the reminders that are due."
    )
    parser.add_argument(
        "--once", action="store_true", help="do one pass over what is due, then end"
    )
    parser.add_argument(
        "--now",
        type=_moment,
        metavar="ISO8601",
        help="what the worker's clock shows at its start, like 2026-11-24T15:00:00Z",
    )
    return parser.parse_args(arguments)


def _moment(text: str) -> dt.datetime:
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"'{text}' is not a moment; write it like 2026-11-24T15:00:00Z"
        ) from None
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError(
            f"'{text}' has no time zone; add Z for UTC, or an offset like -05:00"
        )
    return moment.astimezone(dt.UTC)


if __name__ == "__main__":
    sys.exit(main())

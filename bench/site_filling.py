"""A large clinic's years: appointments, their reminders, and the texts of their patients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import text

from bench.filling import NOW
from bench.places import clinic
from bench.site_rows import COUNT, STATEMENTS
from db.session import Database

DAYS: Final = 400
"""The appointments are spread evenly over so many days."""
BEHIND: Final = 300
"""So many of the days are over; the day after them is today."""
_WORDS: Final = (
    ", your procedure is on Tue, Nov 24 at 9:30 AM. Please arrive at 8:00 AM. Do not eat after "
    "2:30 AM. Reply 1 I will be there, 2 I cannot come, 3 questions, 0 a person."
)


@dataclass(frozen=True, slots=True)
class Filled:
    """How much was stored: appointments, messages that went out or came in, notes of their fate."""

    visits: int
    messages: int
    events: int


def fill_years(database: Database, visits: int) -> Filled:
    """Store so many appointments of fewer patients, and at least ten messages for each that went
    out or came in; PostgreSQL only, empty but for its clinic.

    The site's clock is taken to show `bench.filling.NOW`. No two appointments of a patient are on
    one day.
    """
    values = {
        "clinic": clinic().id,
        "now": NOW,
        "visits": visits,
        "patients": visits * 6 // 10 - 13,
        "days": DAYS,
        "behind": BEHIND,
        "words": _WORDS,
    }
    with database.transaction() as session:
        session.execute(text("SET LOCAL statement_timeout = 0"))
        for statement in STATEMENTS:
            names = {name: value for name, value in values.items() if f":{name}" in statement}
            session.execute(text(statement), names)
        found = Filled(*session.execute(text(COUNT)).one())
    if found.visits != visits or found.messages < 10 * visits:
        raise RuntimeError(
            f"{visits} appointments were to be stored, and ten messages each; {found}"
        )
    _sweep(database)
    return found


def _sweep(database: Database) -> None:
    """As a server does by itself now and then: without it, no index is read alone."""
    with database.engine.connect() as connection:
        alone = connection.execution_options(isolation_level="AUTOCOMMIT")
        alone.exec_driver_sql("SET statement_timeout = 0")
        alone.exec_driver_sql("VACUUM (ANALYZE)")
        alone.exec_driver_sql("RESET statement_timeout")

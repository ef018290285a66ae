"""A file of appointments as it waits for a coordinator to apply it, for the site's lane."""

from __future__ import annotations

import tempfile
from pathlib import Path

from admin.import_work import Stage, new_draft, stored_outcomes
from appointment_csv import read_appointments
from appointment_import import Messages, Outcome
from appointments import Change
from bench.filling import NOW
from bench.importing import write_csv
from bench.places import clinic
from db.session import Database


def store_draft(database: Database, staff_id: int, rows: int) -> int:
    """Store a file of so many rows that was looked through, each row new; its key."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "appointments.csv"
        write_csv(file, rows)
        raw = file.read_bytes()
    profile = clinic()
    draft = new_draft(staff_id, file.name, raw, read_appointments(raw, {profile.id: profile}), NOW)
    draft.outcomes = stored_outcomes(
        [
            Outcome(
                row=2 + number,
                clinic=profile.id,
                external_id=f"B-{number}",
                change=Change.NEW,
                notices=Messages(1, 2),
                reminders=Messages(3, 6),
            )
            for number in range(rows)
        ]
    )
    draft.stage = Stage.SHOWN
    with database.transaction() as session:
        session.add(draft)
        session.flush()
        return draft.id

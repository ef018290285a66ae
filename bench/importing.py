"""Importing a file of appointments by the command that clinics use, reminders planned for each row.

Each import runs in a process of its own on a new SQLite database: what it adds to the memory is
seen only by a process that has done nothing else.
"""

from __future__ import annotations

import csv
import datetime as dt
import multiprocessing
import os
import re
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import redirect_stdout
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Final

from sqlalchemy import func, select

from appointment_csv import read_appointments
from bench.measure import Figure, Scale, seconds
from bench.places import clinic, sqlite_url
from bench.texts import phone_numbers
from cli.data import appointments_group
from db.models import Appointment, Reminder
from db.session import Database
from scheduler.clocks import wall_clock

LANE: Final = "import"
_STATUS: Final = Path("/proc/self/status")
_FIRST_NAMES: Final = ("Mary", "José", "Ruth", "Carmen", "Walter")


@dataclass(frozen=True, slots=True)
class Imported:
    """One import: how long it took, and by how much the process grew (MiB), where that is told."""

    seconds: float
    grown: float | None


def measure(scale: Scale) -> Iterator[Figure]:
    """The figures of this lane; the import itself is too long for more than one round."""
    rows = scale.appointments
    profile = clinic()
    with tempfile.TemporaryDirectory() as folder, sqlite_url() as url:
        file = Path(folder) / "appointments.csv"
        write_csv(file, rows)
        raw = file.read_bytes()
        reading = [
            seconds(lambda: read_appointments(raw, {profile.id: profile}))
            for _ in range(scale.rounds)
        ]
        yield Figure(LANE, f"SQLite: {rows:,} rows read and checked", "s", tuple(reading))
        first, again = _import(file, url), _import(file, url)
        _check_stored(url, rows)
    what = f"SQLite: {rows:,} appointments"
    yield Figure(LANE, f"{what} imported and planned", "s", (first.seconds,))
    yield Figure(LANE, f"{what} imported and planned", "rows/s", (rows / first.seconds,))
    yield Figure(LANE, f"{what} imported again, unchanged", "rows/s", (rows / again.seconds,))
    grown = () if first.grown is None else (first.grown,)
    note = "" if grown else "this system does not tell"
    yield Figure(LANE, f"{what} imported: growth at the peak", "MiB", grown, note=note)


def write_csv(path: Path, rows: int) -> None:
    """A file of so many patients, each with an appointment in the weeks ahead."""
    names = (
        "external_id clinic first_name last_name date_of_birth phone language procedure starts_at"
    ).split()
    first_day = wall_clock().date() + dt.timedelta(days=14)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        for number, phone in enumerate(islice(phone_numbers(), rows)):
            day = first_day + dt.timedelta(days=number % 60)
            writer.writerow(
                (
                    f"B-{number}",
                    "ara-health",
                    _FIRST_NAMES[number % len(_FIRST_NAMES)],
                    f"Sample {number}",
                    dt.date(1930, 1, 1) + dt.timedelta(days=number),
                    phone,
                    "es" if number % 4 == 1 else "en",
                    "kyphoplasty",
                    f"{day}T{8 + number % 8:02d}:30",
                )
            )


def _import(file: Path, url: str) -> Imported:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as process:
        return process.submit(import_here, file, url).result()


def import_here(file: Path, url: str) -> Imported:
    """Run the command in this process; for one that does nothing else."""
    os.environ["DATABASE_URL"] = url
    before = _peak_memory()
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere, redirect_stdout(nowhere):
        start = perf_counter()
        appointments_group.main(["import", str(file)], standalone_mode=False)
        taken = perf_counter() - start
    after = _peak_memory()
    return Imported(taken, None if before is None or after is None else after - before)


def _peak_memory() -> float | None:
    """The most memory that this process has held so far, in MiB, where the system tells.

    `getrusage` would count the parent's as well.
    """
    if not _STATUS.exists():
        return None
    found = re.search(r"^VmHWM:\s+(\d+) kB", _STATUS.read_text(), re.MULTILINE)
    return int(found[1]) / 1024 if found else None


def _check_stored(url: str, rows: int) -> None:
    database = Database(url)
    with database.reading() as session:
        appointments = session.scalar(select(func.count()).select_from(Appointment))
        reminders = session.scalar(select(func.count()).select_from(Reminder))
    database.close()
    if appointments != rows or not reminders or reminders < 3 * rows:
        raise RuntimeError(f"{rows} rows became {appointments} appointments, {reminders} reminders")

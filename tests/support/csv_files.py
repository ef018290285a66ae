"""CSV files of appointments for tests: one good row, and files made of its variations."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from appointment_csv import COLUMNS
from profiles import Profile, parse_profile

ROOT: Final = Path(__file__).resolve().parents[2]
DATA: Final = ROOT / "tests" / "data" / "csv"
NOW: Final = dt.datetime(2026, 11, 20, 18, 0, tzinfo=dt.UTC)


def sample_profiles() -> dict[str, Profile]:
    """The two clinics that ship as samples, by id."""
    files = sorted((ROOT / "clinics").glob("*.yaml"))
    profiles = [parse_profile(file.read_text(encoding="utf-8"), file.name) for file in files]
    return {profile.id: profile for profile in profiles}


GOOD: Final[Mapping[str, str]] = {
    "external_id": "A-1001",
    "clinic": "ara-health",
    "first_name": "Rosalind",
    "last_name": "Quackenbush",
    "date_of_birth": "1944-05-17",
    "phone": "(828) 555-0173",
    "language": "en",
    "procedure": "kyphoplasty",
    "starts_at": "2026-12-01T08:30",
    "channel": "sms",
    "status": "scheduled",
    "sms_consent": "yes",
    "voice_consent": "no",
}


def csv_file(*rows: Mapping[str, str], columns: tuple[str, ...] = COLUMNS) -> bytes:
    """A plain UTF-8 file: the header, and a row for each variation of the good row.

    Each row gets an external id of its own unless the variation names one.
    """
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, extrasaction="ignore")
    writer.writeheader()
    for number, changes in enumerate(rows):
        writer.writerow({**GOOD, "external_id": f"A-{1001 + number}", **changes})
    return out.getvalue().encode()

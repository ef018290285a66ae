"""Two imports of files that overlap, at the same moment: real processes on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from db.contacts import lock_contact
from db.models import Appointment, Contact, Patient, Reminder
from db.session import Database
from profiles import Profile
from scheduler.clocks import wall_clock
from tests.support.commands import invoke
from tests.support.csv_files import csv_file
from tests.support.data import stored_clinic
from tests.support.policy_oracle import Step, rule_row
from tests.support.processes import running
from tests.support.visits import local
from tests.support.waiting import wait_until
from tests.support.web import lock_waits

FIRST, OVERLAP, ALL = 0, 100, 350
MOVED = range(100, 120)
CALLED_OFF = range(120, 130)
GATES = ((990, "(828) 554-0000"), (991, "(828) 554-0001"))
NOTICES = {"booked", "moved", "cancelled"}
Line = Mapping[str, str]


@pytest.fixture
def database(postgres_url: str) -> Iterator[Database]:
    opened = Database(postgres_url)
    yield opened
    opened.close()


def line(number: int, **changes: str) -> Line:
    """An appointment of a patient of its own; three patients share a phone."""
    letters = "".join(chr(97 + number // step % 26) for step in (676, 26, 1))
    return {
        "external_id": f"A-{number}",
        "first_name": f"Name{letters}",
        "phone": f"(828) 555-{1 + number // 3:04}",
        "starts_at": f"2031-05-{1 + number % 27:02}T08:30",
        **changes,
    }


def e164(phone: str) -> str:
    return "+1" + "".join(filter(str.isdigit, phone))


def import_at_once(database: Database, folder: Path, *files: list[Line]) -> None:
    """Import two files by processes that both start on their rows at the same moment: each has a
    row more, of a patient of its own, whose phone is locked until both have come that far."""
    with ExitStack() as stack:
        processes = []
        with database.transaction() as session:
            for (number, phone), lines in zip(GATES, files, strict=True):
                lock_contact(session, "ara-health", e164(phone), wall_clock())
                path = folder / f"{number}.csv"
                path.write_bytes(csv_file(line(number, phone=phone), *lines))
                command = ("flask", "appointments", "import", str(path))
                env = {"DATABASE_URL": database.url}
                processes.append(stack.enter_context(running(*command, env=env)))
            wait_until("both to wait", lambda: lock_waits(database) == 2)
        for each in processes:
            assert each.wait() == 0, "\n".join(each.lines[-60:])


def stored(database: Database) -> dict[int, tuple[Appointment, list[Reminder]]]:
    """Every appointment by its number, with its reminders."""
    with database.reading() as session:
        visits = session.scalars(select(Appointment).options(joinedload(Appointment.patient))).all()
        rows = session.scalars(select(Reminder).order_by(Reminder.id)).all()
        assert session.scalar(select(func.count()).select_from(Patient)) == len(visits)
    mine = {visit.id: [row for row in rows if row.appointment_id == visit.id] for visit in visits}
    return {int(visit.external_id[2:]): (visit, mine[visit.id]) for visit in visits}


def assert_is_right(profile: Profile, visit: Appointment, rows: list[Reminder]) -> None:
    """The open reminders are those of the newest date, once each, and at the right moments."""
    step = Step(visit.created_at, visit.starts_at, visit.procedure)
    waiting = {row.kind: row for row in rows if row.status == "planned"}
    assert len(waiting) == sum(row.status == "planned" for row in rows)
    assert {row.version for row in waiting.values()} <= {visit.version}
    if visit.status == "cancelled":
        assert set(waiting) <= {"cancelled"}
        return
    notices = {"moved"} if visit.version > 1 else set()
    assert set(waiting) == {"week_before", "day_before", "fasting_start"} | notices
    for kind, row in waiting.items():
        if kind not in NOTICES:
            wanted = rule_row(profile, step, kind)
            assert wanted is not None
            assert (row.due_at, row.send_by) == (wanted.due_at, wanted.send_by)


def test_overlapping_files_make_every_appointment_once_and_right(
    database: Database, tmp_path: Path
) -> None:
    profile = stored_clinic(database)
    first = [line(number) for number in range(FIRST, 250)]
    second = [line(number) for number in range(OVERLAP, ALL)]
    for number in MOVED:
        second[number - OVERLAP] = line(number, starts_at="2031-06-10T13:00")
    for number in CALLED_OFF:
        second[number - OVERLAP] = line(number, status="cancelled")
    import_at_once(database, tmp_path, first, second[::-1])

    found = stored(database)
    assert set(found) == {*range(ALL), 990, 991}
    for number, (visit, rows) in found.items():
        assert_is_right(profile, visit, rows)
        if number in MOVED:
            starts = {local(f"2031-05-{1 + number % 27:02}T08:30"), local("2031-06-10T13:00")}
            assert visit.version == 2
            assert visit.starts_at in starts
        elif number in CALLED_OFF:
            assert (visit.status, visit.version) in {("cancelled", 1), ("scheduled", 2)}
        else:
            assert (visit.status, visit.version, len(rows)) == ("scheduled", 1, 3)
    with database.reading() as session:
        phones = session.scalars(select(Contact.phone)).all()
    assert (
        len(phones) == len(set(phones)) == len({visit.patient.phone for visit, _ in found.values()})
    )


def test_afterwards_each_file_again_changes_only_what_they_disagree_on(
    database: Database, tmp_path: Path
) -> None:
    stored_clinic(database)
    first = [line(number) for number in range(150)]
    second = [*first[:140], *(line(n, starts_at="2031-06-10T13:00") for n in range(140, 150))]
    import_at_once(database, tmp_path, first, second[::-1])
    before = {number: visit.starts_at for number, (visit, _) in stored(database).items()}
    changed = sum(before[number] != local("2031-06-10T13:00") for number in range(140, 150))
    path = tmp_path / "again.csv"
    path.write_bytes(csv_file(*second))
    summary = invoke("appointments", "import", str(path), database_url=database.url).stdout
    assert summary.splitlines()[-1] == (
        f"0 new, {changed} moved, 0 cancelled, 0 updated, {150 - changed} unchanged, 0 bad"
    )


def test_a_phone_that_the_files_do_not_agree_on(database: Database, tmp_path: Path) -> None:
    """The same new appointments under other numbers, in the other order: nothing is lost, nobody
    waits in a circle, and each patient has one of the two numbers."""
    profile = stored_clinic(database)
    first = [line(number) for number in range(90)]
    second = [line(number, phone=f"(828) 556-{number:04}") for number in range(90)]
    import_at_once(database, tmp_path, first, second[::-1])
    found = stored(database)
    assert set(found) == {*range(90), 990, 991}
    for number, (visit, rows) in found.items():
        assert_is_right(profile, visit, rows)
        assert (visit.version, len(rows)) == (1, 3)
        if number < 90:
            numbers = {f"+1828555{1 + number // 3:04}", f"+1828556{number:04}"}
            assert visit.patient.phone in numbers

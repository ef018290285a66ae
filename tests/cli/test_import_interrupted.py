"""An import that is killed on the way and run again ends as one that ran through."""

from __future__ import annotations

import signal

import pytest
from sqlalchemy import func, select

from db import migrate
from db.models import Appointment, ConsentChange, Contact, Patient, Reminder, Task
from db.session import Database
from scheduler.policy import Kind
from tests.support.commands import invoke
from tests.support.csv_files import csv_file
from tests.support.data import stored_clinic
from tests.support.processes import running

ROWS = 1000
KNOWN = 100  # as many as go into one transaction
HALTING = """
import threading
import cli.data
from flask.cli import main

taken, import_piece = [], cli.data.import_piece

def halting(*given):
    done = import_piece(*given)
    taken.append(done)
    if len(taken) == 5:
        print("halted", flush=True)
        threading.Event().wait()
    return done

cli.data.import_piece = halting
main()
"""
"""`flask`, whose import stops for good when it has written the fifth transaction's rows, and not
committed them: however slow the machine is, that is where it is killed."""
NOTICES = {Kind.BOOKED, Kind.MOVED, Kind.CANCELLED}
State = dict[str, list[tuple[object, ...]]]


def file_of(rows: int) -> bytes:
    """An appointment each for as many patients, three to a phone; some agreed to nothing."""
    names = [f"Name{chr(97 + n // 26 % 26)}{chr(97 + n % 26)}" for n in range(rows)]
    return csv_file(
        *(
            {
                "first_name": names[n],
                "last_name": f"Last{chr(97 + n // 676)}",
                "phone": f"(828) 555-{n // 3:04}",
                "starts_at": f"2031-05-{1 + n % 28:02}T08:30",
                "sms_consent": "no" if n % 50 == 7 else "yes",
            }
            for n in range(rows)
        )
    )


def move_and_cancel(content: bytes) -> bytes:
    """Half of the known appointments are moved in the large file, a quarter is cancelled."""
    lines = content.decode().splitlines()
    for number in range(1, 51):
        lines[number] = lines[number].replace("2031-05", "2031-06")
    for number in range(51, 76):
        lines[number] = lines[number].replace("scheduled", "cancelled")
    return "\n".join(lines).encode()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """The small file of what is known before, and the large one."""
    folder = tmp_path_factory.mktemp("csv")
    (folder / "known.csv").write_bytes(file_of(KNOWN))
    (folder / "all.csv").write_bytes(move_and_cancel(file_of(ROWS)))
    return str(folder / "known.csv"), str(folder / "all.csv")


def import_file(database: Database, file: str) -> str:
    result = invoke("appointments", "import", file, database_url=database.url)
    assert result.exit_code == 0, result.output
    return result.stdout.splitlines()[-1]


@pytest.fixture(scope="module")
def clean(files: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> State:
    """The state after a clean run of both files."""
    url = f"sqlite:///{tmp_path_factory.mktemp('clean')}/clean.db"
    migrate.upgrade(url)
    database = Database(url)
    try:
        stored_clinic(database)
        import_file(database, files[0])
        summary = import_file(database, files[1])
        assert summary == "900 new, 50 moved, 25 cancelled, 0 updated, 25 unchanged, 0 bad"
        return state(database)
    finally:
        database.close()


def state(database: Database) -> State:
    """All that an import stores, by names instead of numbers; notices go out when they are made."""
    of = Appointment.external_id
    queries = {
        "appointments": select(
            of, Appointment.starts_at, Appointment.status, Appointment.version, Patient.name_key
        ).join(Patient),
        "patients": select(Patient.name_key, Patient.phone, Patient.sms_consent),
        "contacts": select(Contact.phone),
        "consents": select(Patient.name_key, ConsentChange.channel, ConsentChange.granted).join(
            Patient, ConsentChange.patient_id == Patient.id
        ),
        "reminders": select(
            of, Reminder.version, Reminder.kind, Reminder.status, Reminder.reason, Reminder.channel
        ).join(Appointment),
        "times": select(of, Reminder.version, Reminder.kind, Reminder.due_at, Reminder.send_by)
        .join(Appointment)
        .where(Reminder.kind.not_in(NOTICES)),
        "tasks": select(of, Contact.phone, Task.kind, Task.reason, Task.urgency)
        .join(Appointment, Task.appointment_id == Appointment.id)
        .join(Contact, Task.contact_id == Contact.id),
    }
    with database.reading() as session:
        return {
            name: sorted((tuple(row) for row in session.execute(query)), key=repr)
            for name, query in queries.items()
        }


def appointments(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(Appointment)) or 0


def test_killed_and_run_again_it_ends_like_a_clean_run(
    database: Database, files: tuple[str, str], clean: State
) -> None:
    stored_clinic(database)
    import_file(database, files[0])
    env = {"DATABASE_URL": database.url}
    command = ("python", "-c", HALTING, "appointments", "import", files[1])
    with running(*command, env=env) as process:
        process.wait_for_line("halted")
        assert process.stop(signal.SIGKILL) == -signal.SIGKILL
    done = appointments(database)
    assert done == 4 * KNOWN, "a transaction's rows are in together or not at all"
    summary = import_file(database, files[1])
    assert summary == f"{ROWS - done} new, 0 moved, 0 cancelled, 0 updated, {done} unchanged, 0 bad"
    assert state(database) == clean
    assert len(clean["appointments"]) == ROWS

"""Every line of the reminder rules, read off the rows that real imports leave behind.

Random clinics and stories go through `appointments.upsert` into both databases; what is stored is
compared with what `tests.support.policy_oracle` works out by walking along the wall clock.
"""

from __future__ import annotations

import datetime as dt
import itertools
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import select

from appointment_csv import RowStatus
from appointments import upsert
from db.clinics import store_profile
from db.models import Appointment, Reminder, Task
from db.session import Database
from flows.library import default_library
from profiles import FastingAnchor, Profile
from scheduler.bodies import body_of, occasioned
from scheduler.policy import Kind
from tests.support.data import row as csv_row
from tests.support.policy_oracle import (
    Ledger,
    Row,
    Step,
    fasting_begins,
    is_moved_to_the_evening,
    is_open,
    rule_row,
)
from tests.support.stories import Story, stories
from tests.support.visits import local, make_procedure, make_profile

NOTICES: Final = {"booked", "moved", "cancelled"}
DAYS: Final = {
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "es": ("lun", "mar", "mie", "jue", "vie", "sab", "dom"),
}
NOBODY_MAY_SAY: Final = ("midnight", "medianoche", "tomorrow", "manana", "tonight", "esta noche")
_numbers = itertools.count()


class Play:
    """One story, told to a database as the clinic of its own."""

    def __init__(self, database: Database, story: Story) -> None:
        self.database, self.story = database, story
        number = next(_numbers)
        self.profile = msgspec.structs.replace(story.profile, id=f"clinic-{number}")
        self.ledger = Ledger(self.profile, story.sms_consent)
        with database.transaction() as session:
            store_profile(session, self.profile, story.steps[0].now)

    def tell(self, step: Step) -> str:
        """Import the line of a step; returns what the import says it was."""
        line = csv_row(
            clinic=self.profile.id,
            starts_at=step.starts_at,
            procedure=step.procedure,
            language=self.story.language,
            sms_consent=self.story.sms_consent,
            status=RowStatus.CANCELLED if step.cancelled else RowStatus.SCHEDULED,
        )
        with self.database.transaction() as session:
            return upsert(session, self.profile, line, step.now).value

    def appointment(self) -> Appointment:
        with self.database.reading() as session:
            query = select(Appointment).where(Appointment.clinic_id == self.profile.id)
            found = session.scalars(query).one()
            assert found.patient.language == self.story.language
            return found

    def rows(self) -> Sequence[Reminder]:
        with self.database.reading() as session:
            query = select(Reminder).where(Reminder.clinic_id == self.profile.id)
            return session.scalars(query.order_by(Reminder.id)).all()

    def tasks(self) -> Sequence[Task]:
        with self.database.reading() as session:
            query = select(Task).where(Task.clinic_id == self.profile.id)
            return session.scalars(query).all()


def seen(rows: Sequence[Reminder]) -> list[tuple[object, ...]]:
    """Everything about rows that an import could change."""
    return [
        (r.id, r.version, r.kind, r.status, r.reason, r.due_at, r.send_by, r.next_at, r.settled_at)
        for r in rows
    ]


@pytest.fixture
def examples(database: Database) -> int:
    """How many stories are told; on PostgreSQL fewer, for the rows come from the same code."""
    return 250 if database.is_sqlite else 60


def test_the_rows_are_what_the_rules_ask_for(database: Database, examples: int) -> None:
    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
    @given(story=stories())
    def each(story: Story) -> None:
        play = Play(database, story)
        for step in story.steps:
            assert play.tell(step) == play.ledger.take(step)
            check_rows(play)
            before = seen(play.rows())
            known = play.ledger.said
            assert known is not None
            assert play.tell(known) == "unchanged"
            assert seen(play.rows()) == before
        check_bodies(play)

    each()


def check_rows(play: Play) -> None:
    """What is stored is what the ledger holds, and keeps the promises that hold for every row."""
    rows, ledger = play.rows(), play.ledger
    stored = {(r.version, r.kind): Row(r.due_at, r.send_by, r.status, r.reason) for r in rows}
    assert len(stored) == len(rows)
    assert stored == ledger.rows
    starts_at = play.appointment().starts_at
    for row in rows:
        is_waiting = row.status == "planned"
        assert row.next_at == (row.due_at if is_waiting else None)
        assert (row.settled_at is None) == is_waiting
        if is_waiting:
            assert row.version == ledger.version
            assert row.due_at < row.send_by <= starts_at
            assert is_open(play.profile, row.due_at)
    newest = [row.kind for row in rows if row.version == ledger.version]
    assert len(NOTICES & set(newest) - {"cancelled"}) <= 1
    tasks = play.tasks()
    assert [task.kind for task in tasks] == ["unreachable"] * ledger.needs_call


def check_bodies(play: Play) -> None:
    """What would go out at its moment names the day and the clock time, never just the night."""
    step, said = play.ledger.said, plain_words(play)
    assert step is not None
    begins = fasting_begins(play.profile, step)
    for kind, body in said.items():
        assert not [word for word in NOBODY_MAY_SAY if word in body.lower()], body
        if kind in {"booked", "moved", "day_before"}:
            assert clock_words(play, step.starts_at) in body
            assert day_words(play, step.starts_at) in body
        if begins is not None and kind not in {"week_before", "cancelled"}:
            assert clock_words(play, begins) in body
            assert day_words(play, begins) in body
            is_midnight = begins.astimezone(play.profile.zone).time() == dt.time()
            assert not is_midnight or ("the night from" in body or "la noche del" in body)


def plain_words(play: Play) -> dict[str, str]:
    """The bodies of what is planned now, by kind, without the accents that may be dropped."""
    appointment, library = play.appointment(), default_library()
    bodies = {
        row.kind: body_of(
            library, play.profile, occasioned(appointment), Kind(row.kind), row.due_at
        )
        for row in play.rows()
        if row.status == "planned"
    }
    return {kind: without_accents(body) for kind, body in bodies.items()}


def without_accents(text: str) -> str:
    parts = unicodedata.normalize("NFD", text)
    return "".join(each for each in parts if not unicodedata.combining(each))


def clock_words(play: Play, moment: dt.datetime) -> str:
    wall = moment.astimezone(play.profile.zone)
    halves = {"en": ("AM", "PM"), "es": ("a. m", "p. m")}[play.story.language]
    return f"{(wall.hour - 1) % 12 + 1}:{wall:%M} {halves[wall.hour >= 12]}"


def day_words(play: Play, moment: dt.datetime) -> str:
    wall = moment.astimezone(play.profile.zone)
    name = DAYS[play.story.language][wall.weekday()]
    return (
        f"{name} {wall.day} de" if play.story.language == "es" else f"{name}, {wall:%b} {wall.day}"
    )


def usual(zone: str = "America/New_York", fasting_hours: float = 6.0) -> Profile:
    profile = make_profile(zone)
    return msgspec.structs.replace(
        profile, procedures={"kyphoplasty": make_procedure(fasting_hours)}
    )


def visit(starts: str, zone: str = "America/New_York") -> Step:
    starts_at = local(starts, zone)
    return Step(starts_at - dt.timedelta(days=20), starts_at, "kyphoplasty")


@pytest.mark.parametrize(
    ("zone", "starts", "kind", "due", "send_by"),
    [
        # Fasting is elapsed time: the autumn night is an hour longer, the spring night shorter.
        ("America/New_York", "2026-11-01T06:30", "fasting_start", "31T20:00", "31T21:00"),
        ("America/New_York", "2026-11-01T14:30", "fasting_start", "01T08:00", "01T08:30"),
        ("America/New_York", "2027-03-14T08:59", "fasting_start", "13T20:00", "13T21:00"),
        ("Pacific/Honolulu", "2026-11-01T15:00", "fasting_start", "01T08:30", "01T09:00"),
        # Calendar rules keep the wall clock; 48 hours are elapsed ones.
        ("America/New_York", "2026-11-07T09:00", "week_before", "31T10:00", "02T09:00"),
        ("America/New_York", "2026-11-02T09:00", "day_before", "01T10:00", "01T21:00"),
        ("America/Phoenix", "2027-03-20T09:00", "week_before", "13T10:00", "15T10:00"),
        ("America/Anchorage", "2027-03-20T09:00", "week_before", "13T10:00", "15T11:00"),
        ("Europe/Lisbon", "2027-03-29T09:00", "day_before", "28T10:00", "28T21:00"),
    ],
)
def test_the_oracle_agrees_with_moments_found_by_hand(
    zone: str, starts: str, kind: str, due: str, send_by: str
) -> None:
    profile = usual(zone)
    row = rule_row(profile, visit(starts, zone), kind)
    assert row is not None
    assert f"{row.due_at.astimezone(profile.zone):%dT%H:%M}" == due
    assert f"{row.send_by.astimezone(profile.zone):%dT%H:%M}" == send_by


def test_by_hand_when_fasting_is_moved_to_the_evening() -> None:
    assert is_moved_to_the_evening(usual(), visit("2026-12-01T08:30"))
    assert not is_moved_to_the_evening(usual(), visit("2026-12-01T14:30"))
    assert is_moved_to_the_evening(usual(), visit("2026-12-01T14:29"))
    assert fasting_begins(usual(), visit("2026-11-01T06:30")) == local("2026-11-01T01:30", fold=0)
    assert fasting_begins(usual(), visit("2026-11-01T07:30")) == local("2026-11-01T01:30", fold=1)
    assert fasting_begins(usual(fasting_hours=0), visit("2026-11-01T06:30")) is None


def test_a_fast_that_comes_with_another_procedure_is_told(database: Database) -> None:
    """Two hours before the start the one patient should arrive, and the other should fast."""
    profile = msgspec.structs.replace(
        make_profile(),
        procedures={
            "kyphoplasty": make_procedure(
                0, anchor=FastingAnchor.ARRIVAL, arrive_minutes_before=120
            ),
            "vertebroplasty": make_procedure(2),
        },
    )
    step = visit("2026-12-01T14:30")
    changed = replace(step, procedure="vertebroplasty")
    play = Play(database, Story(profile, (step, changed), "en", sms_consent=True))
    assert [play.tell(each) for each in (step, changed)] == ["new", "moved"]
    assert [row.kind for row in play.rows() if row.version == 2] == [
        "moved",
        "week_before",
        "day_before",
        "fasting_start",
    ]

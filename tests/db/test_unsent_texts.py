"""What somebody has begun to write: for them alone, for a day, and gone with what it is about."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import delete, func, select

from db.models import Clinic, Contact, Task, UnsentText
from db.session import Database
from db.staff import NewStaff, Role, add_staff
from db.unsent_texts import KEPT, Box, delete_old, forget, keep, kept
from tests.support import desk
from tests.support.csv_files import NOW
from tests.support.data import stored_clinic

SECOND = dt.timedelta(seconds=1)


@pytest.fixture
def boxes(database: Database) -> list[Box]:
    """Two people's boxes for one contact and for one task."""
    stored_clinic(database)
    task, contact = desk.task(database), desk.contact_id(database)
    with database.transaction() as session:
        new = [NewStaff(f"{each}@example.org", each, Role.COORDINATOR) for each in "ab"]
        people = [add_staff(session, each, NOW).id for each in new]
    return [Box(one, contact) for one in people] + [Box(one, task_id=task) for one in people]


def wrote(database: Database, box: Box, body: str, at: dt.datetime = NOW) -> None:
    with database.transaction() as session:
        keep(session, box, body, at)


def left(database: Database, boxes: list[Box], at: dt.datetime = NOW) -> list[str | None]:
    with database.reading() as session:
        found = [kept(session, box, at) for box in boxes]
        return [each.body if each else None for each in found]


def rows(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(UnsentText)) or 0


def test_each_box_holds_its_own(database: Database, boxes: list[Box]) -> None:
    words = ["Yes, you", "No, you", "Called, no ans", "Will call"]
    for box, body in zip(boxes, words, strict=True):
        wrote(database, box, "something else")
        wrote(database, box, body)
    assert left(database, boxes) == words
    wrote(database, boxes[0], " \n")
    with database.transaction() as session:
        forget(session, boxes[3])
    assert left(database, boxes) == [None, *words[1:3], None]
    assert rows(database) == 2


def test_a_day_later_it_is_gone(database: Database, boxes: list[Box]) -> None:
    wrote(database, boxes[0], "old")
    wrote(database, boxes[1], "new", NOW + SECOND)
    assert left(database, boxes[:2], NOW + KEPT - SECOND) == ["old", "new"]
    assert left(database, boxes[:2], NOW + KEPT) == [None, "new"]
    with database.transaction() as session:
        delete_old(session, NOW + KEPT)
    assert rows(database) == 1


@pytest.mark.parametrize(("about", "stays"), [(Task, "a text"), (Contact, "a note")])
def test_it_is_gone_with_what_it_is_about(
    database: Database, boxes: list[Box], about: type[Task] | type[Contact], stays: str
) -> None:
    wrote(database, boxes[0], "a text")
    wrote(database, boxes[2], "a note")
    with database.transaction() as session:
        if about is Contact:
            session.execute(delete(Task).where(Task.contact_id.is_not(None)))
            boxes = boxes[:1]
        session.execute(delete(about))
        assert session.scalar(select(func.count()).select_from(Clinic)) == 1
    assert rows(database) == (stays == "a text")

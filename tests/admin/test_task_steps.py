"""What staff do with a task, and two of them at once; on both databases."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from db.contacts import set_contact
from db.models import Audit, Reminder
from db.staff import Role, shut_out
from tests.support import desk
from tests.support.csv_files import NOW
from tests.support.data import booked
from tests.support.queue_pages import QUEUE, stamp, take, texts
from tests.support.site import TestSite, Visitor


def press(visitor: Visitor, key: int, step: str, seen: str, **values: object) -> str:
    """Send a form of a task's page; what the page says then."""
    answer = visitor.post(f"{QUEUE}/{key}/{step}", {"stamp": seen, **values})
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"{QUEUE}/{key}"
    return texts(visitor.get(answer.headers["Location"]).text)


def audited(site: TestSite) -> list[str]:
    """What was written down, in order, without who looked at what."""
    with site.database.reading() as session:
        rows = session.scalars(select(Audit).order_by(Audit.id)).all()
        assert {row.clinic_id for row in rows} <= {"ara-health"}
        assert "Quackenbush" not in "".join(row.detail for row in rows)
        return [row.action for row in rows if row.action != "task_viewed"]


def test_a_task_is_taken_noted_handed_on_done_and_opened_again(site: TestSite) -> None:
    one, other = site.visitor(), site.visitor(Role.MANAGER)
    key = desk.task(site.database)
    manager = site.person("manager@example.org")
    assert "It is yours now." in press(one, key, "take", stamp(one, key))
    assert "The note is stored." in press(one, key, "note", "", note=" Left a message. ")
    said = press(one, key, "hand-on", stamp(one, key), to=manager.id)
    assert "It is handed on to Pat Manager." in said
    assert desk.stored_task(site.database, key).assignee_id == manager.id
    said = press(other, key, "done", stamp(other, key))
    assert "Done by Pat Manager, Fri, Nov 20, 2026, 1:00 PM EST." in said
    assert "The task is open again." in press(one, key, "reopen", "")
    steps = ["taken", "note", "handed_on", "done", "reopened"]
    assert [what for what, _ in desk.story(site.database, key)] == steps
    assert desk.story(site.database, key)[1:3] == [
        ("note", "Left a message."),
        ("handed_on", "Pat Manager"),
    ]
    assert audited(site) == [
        "task_taken",
        "task_noted",
        "task_handed_on",
        "task_done",
        "task_reopened",
    ]


def test_looking_at_a_task_is_written_down(site: TestSite) -> None:
    key = desk.task(site.database)
    site.visitor().get(f"{QUEUE}/{key}")
    with site.database.reading() as session:
        row = session.scalars(select(Audit)).one()
    assert (row.action, row.entity_kind, row.entity_id) == ("task_viewed", "task", str(key))
    assert site.visitor().get(f"{QUEUE}/{key + 1}").status_code == 404


def test_whoever_comes_second_is_told_who_was_first(site: TestSite) -> None:
    one, other = site.visitor(), site.visitor(Role.MANAGER)
    key = desk.task(site.database)
    seen = stamp(other, key)
    take(one, key)
    said = press(other, key, "take", seen)
    assert "Pat Coordinator has this task now. Nothing was changed" in said
    assert "Pat Coordinator has this task now." in press(other, key, "done", seen)
    assert "It is yours already." in press(one, key, "take", seen)
    press(one, key, "done", stamp(one, key))
    assert "Pat Coordinator has closed this task already." in press(other, key, "take", seen)
    assert [what for what, _ in desk.story(site.database, key)] == ["taken", "done"]


def test_taking_over_what_a_colleague_has_is_possible_knowingly(site: TestSite) -> None:
    one, other = site.visitor(), site.visitor(Role.MANAGER)
    key = desk.task(site.database)
    take(one, key)
    assert "It is yours now." in press(other, key, "take", stamp(other, key))


def test_nothing_is_closed_that_has_a_word_in_it_that_nobody_has_read(site: TestSite) -> None:
    visitor = site.visitor()
    key = desk.task(site.database, words="Can I drive?")
    seen = stamp(visitor, key)
    site.clock.advance(seconds=1)
    assert desk.task(site.database, words="My chest is odd", at=site.clock()) == key
    assert "There is something new about this task." in press(visitor, key, "done", seen)
    assert desk.stored_task(site.database, key).done_at is None
    assert "The task is done." in press(visitor, key, "done", stamp(visitor, key))


def test_a_word_that_comes_while_a_task_is_closed_is_in_one_that_is_open(site: TestSite) -> None:
    visitor = site.visitor()
    for round_ in range(6):
        at = NOW + dt.timedelta(seconds=round_)
        key = desk.task(site.database, words="first", at=at)
        seen = stamp(visitor, key)
        later = at + dt.timedelta(microseconds=1)
        token = visitor.token()
        form = {"stamp": seen, "csrf_token": token}
        with ThreadPoolExecutor() as pool:
            closing = pool.submit(visitor.client.post, f"{QUEUE}/{key}/done", data=form)
            adding = pool.submit(desk.task, site.database, words="second", at=later)
        assert closing.result().status_code == 303
        holder = desk.stored_task(site.database, adding.result())
        assert holder.done_at is None
        assert "second" in holder.words
        press(visitor, holder.id, "done", stamp(visitor, holder.id))


def test_an_emergency_stays_until_somebody_acknowledges_it(site: TestSite) -> None:
    one, other = site.visitor(), site.visitor(Role.MANAGER)
    key = desk.task(site.database, "emergency", "emergency", topic="chest")
    seen = stamp(other, key)
    assert "Acknowledge the emergency first." in press(one, key, "done", seen)
    site.clock.advance(minutes=2)
    said = press(one, key, "acknowledge", seen)
    assert "Acknowledged by Pat Coordinator, Fri, Nov 20, 2026, 1:02 PM EST." in said
    assert "Pat Coordinator looks after this." in said
    said = press(other, key, "acknowledge", seen)
    assert "Pat Coordinator has acknowledged this already." in said
    assert "task-alarm" not in one.get(QUEUE).text
    assert "The task is done." in press(one, key, "done", stamp(one, key))


def test_messages_held_after_a_warning_sign_are_released(site: TestSite) -> None:
    visitor = site.visitor()
    visit = booked(site.database, site.profiles["ara-health"], NOW)
    key = desk.task(site.database, "emergency", "emergency", topic="chest")
    contact = desk.contact_id(site.database)
    until = NOW + dt.timedelta(minutes=60)
    with site.database.transaction() as session:
        set_contact(session, contact, held_until=until)
        query = select(Reminder).where(Reminder.appointment_id == visit)
        waiting, _, *_rest = session.scalars(query.order_by(Reminder.due_at)).all()
        waiting.reason, waiting.next_at = "held", until
    page = texts(visitor.get(f"{QUEUE}/{key}").text)
    assert "Automated messages to this phone are held back until 2:00 PM EST." in page
    said = press(visitor, key, "release", "")
    assert "The messages are released" in said
    assert "held back until" not in said
    assert desk.stored_contact(site.database, contact).held_until is None
    with site.database.reading() as session:
        rows = session.scalars(query.order_by(Reminder.due_at)).all()
    assert (rows[0].next_at, rows[0].reason) == (NOW, None)
    assert all(row.next_at != NOW for row in rows[1:])
    assert "not held back any more" in press(visitor, key, "release", "")
    assert audited(site) == ["hold_released"]
    without = desk.task(site.database, phone=None)
    assert visitor.post(f"{QUEUE}/{without}/release").status_code == 404


@pytest.mark.parametrize("to", ["", "999", "x", "self-made"])
def test_a_task_is_handed_on_only_to_a_colleague(site: TestSite, to: str) -> None:
    visitor = site.visitor()
    key = desk.task(site.database)
    gone = site.add(email="gone@example.org")
    with site.database.transaction() as session:
        person = session.merge(gone)
        shut_out(person)
    for each in (to, str(gone.id)):
        said = press(visitor, key, "hand-on", stamp(visitor, key), to=each)
        assert "Choose a colleague" in said
    assert "gone@example.org" not in visitor.get(f"{QUEUE}/{key}").text
    assert desk.story(site.database, key) == []


def test_an_empty_note_is_none(site: TestSite) -> None:
    key = desk.task(site.database)
    assert "Write something" in press(site.visitor(), key, "note", "", note="  ")
    assert desk.story(site.database, key) == []


@pytest.mark.parametrize("statement", ["UPDATE task_note SET body = ''", "DELETE FROM task_note"])
def test_what_was_noted_stays(site: TestSite, statement: str) -> None:
    key = desk.task(site.database)
    press(site.visitor(), key, "note", "", note="Phoned at noon")
    with pytest.raises(DBAPIError, match="never changed"), site.database.connection() as c:
        c.execute(text(statement))
    assert desk.story(site.database, key) == [("note", "Phoned at noon")]

"""A clinic changes its reminder rules: what is open follows, what went out stays."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from unittest.mock import Mock

from sqlalchemy import delete, select, update

from appointments import replan_clinic, upsert
from db.clinics import Clinics
from db.models import Clinic, Reminder
from db.session import Database
from flows.library import default_library
from profiles import CalendarRule, ReminderRules
from scheduler.clocks import wall_clock
from scheduler.dispatch import Dispatcher
from scheduler.replanning import Piece, clinics_to_replan, replan_piece
from scheduler.settling import Settler
from scheduler.worker import Worker
from tests.support.commands import invoke
from tests.support.csv_files import NOW, ROOT
from tests.support.data import STARTS_AT, booked, row, stored_clinic
from tests.support.fake_carrier import FakeCarrier
from tests.support.visits import local
from tests.support.waiting import wait_until
from tests.support.web import lock_waits

ARA = (ROOT / "clinics" / "ara-health.yaml").read_text(encoding="utf-8")
SIX_DAYS = ARA.replace("days_before: 7 ", "days_before: 6 ")
FAR = dt.timedelta(days=30)


def load(database: Database, folder: Path, text: str) -> str:
    file = folder / "clinic.yaml"
    file.write_text(text, encoding="utf-8")
    result = invoke("clinics", "load", str(file), database_url=database.url)
    assert result.exit_code == 0, result.output
    return result.stdout


def rows(database: Database) -> dict[str, Reminder]:
    with database.reading() as session:
        return {row.kind: row for row in session.scalars(select(Reminder))}


def worker(database: Database) -> Worker:
    """A worker to whom nothing is due."""
    clinics, unused = Clinics(), Mock(side_effect=AssertionError)
    carrier = FakeCarrier(lambda: NOW, unused, unused, unused, unused, unused)
    dispatcher = Dispatcher(database, carrier, default_library(), clinics, "http://x/sms/status")
    return Worker(database, dispatcher, Settler(database, carrier, clinics), lambda: NOW)


def far_ahead(database: Database) -> dict[str, Reminder]:
    """A visit whose reminders all lie ahead of the real time."""
    booked(database, stored_clinic(database), wall_clock(), starts_at=wall_clock() + FAR)
    return rows(database)


def test_open_reminders_get_their_new_moments(database: Database, tmp_path: Path) -> None:
    before = far_ahead(database)
    assert "1 reminders have new times." in load(database, tmp_path, SIX_DAYS)
    after = rows(database)
    day_later = after["week_before"].due_at - before["week_before"].due_at
    assert abs(day_later - dt.timedelta(days=1)) <= dt.timedelta(hours=1)
    assert after["week_before"].next_at == after["week_before"].due_at
    assert after["day_before"].due_at == before["day_before"].due_at


def test_what_has_gone_out_stays(database: Database, tmp_path: Path) -> None:
    before = far_ahead(database)
    with database.transaction() as session:
        session.execute(update(Reminder).values(status="delivered", next_at=None))
    assert load(database, tmp_path, SIX_DAYS) == "ara-health: changed\n"
    assert rows(database)["week_before"].due_at == before["week_before"].due_at


def test_a_kind_without_a_rule_is_cancelled_and_a_new_one_is_planned(database: Database) -> None:
    booked(database, stored_clinic(database), NOW)
    profile = stored_clinic(database)
    rules = profile.reminders
    without = stored_clinic(database, reminders=ReminderRules(None, rules.day_before, None))
    assert replan_clinic(database, without.id, NOW) == 2
    after = rows(database)
    assert (after["week_before"].status, after["week_before"].reason) == (
        *("cancelled", "rules_changed"),
    )
    assert after["day_before"].status == "planned"
    with database.transaction() as session:
        session.execute(delete(Reminder).where(Reminder.kind == "fasting_start"))
    stored_clinic(database)
    assert replan_clinic(database, profile.id, NOW) >= 1
    assert rows(database)["fasting_start"].status == "planned"


def test_one_for_which_the_new_rule_comes_too_late_keeps_its_moment(database: Database) -> None:
    profile = stored_clinic(database)
    booked(database, profile, NOW)
    before = rows(database)["day_before"].due_at
    rules = profile.reminders
    earlier = CalendarRule(days_before=3, useful_until=dt.time(21, 0))
    changed = stored_clinic(
        database,
        reminders=ReminderRules(rules.week_before, earlier, rules.fasting_start),
    )
    replan_clinic(database, changed.id, local("2026-11-29T12:00"))
    row = rows(database)["day_before"]
    assert (row.due_at, row.status) == (before, "planned")


def test_an_import_that_read_the_old_rules_plans_by_the_new_ones(database: Database) -> None:
    before = stored_clinic(database)
    stored_clinic(database, reminders=ReminderRules(None, before.reminders.day_before, None))
    booked(database, before, NOW)
    assert set(rows(database)) == {"day_before"}


def test_a_worker_goes_on_where_a_command_was_interrupted(database: Database) -> None:
    profile = stored_clinic(database)
    for number in range(60):
        phone = f"+1828555{1000 + number}"
        booked(database, profile, NOW, external_id=f"A-{number}", phone=phone)
    rules = profile.reminders
    without = ReminderRules(None, rules.day_before, rules.fasting_start)
    with database.transaction() as session:
        session.execute(update(Clinic).values(replan_after=0))
    stored_clinic(database, reminders=without)
    first = replan_piece(database, profile.id, NOW)
    assert (first.changed, first.is_last) == (50, False)
    with database.reading() as session:
        assert clinics_to_replan(session) == [profile.id]
    worker(database).once()
    with database.reading() as session:
        assert clinics_to_replan(session) == []
        open_ones = select(Reminder).where(Reminder.status == "planned")
        kinds = {row.kind for row in session.scalars(open_ones)}
    assert kinds == {"day_before", "fasting_start"}
    assert replan_piece(database, profile.id, NOW) == Piece(0, is_last=True)


def test_a_move_meanwhile_is_waited_for_and_stays(postgres_url: str) -> None:
    """An import holds the clinic and moves the appointment; replanning begins before it ends."""
    with closing(Database(postgres_url)) as database:
        profile = stored_clinic(database)
        booked(database, profile, NOW)
        rules = profile.reminders
        earlier = ReminderRules(CalendarRule(days_before=6), rules.day_before, None)
        stored_clinic(database, reminders=earlier)
        with ThreadPoolExecutor(1) as pool:
            with database.transaction() as session:
                moved = row(clinic=profile.id, starts_at=STARTS_AT + dt.timedelta(days=2))
                upsert(session, profile, moved, NOW)
                waiting = pool.submit(replan_clinic, database, profile.id, NOW)
                wait_until("it waits for the import", lambda: lock_waits(database) == 1)
            assert waiting.result(10) == 0
        with database.reading() as session:
            found = session.scalars(select(Reminder)).all()
        old = [each for each in found if each.version == 1]
        assert {(each.status, each.next_at) for each in old} == {("cancelled", None)}
        new = {each.kind: each.due_at for each in found if each.version == 2}
        assert new["week_before"] == local("2026-11-27T10:00")
        assert "fasting_start" not in new


def test_one_that_a_worker_has_taken_up_is_left_to_it(database: Database) -> None:
    profile = stored_clinic(database)
    booked(database, profile, NOW)
    lease = NOW + dt.timedelta(minutes=2)
    with database.transaction() as session:
        session.execute(update(Reminder).values(status="sending", next_at=lease))
    stored_clinic(database, reminders=ReminderRules(None, None, None))
    assert replan_clinic(database, profile.id, NOW) == 0
    assert {(each.status, each.next_at) for each in rows(database).values()} == {("sending", lease)}

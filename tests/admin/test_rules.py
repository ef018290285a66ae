"""Reminder rules on the site: tried out on real appointments, applied, never overwritten."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from admin.rules_preview import rules_preview
from appointments import replan_clinic
from db.clinics import Clinics, store_profile
from db.models import Appointment, Audit, Clinic, Reminder
from db.session import Database
from db.staff import Role
from profile_parts import with_parts
from profiles import CalendarRule, FastingRule, Profile, SendWindow, problems_of
from tests.admin.test_today import text_of
from tests.support.csv_files import NOW
from tests.support.data import booked, stored_clinic
from tests.support.forms import form_values
from tests.support.queries import counted
from tests.support.site import TestSite, Visitor
from tests.support.visits import local

HERE = "/admin/content/ara-health/rules"
FIVE_DAYS = {"week_before_days_before": "5"}


def fill(database: Database, profile: Profile, count: int) -> None:
    """Appointments on the days after tomorrow, one a day."""
    for number in range(count):
        booked(
            database,
            profile,
            NOW,
            external_id=f"A-{number}",
            phone=f"+1828555{2000 + number}",
            first_name=f"Rosa{chr(97 + number % 26)}",
            starts_at=local("2026-11-22T08:30") + dt.timedelta(days=number),
        )


def opened(visitor: Visitor) -> dict[str, str]:
    return form_values(visitor.get(HERE).text, "rules")


def looked_at(visitor: Visitor, **typed: str) -> dict[str, str]:
    """The form after its changes were shown."""
    answer = visitor.post(f"{HERE}/preview", {**opened(visitor), **typed})
    assert answer.status_code == 200, text_of(answer.text)
    return form_values(answer.text, "rules")


def current(site: TestSite) -> Profile:
    with site.database.reading() as session:
        return Clinics().all(session)["ara-health"]


def due(site: TestSite, kind: str = "week_before") -> list[tuple[str, str]]:
    with site.database.reading() as session:
        rows = select(Reminder).where(Reminder.kind == kind).order_by(Reminder.id)
        return [(each.status, f"{each.due_at:%m-%d}") for each in session.scalars(rows)]


def test_trying_out_changes_nothing_and_says_what_would(site: TestSite) -> None:
    fill(site.database, site.profiles["ara-health"], 9)
    visitor = site.visitor(Role.MANAGER)
    before = due(site)
    answer = visitor.post(f"{HERE}/preview", {**opened(visitor), **FIVE_DAYS})
    page = text_of(answer.text)
    assert "Early reminder 7 days before at 10:00 AM" in page
    assert "Of the next 9 appointments, 3 would be planned anew." in page
    assert "3 reminders get another time." in page
    assert "Rosag Quackenbush, Sat, Nov 28, 2026, 8:30 AM EST" in page
    assert "Week before Sat, Nov 21, 2026, 10:00 AM EST Text in English, 2 segments" in page
    assert "Mon, Nov 23, 2026, 10:00 AM EST Text in English, 2 segments" in page
    assert "Day before no change" in page
    assert due(site) == before
    assert current(site) == site.profiles["ara-health"]
    with site.database.reading() as session:
        entry = session.scalars(select(Audit).where(Audit.action == "rules_previewed")).one()
    assert json.loads(entry.detail)["patients"] > 2


def test_what_was_looked_at_is_applied_and_reminders_move(site: TestSite) -> None:
    fill(site.database, site.profiles["ara-health"], 9)
    visitor = site.visitor(Role.MANAGER)
    answer = visitor.post(HERE, looked_at(visitor, **FIVE_DAYS))
    assert answer.status_code == 303
    assert due(site)[6:] == [("planned", "11-23"), ("planned", "11-24"), ("planned", "11-25")]
    page = text_of(visitor.get(HERE).text)
    assert "The rules are stored and count from now on." in page
    assert "5 days before at 10:00 AM" in page
    assert "All planned reminders are in line" in page
    with site.database.reading() as session:
        entry = session.scalars(select(Audit).where(Audit.action == "rules_changed")).one()
    assert json.loads(entry.detail) == {"parts": "reminders.week_before", "version": 2}


def test_what_was_typed_after_looking_is_looked_at_first(lite_site: TestSite) -> None:
    visitor = lite_site.visitor(Role.MANAGER)
    form = {**looked_at(visitor, **FIVE_DAYS), "week_before_days_before": "2"}
    answer = visitor.post(HERE, form)
    assert answer.status_code == 422
    assert "This is not what you looked at." in text_of(answer.text)
    assert current(lite_site) == lite_site.profiles["ara-health"]
    assert visitor.post(HERE, form_values(answer.text, "rules")).status_code == 303


@pytest.mark.parametrize(
    ("typed", "label", "said"),
    [
        ({"week_before_days_before": "0"}, "Days before", "Must lie between 1 and 60."),
        ({"week_before_days_before": "soon"}, "Days before", "Not a valid integer value."),
        ({"day_before_at": ""}, "At", "Enter a clock time, like 10:00."),
        ({"day_before_useful_until": "09:00"}, "Not after this time", "Must be later than at."),
        ({"send_window_opens": "07:00"}, "From", "patients sleep at night."),
        ({"send_window_evening_at": "21:30"}, "From", "evening_at between them."),
        ({"messages_per_day": "99"}, "Most automated messages", "Must lie between 1 and 10."),
        ({"fasting_start_minutes_before": "-1"}, "Minutes before", "Must lie between 0 and 720."),
    ],
)
def test_a_mistake_is_told_at_its_field(
    lite_site: TestSite, typed: dict[str, str], label: str, said: str
) -> None:
    visitor = lite_site.visitor(Role.MANAGER)
    for path in (HERE, f"{HERE}/preview"):
        answer = visitor.post(path, {**opened(visitor), **typed})
        assert answer.status_code == 422
        mistakes = text_of(answer.text).partition("Something needs to be corrected")[2]
        assert label in mistakes
        assert said in mistakes.partition("What counts now")[0]
    assert current(lite_site) == lite_site.profiles["ara-health"]


def test_the_second_of_two_is_told_and_overwrites_nothing(site: TestSite) -> None:
    first, second = site.visitor(Role.MANAGER), site.visitor(Role.MANAGER)
    mine = looked_at(second, messages_per_day="3", day_before_at="11:00")
    first.post(HERE, looked_at(first, week_before_days_before="6", messages_per_day="5"))
    answer = second.post(HERE, mine)
    assert answer.status_code == 409
    page = text_of(answer.text)
    assert "manager@example.org was faster." in page
    assert "Early reminder, Days before the appointment : was “7”, is now “6”." in page
    assert "was “4”, is now “5”. You typed “3”; that is kept in the form." in page
    assert current(site).messages_per_day == 5
    merged = form_values(answer.text, "rules")
    assert (merged["week_before_days_before"], merged["day_before_at"]) == ("6", "11:00")
    seen = form_values(second.post(f"{HERE}/preview", merged).text, "rules")
    assert second.post(HERE, seen).status_code == 303
    rules = current(site).reminders
    assert rules.day_before is not None
    assert (current(site).messages_per_day, rules.day_before.at) == (3, dt.time(11))


def test_a_reminder_that_is_switched_off_is_cancelled_and_warned_of(lite_site: TestSite) -> None:
    fill(lite_site.database, lite_site.profiles["ara-health"], 9)
    visitor = lite_site.visitor(Role.MANAGER)
    form = opened(visitor)
    del form["week_before_on"]
    answer = visitor.post(f"{HERE}/preview", form)
    page = text_of(answer.text)
    assert "3 planned reminders are cancelled." in page
    assert "Early reminder 7 days before at 10:00 AM, not once it is 48 hours late Not sent" in page
    visitor.post(HERE, form_values(answer.text, "rules"))
    assert {status for status, _ in due(lite_site)[6:]} == {"cancelled"}
    again = opened(visitor)
    assert "week_before_on" not in again
    shown = visitor.post(f"{HERE}/preview", {**again, "week_before_on": "y"})
    assert "Early reminder Not sent 7 days before" in text_of(shown.text)


def test_while_a_worker_catches_up_the_page_says_so(lite_site: TestSite) -> None:
    visitor = lite_site.visitor()
    with lite_site.database.transaction() as session:
        session.get_one(Clinic, "ara-health").replan_after = 0
    assert "being brought in line" in visitor.get(HERE).text
    part = visitor.get(HERE, {"HX-Request": "true", "Prepline-Poll": "1"}).text
    assert part.lstrip().startswith("<p")
    with lite_site.database.transaction() as session:
        session.get_one(Clinic, "ara-health").replan_after = None
    assert "All planned reminders are in line" in visitor.get(HERE).text


def test_coordinators_read_and_do_not_edit(lite_site: TestSite) -> None:
    visitor = lite_site.visitor()
    page = visitor.get(HERE).text
    assert "30 minutes before fasting starts" in page
    assert 'id="rules"' not in page
    for path in (HERE, f"{HERE}/preview"):
        assert visitor.post(path, FIVE_DAYS).status_code == 403


def test_statements_do_not_grow_with_appointments(lite_site: TestSite) -> None:
    visitor = lite_site.visitor(Role.MANAGER)
    counts = []
    for count in (8, 40):
        fill(lite_site.database, lite_site.profiles["ara-health"], count)
        form = {**opened(visitor), **FIVE_DAYS}
        with counted(lite_site.database) as asked:
            visitor.post(f"{HERE}/preview", form)
        counts.append(len(asked))
    assert counts[0] == counts[1] < 30


CALENDAR = st.none() | st.builds(
    CalendarRule,
    days_before=st.integers(1, 12),
    at=st.sampled_from([dt.time(9), dt.time(10), dt.time(22)]),
    useful_until=st.none() | st.just(dt.time(23)),
)
RULES = st.fixed_dictionaries(
    {},
    optional={
        "reminders.week_before": CALENDAR,
        "reminders.day_before": CALENDAR,
        "reminders.fasting_start": st.none()
        | st.builds(FastingRule, st.sampled_from([0, 60, 600])),
        "send_window": st.builds(SendWindow, opens=st.sampled_from([dt.time(8), dt.time(11)])),
    },
)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(RULES)
def test_what_is_counted_is_what_applying_does(
    database: Database,
    rules: dict[str, CalendarRule | FastingRule | SendWindow | None],
) -> None:
    before = stored_clinic(database)
    with database.transaction() as session:
        session.query(Reminder).delete()
        session.query(Appointment).delete()
    fill(database, before, 12)
    after = with_parts(before, rules)
    assert problems_of(after) == []
    with database.reading() as session:
        shown = rules_preview(session, before, after, NOW)
    with database.transaction() as session:
        store_profile(session, after, NOW)
    assert replan_clinic(database, after.id, NOW) == shown.moved + shown.added + shown.cancelled

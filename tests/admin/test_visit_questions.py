"""What is open about an appointment, and what its check-list told, in the list and on its page;
on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from admin import task_words
from db.models import Appointment
from db.prep_answers import record_prep_answer
from flows.model import TaskKind
from tests.support import desk
from tests.support.csv_files import NOW
from tests.support.data import booked
from tests.support.queue_pages import texts
from tests.support.site import TestSite
from tests.support.visits import local


@pytest.fixture
def visit(site: TestSite) -> int:
    """The only appointment of the next days."""
    profile = site.profiles["ara-health"]
    return booked(site.database, profile, NOW, starts_at=local("2026-11-22T15:30"))


def pages(site: TestSite, visit: int) -> list[str]:
    """The list of the next days, and the appointment."""
    visitor = site.visitor()
    return [visitor.get(each).text for each in ("/admin/", f"/admin/appointments/{visit}")]


@pytest.mark.parametrize("kind", list(TaskKind))
def test_every_kind_of_task_is_shown_and_leads_to_it(
    site: TestSite, visit: int, kind: TaskKind
) -> None:
    task = desk.task(site.database, kind.value, appointment=visit)
    heading, _ = (task_words.FURTHER_WORDS | task_words.KIND_WORDS)[kind]
    for page in pages(site, visit):
        assert heading in texts(page)
        assert f'href="/admin/attention/{task}"' in page


def test_what_the_check_list_told(site: TestSite, visit: int) -> None:
    with site.database.transaction() as session:
        for item, answer in (
            *(("driver", "no_driver"), ("medicines", "ready"), ("driver", "arranged")),
            *(("blood_thinners", "takes_one"), ("fasting", "skipped")),
        ):
            record_prep_answer(session, visit, item, answer, NOW)
    told = (
        "Takes a blood thinner Patient says: medicines are ready to bring, has a ride home, "
        "fasting: skip"
    )
    listed, shown = pages(site, visit)
    assert told in texts(listed)
    assert f"Check-list before the visit {told}" in texts(shown)
    assert '<span class="badge badge-urgent">Takes a blood thinner</span>' in listed


def test_what_was_answered_for_another_date_does_not_count(site: TestSite, visit: int) -> None:
    with site.database.transaction() as session:
        record_prep_answer(session, visit, "driver", "no_driver", NOW)
        session.execute(update(Appointment).values(version=2))
    for page in pages(site, visit):
        assert "ride home" not in texts(page)

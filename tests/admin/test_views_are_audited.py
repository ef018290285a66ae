"""Whoever looks at patients leaves one entry in the audit for each page; on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from db.models import Audit, Patient
from db.staff import Role
from tests.support import desk
from tests.support.data import booked
from tests.support.queue_pages import QUEUE, watch
from tests.support.site import TestSite
from tests.support.visits import local

NAME = "Quackenbush"


@pytest.fixture
def at_work(site: TestSite) -> dict[str, int]:
    """A patient with an appointment tomorrow, a finding, a conversation and a task."""
    profile, start = site.profiles["ara-health"], local("2026-11-22T08:30")
    visit = booked(site.database, profile, site.clock(), starts_at=start, sms_consent=False)
    task = desk.task(site.database, words="May I eat?")
    with site.database.reading() as session:
        patient = session.scalars(select(Patient.id)).one()
    contact = desk.contact_id(site.database)
    return {"visit": visit, "task": task, "patient": patient, "contact": contact}


def audited(site: TestSite) -> list[tuple[str, str]]:
    with site.database.reading() as session:
        rows = session.scalars(select(Audit).order_by(Audit.id)).all()
        return [(row.action, row.detail) for row in rows]


@pytest.mark.parametrize(
    ("path", "action"),
    [
        ("/admin/", "appointments_listed"),
        (QUEUE, "tasks_listed"),
        (f"{QUEUE}/{{task}}", "task_viewed"),
        ("/admin/appointments/{visit}", "appointment_viewed"),
        ("/admin/appointments/new?patient={patient}", "patient_viewed"),
        ("/admin/patients/{patient}", "patient_viewed"),
        ("/admin/contacts/{contact}/thread", "thread_viewed"),
        ("/admin/quality", "findings_viewed"),
        ("/admin/quality/tomorrow", "forecast_viewed"),
        ("/admin/quality/findings.csv", "findings_exported"),
        ("/admin/quality/tomorrow.csv", "forecast_exported"),
    ],
)
def test_one_entry_a_page(site: TestSite, at_work: dict[str, int], path: str, action: str) -> None:
    page = site.visitor().get(path.format(**at_work))
    assert page.status_code == 200
    assert NAME in page.text
    assert [each for each, _ in audited(site)] == [action]


def test_a_search_leaves_one_entry(site: TestSite, at_work: dict[str, int]) -> None:
    assert at_work
    page = site.visitor().post("/admin/search", {"q": NAME})
    assert NAME in page.text
    assert [each for each, _ in audited(site)] == ["patients_searched"]


def test_the_queue_says_which_and_how_many_but_nobody_s_name(
    site: TestSite, at_work: dict[str, int]
) -> None:
    assert at_work
    desk.task(site.database, "ill", "urgent")
    site.visitor().get(f"{QUEUE}?show=free")
    assert audited(site) == [("tasks_listed", '{"shown": 3, "which": "free"}')]


def test_an_empty_queue_and_one_that_is_brought_up_to_date_are_no_views(
    site: TestSite, at_work: dict[str, int]
) -> None:
    assert at_work
    visitor = site.visitor()
    visitor.get(f"{QUEUE}?show=mine")
    assert audited(site) == []
    page = visitor.get(QUEUE).text
    site.clock.advance(seconds=3)
    desk.task(site.database, "ill", "urgent", at=site.clock())
    assert NAME in visitor.get(watch(page)).text
    assert len(audited(site)) == 1


@pytest.mark.parametrize("path", ["/admin/account", "/admin/numbers", "/admin/imports"])
def test_pages_without_patients_leave_none(
    site: TestSite, at_work: dict[str, int], path: str
) -> None:
    assert at_work
    page = site.visitor(Role.MANAGER).get(path)
    assert NAME not in page.text
    assert audited(site) == []

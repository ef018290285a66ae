"""The first page's numbers; on both databases."""

from __future__ import annotations

import re

from sqlalchemy import delete, update

from db.models import Appointment, Clinic
from db.tasks import NewTask, open_task
from tests.support.csv_files import NOW
from tests.support.data import booked
from tests.support.site import TestSite, Visitor
from tests.support.visits import local

LATE = local("2026-11-20T23:45")  # the next day already in UTC


def cells(visitor: Visitor) -> dict[str, list[str]]:
    """The text of each row's cells, by clinic."""
    page = visitor.get("/admin/").text
    rows = re.findall(r"<tr>(.*?)</tr>", page, re.DOTALL)[1:]
    texts = []
    for row in rows:
        parts = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)
        texts.append([" ".join(re.sub(r"<[^>]+>", " ", part).split()) for part in parts])
    return {first: rest for first, *rest in texts}


def test_days_are_those_of_the_clinic_and_cancelled_visits_do_not_count(site: TestSite) -> None:
    profile = site.profiles["ara-health"]
    for number, (starts_at, status) in enumerate(
        [
            (local("2026-11-20T08:30"), "scheduled"),
            (LATE, "scheduled"),
            (local("2026-11-21T00:15"), "scheduled"),
            (local("2026-11-21T09:00"), "cancelled"),
            (local("2026-11-22T00:00"), "scheduled"),
            (local("2026-11-19T23:59"), "scheduled"),
        ]
    ):
        external_id, phone = f"A-{number}", f"+1828555017{number}"
        booked(
            site.database, profile, NOW, external_id=external_id, phone=phone, starts_at=starts_at
        )
        if status == "cancelled":
            cancel(site, external_id)
    assert cells(site.visitor()) == {
        "ARA Health": ["2 Fri, Nov 20, 2026", "1 Sat, Nov 21, 2026", "None"]
    }


def cancel(site: TestSite, external_id: str) -> None:
    with site.database.transaction() as session:
        session.execute(
            update(Appointment)
            .where(Appointment.external_id == external_id)
            .values(status="cancelled")
        )


def test_open_tasks_are_told_by_urgency_and_counted_in_the_title(site: TestSite) -> None:
    site.load("iowa-radiology")
    with site.database.transaction() as session:
        for clinic, urgency, topic in (
            ("ara-health", "normal", "a"),
            ("ara-health", "emergency", "b"),
            ("ara-health", "normal", "c"),
            ("iowa-radiology", "urgent", "d"),
        ):
            open_task(session, NewTask(clinic, "question", urgency, topic=topic), NOW)
    visitor = site.visitor()
    assert [row[-1] for row in cells(visitor).values()] == ["Emergency 1 Normal 2", "Urgent 1"]
    assert "<title>(4) Today" in visitor.get("/admin/").text


def test_one_clinic_can_be_looked_at(site: TestSite) -> None:
    site.load("iowa-radiology")
    visitor = site.visitor()
    assert list(cells(visitor)) == ["ARA Health", "Iowa Radiology"]
    answer = visitor.post("/admin/clinic", {"clinic": "iowa-radiology", "next": "/admin/account"})
    assert answer.headers["Location"] == "/admin/account"
    assert list(cells(visitor)) == ["Iowa Radiology"]
    assert "CST" in visitor.get("/admin/").text
    assert visitor.post("/admin/clinic", {"clinic": "nowhere"}).status_code == 404
    answer = visitor.post("/admin/clinic", {"clinic": "", "next": "https://evil.example"})
    assert answer.headers["Location"] == "/admin/"
    assert len(cells(visitor)) == 2


def test_without_a_clinic_it_says_what_to_do(site: TestSite) -> None:
    with site.database.transaction() as session:
        session.execute(delete(Clinic))
    page = site.visitor().get("/admin/").text
    assert "flask clinics load" in page
    assert "No clinic yet" in page

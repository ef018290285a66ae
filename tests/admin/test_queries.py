"""No page asks the database more often because there is more to show; on both databases."""

from __future__ import annotations

import io
from typing import Final

import pytest
from sqlalchemy import update

from db.models import Task
from db.staff import Role
from tests.support import desk
from tests.support.csv_files import csv_file
from tests.support.data import booked
from tests.support.queries import counted
from tests.support.site import TestSite, Visitor
from tests.support.visits import local

HTMX: Final = {"HX-Request": "true"}
LISTS: Final = (
    "/admin/",
    "/admin/?problems=y",
    "/admin/?unconfirmed=y",
    "/admin/?since=2026-11-20&until=2026-12-20&problems=y",
    "/admin/attention",
    "/admin/attention?show=done",
    "/admin/attention/news?seen=x&since=0",
    "/admin/quality",
    "/admin/quality?days=60&finding=no_sms_consent",
    "/admin/quality/findings.csv",
    "/admin/quality/tomorrow",
    "/admin/quality/tomorrow.csv",
    "/admin/numbers",
    "/admin/numbers?since=2026-01-01&until=2026-12-31",
    "/admin/imports",
    "/admin/staff",
    "/admin/audit",
)
FEW, MANY = 3, 70


@pytest.fixture
def visitor(site: TestSite) -> Visitor:
    return site.visitor(Role.MANAGER)


def fill(site: TestSite, visitor: Visitor, numbers: range) -> None:
    """People who come soon, some with something wrong; tasks, members of staff, a file."""
    profile, now = site.profiles["ara-health"], site.clock()
    for number in numbers:
        phone = f"+1828555{number:04}"
        visit = booked(
            site.database,
            profile,
            now,
            external_id=f"A-{number}",
            first_name=f"Ada{chr(97 + number // 26)}{chr(97 + number % 26)}",
            phone=phone,
            starts_at=local("2026-11-22T08:30"),
            sms_consent=number % 2 == 0,
        )
        done = desk.task(site.database, "ill", phone=phone, appointment=visit)
        with site.database.transaction() as session:
            session.execute(update(Task).where(Task.id == done).values(done_at=now))
        desk.task(site.database, phone=phone, topic=f"topic {number}")
        site.add(email=f"person{number}@example.org", password=None)
    rows = [
        {"starts_at": "2026-12-01T08:30", "external_id": f"F-{each}", "first_name": f"Eve {each}"}
        for each in numbers
    ]
    file = (io.BytesIO(csv_file(*rows)), "day.csv")
    assert visitor.post("/admin/imports", {"file": file}).status_code == 303


def asked(site: TestSite, visitor: Visitor, address: str) -> int:
    with counted(site.database) as sent:
        answer = visitor.get(address)
        assert answer.status_code == 200, address
        assert answer.get_data()
    return len(sent)


def searched(site: TestSite, visitor: Visitor, words: str) -> int:
    token = visitor.token()
    with counted(site.database) as sent:
        headers = {**HTMX, "X-CSRFToken": token}
        answer = visitor.client.post("/admin/search", data={"q": words}, headers=headers)
        assert "Quackenbush" in answer.text
    return len(sent)


def test_the_number_of_statements_does_not_grow(site: TestSite, visitor: Visitor) -> None:
    found: list[dict[str, int]] = []
    asked(site, visitor, "/admin/")  # the clinic's profile is read once only
    for file, numbers in enumerate((range(1, 1 + FEW), range(1 + FEW, 1 + MANY)), start=1):
        fill(site, visitor, numbers)
        site.clock.advance(minutes=11)  # the numbers of a long period are counted anew
        counts = {address: asked(site, visitor, address) for address in LISTS}
        counts |= {words: searched(site, visitor, words) for words in ("quack", "0001", "A-1")}
        counts["an import"] = asked(site, visitor, f"/admin/imports/{file}")
        found.append(counts)
    assert found[0] == found[1]
    assert min(found[0].values()) > 1

"""The count of open tasks and the emergencies on every page; on both databases."""

from __future__ import annotations

import re
from html import unescape

import pytest
from sqlalchemy import select

from db.models import Audit, Task
from tests.support import desk
from tests.support.queries import counted
from tests.support.queue_pages import QUEUE, texts
from tests.support.site import TestSite, Visitor

PAGES = ("/admin/", "/admin/account", "/admin/numbers", f"{QUEUE}?show=mine")


def emergency(site: TestSite, topic: str = "chest") -> int:
    return desk.task(
        site.database, "emergency", "emergency", "can't breathe", topic=topic, at=site.clock()
    )


def watched(page: str) -> str:
    """The address that the page's head asks for news."""
    found = re.search(r'id="waiting"[^>]*hx-get="([^"]+)"', page)
    assert found
    return unescape(found[1])


def acknowledge(site: TestSite, key: int) -> None:
    with site.database.transaction() as session:
        session.get_one(Task, key).acknowledged_at = site.clock()


@pytest.mark.parametrize("path", PAGES)
def test_an_emergency_stands_across_every_page(site: TestSite, path: str) -> None:
    visitor = site.visitor()
    assert "emergency waits" not in texts(visitor.get(path).text)
    key = emergency(site)
    page = visitor.get(path).text
    assert "<title>(1) " in page
    said = texts(page)
    assert "An emergency waits, and nobody has acknowledged it." in said
    assert "Since Fri, Nov 20, 2026, 1:00 PM EST . Look after it now" in said
    assert f'href="/admin/attention/{key}"' in page
    emergency(site, "stroke")
    assert "2 emergencies wait, and nobody has acknowledged them." in texts(visitor.get(path).text)


def test_the_queue_itself_says_it_once(site: TestSite) -> None:
    emergency(site)
    page = site.visitor().get(QUEUE).text
    assert "An emergency waits" not in texts(page)
    assert 'id="waiting"' not in page


def news(visitor: Visitor, address: str) -> tuple[int, str]:
    answer = visitor.get(address, headers={"HX-Request": "true", "Prepline-Poll": "1"})
    return answer.status_code, answer.text


def test_news_come_only_when_there_are_some(site: TestSite) -> None:
    visitor = site.visitor()
    page = visitor.get("/admin/account").text
    assert news(visitor, watched(page)) == (204, "")
    key = emergency(site)
    status, part = news(visitor, watched(page))
    assert status == 200
    assert 'data-open-tasks="1"' in part
    assert 'id="alarms" hx-swap-oob="innerHTML"' in part
    assert "An emergency waits" in part
    assert news(visitor, watched(part)) == (204, "")
    acknowledge(site, key)
    status, part = news(visitor, watched(part))
    assert (status, "An emergency waits" in part) == (200, False)
    assert 'data-open-tasks="1"' in part


def test_it_is_one_statement_and_no_view_of_a_patient(site: TestSite) -> None:
    visitor = site.visitor()
    address = watched(visitor.get("/admin/account").text)
    emergency(site)
    with counted(site.database) as sent:
        assert news(visitor, address)[0] == 200
    assert len([each for each in sent if "FROM task" in each]) == 1
    assert "Rosalind" not in news(visitor, address)[1]
    with site.database.reading() as session:
        assert session.scalars(select(Audit)).all() == []


def test_a_page_that_asks_by_itself_keeps_no_session_alive(site: TestSite) -> None:
    visitor = site.visitor()
    address = watched(visitor.get("/admin/account").text)
    for _ in range(4):
        site.clock.advance(minutes=8)
        status, _part = news(visitor, address)
    assert status == 401


def test_only_the_clinics_that_are_shown_count(site: TestSite) -> None:
    site.load("iowa-radiology")
    emergency(site)
    visitor = site.visitor()
    visitor.post("/admin/clinic", {"clinic": "iowa-radiology", "next": "/admin/"})
    page = visitor.get("/admin/account").text
    assert "An emergency waits" not in texts(page)
    assert "<title>(" not in page

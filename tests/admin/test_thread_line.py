"""What a conversation says while the line to the carrier is stopped; on both databases."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from db.lines import Refusal, start_lines, stop_line
from db.models import StaffText
from scheduler.clocks import wall_clock
from scheduler.outcomes import line_of
from tests.support import desk
from tests.support.csv_files import NOW
from tests.support.data import booked
from tests.support.queue_pages import texts, watch
from tests.support.site import TestSite, Visitor

WAITS = "The connection to the phone service is not working"


@pytest.fixture
def thread(site: TestSite) -> str:
    """The address of a patient's conversation, at a clinic whose line is stopped."""
    booked(site.database, site.profiles["ara-health"], NOW)
    stop(site)
    return f"/admin/contacts/{desk.contact_id(site.database)}/thread"


def stop(site: TestSite) -> None:
    line = line_of(site.profiles["ara-health"])
    with site.database.transaction() as session:
        refusal = Refusal(line, "sender_config", 21606, by_report=False)
        stop_line(session.connection(), refusal, wall_clock())


def start(site: TestSite) -> None:
    with site.database.transaction() as session:
        start_lines(session.connection(), [line_of(site.profiles["ara-health"])])


def write(visitor: Visitor, thread: str) -> str:
    page = visitor.get(thread).text
    hidden = dict(re.findall(r'type="hidden" name="(key|seen|talking)" value="([^"]*)"', page))
    answer = visitor.post(f"{thread}/send", hidden | {"body": "Come at nine."})
    return texts(visitor.get(answer.headers["Location"]).text)


def test_it_is_said_before_and_after_writing(site: TestSite, thread: str) -> None:
    visitor = site.visitor()
    assert f"{WAITS} just now." in texts(visitor.get(thread).text)
    said = write(visitor, thread)
    assert "Your text is stored. It waits for the phone service, as said below." in said
    assert "Your text goes out now." not in said


def test_a_text_that_waits_says_until_when(site: TestSite, thread: str) -> None:
    visitor = site.visitor()
    write(visitor, thread)
    with site.database.transaction() as session:
        row = session.scalars(select(StaffText)).one()
        row.error_class, row.error_code = "sender_config", 21606
    said = texts(visitor.get(thread).text)
    assert "Waiting to be sent" in said
    assert f"{WAITS}. This text waits for it until 2:00 PM EST." in said
    assert "was not sent" not in said


def test_the_page_learns_that_the_line_runs_again(site: TestSite, thread: str) -> None:
    visitor = site.visitor()
    page = visitor.get(thread).text
    assert visitor.get(watch_of(page)).status_code == 204
    start(site)
    news = visitor.get(watch_of(page))
    assert news.status_code == 200
    assert WAITS not in texts(news.text)
    assert "Your text goes out now." in write(visitor, thread)


def watch_of(page: str) -> str:
    """The address that the conversation asks for news."""
    return watch(page[page.index('id="watch"') :])

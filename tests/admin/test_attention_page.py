"""The queue in a browser, as a coordinator at a tablet uses it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from db.staff import Role
from tests.support import desk
from tests.support.browser import follow
from tests.support.csv_files import NOW
from tests.support.data import booked
from tests.support.queue_pages import QUEUE
from tests.support.site import TestSite, page_problems


@pytest.fixture
def at_work(served: TestSite, tablet: Page) -> Page:
    """The queue, opened by a coordinator; one question is in it."""
    served.load("ara-health")
    booked(served.database, served.profiles["ara-health"], NOW)
    desk.task(served.database, words="Can I take my vitamins?")
    served.signed_in(tablet).goto(served.url(QUEUE))
    return tablet


def test_a_new_emergency_shows_up_within_seconds_and_is_said(
    served: TestSite, at_work: Page
) -> None:
    expect(at_work).to_have_title("(1) Needs attention · Prepline")
    served.clock.advance(seconds=20)
    key = desk.task(
        *(served.database, "emergency", "emergency", "I can't breathe"),
        topic="chest",
        at=served.clock(),
    )
    expect(at_work).to_have_title("(2) Needs attention · Prepline")
    expect(at_work.get_by_role("alert")).to_contain_text(
        "New: Emergency words, Rosalind Quackenbush"
    )
    first = at_work.locator(".queue > li").first
    expect(first).to_have_id(f"task-{key}")
    expect(first).to_have_class(re.compile("task-alarm"))
    assert page_problems(at_work) == []


def test_the_focus_stays_where_it_is_when_the_queue_changes(
    served: TestSite, at_work: Page
) -> None:
    link = at_work.get_by_role("link", name="Question without an approved answer")
    link.focus()
    served.clock.advance(seconds=20)
    desk.task(served.database, "ill", "urgent", at=served.clock())
    expect(at_work.get_by_role("status").last).to_contain_text("New: Feels ill")
    expect(link).to_be_focused()


def test_a_task_is_worked_on_by_keyboard_alone(served: TestSite, at_work: Page) -> None:
    served.add(Role.MANAGER)
    at_work.get_by_role("link", name="Question without an approved answer").focus()
    keyboard = at_work.keyboard
    keyboard.press("Enter")
    expect(at_work.get_by_role("heading", level=1)).to_have_text(
        "Question without an approved answer"
    )
    assert page_problems(at_work) == []
    at_work.get_by_role("button", name="Take").focus()
    keyboard.press("Enter")
    expect(at_work.get_by_text("It is yours now.")).to_be_visible()
    at_work.get_by_label("Write a note").focus()
    keyboard.type("Vitamins are fine, says the nurse.")
    keyboard.press("Tab")
    keyboard.press("Enter")
    expect(at_work.locator(".story")).to_contain_text("Vitamins are fine, says the nurse.")
    at_work.get_by_label("To").focus()
    keyboard.press("Tab")
    keyboard.press("Enter")
    expect(at_work.get_by_text("It is handed on to Pat Manager.")).to_be_visible()
    assert page_problems(at_work) == []


def test_an_emergency_is_acknowledged_from_the_queue(served: TestSite, at_work: Page) -> None:
    key = desk.task(served.database, "emergency", "emergency", "numb", topic="cord")
    at_work.reload()
    assert page_problems(at_work) == []
    box = at_work.locator(f"#task-{key}")
    expect(box.get_by_role("link", name="Call (828) 555-0173")).to_have_attribute(
        "href", "tel:+18285550173"
    )
    box.get_by_role("button", name="Acknowledge").click()
    expect(at_work.get_by_text("Acknowledged by Pat Coordinator")).to_be_visible()
    follow(at_work.get_by_role("button", name="Done"))
    at_work.goto(served.url(QUEUE))
    expect(at_work.locator(".queue > li")).to_have_count(1)


def test_without_scripts_it_works_as_well(served: TestSite, at_work: Page) -> None:
    with_out = at_work.context.browser
    assert with_out
    context = with_out.new_context(java_script_enabled=False)
    context.add_cookies(
        [
            {"name": each["name"], "value": each["value"], "url": served.base}
            for each in at_work.context.cookies()
        ]
    )
    plain = context.new_page()
    plain.goto(served.url(QUEUE))
    plain.get_by_role("button", name="Done").click()
    expect(plain.get_by_text("The task is done.")).to_be_visible()
    context.close()

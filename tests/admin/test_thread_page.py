"""Answering a patient in a browser, with a worker process and a carrier that deliver it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from db.session import Database
from db.staff import NewStaff, Role, add_staff
from tests.support import desk
from tests.support.csv_files import NOW
from tests.support.site import PASSWORD, page_problems, password_hash
from tests.support.staff_replies import AUTHOR
from tests.support.waiting import wait_until
from tests.support.workers import running_worker
from tests.support.world import World, running_world


@pytest.fixture
def world(sqlite_url: str) -> Iterator[World]:
    """An installation with a worker process, a patient who has written, and a coordinator."""
    database = Database(sqlite_url)
    with running_world(database, NOW) as running, running_worker(running, NOW):
        running.book()
        running.text("xylophone")
        with database.transaction() as session:
            new = NewStaff(AUTHOR, "Pat Coordinator", Role.COORDINATOR)
            add_staff(session, new, NOW).password_hash = password_hash()
        yield running
    database.close()


@pytest.fixture
def thread(world: World, page: Page) -> Page:
    """The conversation, opened by the coordinator on a tablet."""
    base = world.settings.public_base_url
    page.set_viewport_size({"width": 820, "height": 1180})
    page.goto(f"{base}/admin/contacts/{world.contact().id}/thread")
    page.get_by_label("E-mail").fill(AUTHOR)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Rosalind Quackenbush")
    return page


def writes(world: World, words: str) -> str:
    """The patient writes a little later; the automatic answer, if there is one."""
    world.now += dt.timedelta(seconds=1)
    return world.text(words)


def test_a_conversation_by_keyboard_from_question_to_hand_back(world: World, thread: Page) -> None:
    assert page_problems(thread) == []
    keyboard = thread.keyboard
    thread.get_by_label("Your text").focus()
    keyboard.type("Yes, you may play it.")
    expect(thread.locator("#length")).to_contain_text("21 characters, 1 segment")
    keyboard.press("Tab")
    keyboard.press("Enter")
    expect(thread.get_by_text("Your text goes out now.")).to_be_visible()
    mine = thread.locator(".said-staff")
    expect(mine).to_contain_text("Delivered")
    assert world.texts_to() == ["Yes, you may play it."]
    assert page_problems(thread) == []

    assert writes(world, "1") == ""
    expect(thread.locator("#news")).to_contain_text("The patient has written.")
    expect(thread.get_by_text("Not answered by itself: a person is answering")).to_be_visible()
    expect(thread.get_by_role("link", name="Wrote while a person was answering")).to_be_visible()
    assert "Call 911 now" in writes(world, "I can't feel my legs")
    expect(thread.get_by_role("link", name="Emergency words")).to_be_visible()

    thread.get_by_role("button", name="Hand back to the automatic answers").focus()
    keyboard.press("Enter")
    expect(thread.get_by_text("The automatic answers are on.", exact=True)).to_be_visible()
    assert "1 " in writes(world, "menu")


def test_one_link_leads_to_the_box_and_what_was_said_last(world: World, thread: Page) -> None:
    for number in range(12):
        writes(world, f"question {number}")
    thread.reload()
    newest = thread.get_by_text("question 11", exact=True)
    expect(newest).not_to_be_in_viewport()
    thread.get_by_role("link", name="Write to the patient").click()
    expect(thread.get_by_label("Your text")).to_be_focused()
    expect(thread.get_by_label("Your text")).to_be_in_viewport(ratio=1)
    expect(newest).to_be_in_viewport(ratio=1)


def test_what_is_being_typed_survives_news(world: World, thread: Page) -> None:
    box = thread.get_by_label("Your text")
    box.fill("I am still writing")
    writes(world, "hello?")
    expect(thread.locator("#news")).to_contain_text("The patient has written.")
    expect(box).to_have_value("I am still writing")
    expect(box).to_be_focused()


def test_an_opt_out_reaches_the_page_and_nothing_more_goes_out(
    world: World, thread: Page, page_errors: list[str]
) -> None:
    thread.get_by_label("Your text").fill("One more thing")
    writes(world, "STOP")
    expect(thread.get_by_text("They wrote: “STOP”")).to_be_visible()
    thread.get_by_role("button", name="Send").click()
    expect(thread.locator("#errors")).to_contain_text("asked for no more texts")
    expect(thread.get_by_label("Your text")).to_have_value("One more thing")
    assert page_problems(thread) == []
    assert world.texts_to() == []
    [refused] = page_errors
    assert "status of 422" in refused
    page_errors.clear()


def test_a_refusal_of_the_carrier_is_told_in_plain_words(world: World, thread: Page) -> None:
    world.carrier.block(desk.PHONE, "+18285550110")
    thread.get_by_label("Your text").fill("Hello")
    thread.get_by_role("button", name="Send").click()
    expect(thread.locator(".said-staff")).to_contain_text("Did not arrive")
    expect(thread.locator(".said-staff")).to_contain_text("has asked for no more texts")
    wait_until("a task tells of it", lambda: [t for t in world.tasks() if t.kind == "reply_failed"])


def test_at_night_the_page_asks_first(world: World, thread: Page) -> None:
    world.now = NOW.replace(hour=2)  # nine in the evening of the day before, at the clinic
    thread.reload()
    expect(thread.get_by_text("outside its sending hours")).to_be_visible()
    assert page_problems(thread) == []

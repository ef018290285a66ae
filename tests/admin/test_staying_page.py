"""The warning before a session ends, in a browser: it comes, it is read out, one key is enough."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Response, expect

from tests.support import desk
from tests.support.browser import cut_off
from tests.support.csv_files import NOW
from tests.support.data import booked
from tests.support.queue_pages import QUEUE
from tests.support.site import PASSWORD, TestSite, page_problems

IDLE, WHOLE = "Are you still there?", "Please sign in again soon"


@pytest.fixture
def visit(served: TestSite, tablet: Page) -> Page:
    """An appointment, open in a coordinator's browser."""
    key = booked(served.database, served.profiles["ara-health"], NOW)
    served.signed_in(tablet).goto(served.url(f"/admin/appointments/{key}"))
    return tablet


def _tells_of_three_minutes(response: Response) -> bool:
    """Whether it is the page's own question, asked when three minutes are left, not before."""
    left = response.headers.get("prepline-session-left")
    return "/admin/waiting?" in response.url and left == "180"


def test_one_key_is_enough_to_stay(served: TestSite, visit: Page) -> None:
    name = visit.get_by_label("First name")
    name.fill("Rosalinde")
    expect(visit.get_by_text("Hello Rosalinde").first).to_be_visible()  # which was asked for
    served.clock.advance(minutes=28, seconds=30)
    warning = visit.get_by_role("dialog", name=IDLE)
    expect(warning).to_be_visible()
    expect(warning).to_have_accessible_description(re.compile("you will soon be signed out"))
    expect(warning.get_by_role("timer")).to_have_text(re.compile(r"1:(30|2\d)"))
    expect(warning.get_by_role("button", name="Stay signed in")).to_be_focused()
    assert page_problems(visit) == []
    visit.keyboard.press("Tab")
    expect(warning.get_by_role("button", name="Sign out")).to_be_focused()
    visit.keyboard.press("Shift+Tab")
    visit.keyboard.press("Enter")
    expect(warning).to_be_hidden()
    expect(name).to_be_focused()
    expect(name).to_have_value("Rosalinde")
    served.clock.advance(minutes=27)
    with visit.expect_response(_tells_of_three_minutes):
        pass
    expect(warning).to_be_hidden()


def test_escape_stays_too_and_the_last_minute_is_said(served: TestSite, visit: Page) -> None:
    served.clock.advance(minutes=29, seconds=10)
    warning = visit.get_by_role("dialog", name=IDLE)
    expect(warning.get_by_role("status")).to_have_text("Less than a minute is left.")
    visit.keyboard.press("Escape")
    expect(warning).to_be_hidden()
    served.clock.advance(minutes=29, seconds=10)
    expect(warning).to_be_visible()


def test_the_list_of_tasks_warns_as_well(served: TestSite, tablet: Page) -> None:
    desk.task(served.database)
    served.signed_in(tablet).goto(served.url(QUEUE))
    served.clock.advance(minutes=28, seconds=30)
    expect(tablet.get_by_role("dialog", name=IDLE)).to_be_visible()
    tablet.set_viewport_size({"width": 390, "height": 700})
    assert page_problems(tablet) == []
    tablet.get_by_role("dialog").get_by_role("button", name="Sign out").click()
    expect(tablet.get_by_text("You are signed out.")).to_be_visible()


def test_work_in_another_tab_takes_the_warning_back(served: TestSite, visit: Page) -> None:
    served.clock.advance(minutes=28, seconds=30)
    warning = visit.get_by_role("dialog", name=IDLE)
    expect(warning).to_be_visible()
    other = visit.context.new_page()
    other.goto(served.url("/admin/account"))
    expect(warning).to_be_hidden()


def test_nobody_there_patients_leave_the_screen_and_come_back_after_signing_in(
    served: TestSite, visit: Page
) -> None:
    address = visit.url
    served.clock.advance(minutes=28, seconds=30)
    expect(visit.get_by_role("dialog", name=IDLE)).to_be_visible()
    served.clock.advance(minutes=1, seconds=30)
    expect(visit.get_by_role("heading", level=1)).to_have_text("Sign in")
    expect(visit.get_by_text("nothing was done for 30 minutes")).to_be_visible()
    assert "Quackenbush" not in visit.content()
    visit.get_by_label("E-mail").fill("coordinator@example.org")
    visit.get_by_label("Password").fill(PASSWORD)
    visit.get_by_role("button", name="Sign in").click()
    expect(visit).to_have_url(address)


def test_the_end_of_twelve_hours_is_said_once_and_leaves_time_to_finish(
    served: TestSite, visit: Page
) -> None:
    for _ in range(28):
        served.clock.advance(minutes=25)
        visit.reload()
    served.clock.advance(minutes=18, seconds=30)
    warning = visit.get_by_role("dialog", name=WHOLE)
    expect(warning).to_be_visible()
    expect(warning.get_by_role("button", name="Go on until then")).to_be_focused()
    assert page_problems(visit) == []
    visit.keyboard.press("Enter")
    expect(warning).to_be_hidden()
    for _ in range(2):
        with visit.expect_response("**/admin/waiting?**"):
            pass
    expect(warning).to_be_hidden()


def test_a_server_that_is_away_keeps_nobody_on_screen(
    served: TestSite, visit: Page, page_errors: list[str]
) -> None:
    """The page says so while there is time left; once there is none, it leaves by itself."""
    away = cut_off(visit, re.compile("/admin/(waiting|stay)"))
    visit.clock.install()
    visit.reload()
    served.clock.advance(minutes=29)
    warning = visit.get_by_role("dialog", name=IDLE)
    expect(warning).to_be_visible()
    away.set()
    visit.keyboard.press("Enter")
    expect(warning.get_by_role("status")).to_contain_text("The server did not answer")
    served.clock.advance(minutes=1)
    visit.clock.fast_forward("01:00")
    expect(visit.get_by_role("heading", level=1)).to_have_text("Sign in")
    assert "Quackenbush" not in visit.content()
    assert page_errors
    page_errors.clear()  # htmx writes it to the console as well

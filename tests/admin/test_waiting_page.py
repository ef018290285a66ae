"""The head of every page in a browser: it brings itself up to date and is in nobody's way."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.support import desk
from tests.support.browser import cut_off
from tests.support.csv_files import NOW
from tests.support.data import booked
from tests.support.site import TestSite, page_problems


def test_an_emergency_comes_onto_any_page_and_goes_again(served: TestSite, tablet: Page) -> None:
    visit = booked(served.database, served.profiles["ara-health"], NOW)
    page = served.signed_in(tablet)
    page.goto(served.url(f"/admin/appointments/{visit}"))
    expect(page).to_have_title("Appointment · Prepline")
    name = page.get_by_label("First name")
    name.fill("Rosalinde")
    key = desk.task(*(served.database, "emergency", "emergency", "I can't breathe"), topic="chest")
    alarm = page.get_by_role("alert")
    expect(alarm).to_contain_text("An emergency waits")
    expect(page).to_have_title("(1) Appointment · Prepline")
    expect(name).to_be_focused()
    expect(name).to_have_value("Rosalinde")
    assert page_problems(page) == []
    page.get_by_role("link", name="Look after it now").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(served.url(f"/admin/attention/{key}"))
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_text("An emergency waits")).to_have_count(0)
    expect(page).to_have_title("(1) Emergency words · Prepline")


def test_a_mistake_keeps_the_focus_where_the_reader_has_gone(
    served: TestSite, tablet: Page
) -> None:
    page = served.signed_in(tablet)
    page.goto(served.url("/admin/appointments/new"))
    page.get_by_role("button", name="Book").click()
    expect(page.locator("#errors")).to_be_focused()
    name = page.get_by_label("First name")
    name.focus()
    desk.task(served.database)
    expect(page).to_have_title("(1) New appointment · Prepline")
    expect(name).to_be_focused()


def test_without_scripts_it_is_as_the_page_was_made(served: TestSite, tablet: Page) -> None:
    desk.task(served.database, "emergency", "emergency", topic="chest")
    browser = tablet.context.browser
    assert browser
    context = browser.new_context(java_script_enabled=False)
    served.signed_in(tablet)
    context.add_cookies(
        [
            {"name": each["name"], "value": each["value"], "url": served.base}
            for each in tablet.context.cookies()
        ]
    )
    plain = context.new_page()
    plain.goto(served.url("/admin/"))
    expect(plain).to_have_title("(1) Today · Prepline")
    expect(plain.get_by_role("alert")).to_contain_text("An emergency waits")
    context.close()


def test_a_server_that_is_away_is_told_without_alarm(
    served: TestSite, tablet: Page, page_errors: list[str]
) -> None:
    page = served.signed_in(tablet)
    cut_off(page, re.compile("/admin/waiting")).set()
    page.goto(served.url("/admin/account"))
    expect(page.get_by_role("status")).to_contain_text("may be out of date")
    assert page_problems(page) == []
    assert page_errors
    page_errors.clear()  # htmx writes it to the console as well

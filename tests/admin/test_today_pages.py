"""The list of days in a real browser: searching, filtering, and staying up to date by itself."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import update

from db.models import Appointment
from tests.admin.test_today import book
from tests.support.site import TestSite, page_problems


def opened(served: TestSite, tablet: Page, query: str = "") -> None:
    for number, name in enumerate(["Rosa", "Walter", "Inés"]):
        phone = f"+1828555017{number}"
        book(served, name, f"2026-11-2{number}T15:30", phone=phone, last_name=f"Luna{number}")
    served.signed_in(tablet)
    tablet.goto(served.url(f"/admin/{query}"))


def answer(served: TestSite, name: str, said: str) -> None:
    with served.database.transaction() as session:
        session.execute(
            update(Appointment)
            .where(Appointment.external_id == f"A-{name}")
            .values(answer=said, answered_at=served.clock())
        )


def test_searching_by_keyboard(served: TestSite, tablet: Page) -> None:
    opened(served, tablet)
    tablet.get_by_label("Find a patient or an appointment").focus()
    tablet.keyboard.type("ines")
    tablet.keyboard.press("Enter")
    found = tablet.locator("#found")
    expect(found.get_by_role("rowheader")).to_contain_text("Inés Luna2")
    assert urlsplit(tablet.url).query == ""
    assert page_problems(tablet) == []
    found.get_by_role("link", name="Sun, Nov 22, 2026, 3:30 PM EST").press("Enter")
    expect(tablet.get_by_role("heading", level=1)).to_have_text("Inés Luna2")
    tablet.go_back()
    expect(tablet.get_by_role("heading", level=1)).to_have_text("Today and the next days")


def test_filters_stand_in_the_address(served: TestSite, tablet: Page) -> None:
    opened(served, tablet)
    answer(served, "Rosa", "confirmed")
    tablet.get_by_label("Only not confirmed").check()
    tablet.get_by_role("button", name="Apply").click()
    expect(tablet.locator("#visits tbody tr")).to_have_count(2)
    tablet.wait_for_url("**unconfirmed=y**")
    tablet.reload()
    expect(tablet.get_by_label("Only not confirmed")).to_be_checked()
    expect(tablet.locator("#visits tbody tr")).to_have_count(2)
    tablet.get_by_role("link", name="Tomorrow").click()
    expect(tablet.locator("#visits tbody tr")).to_have_count(1)
    expect(tablet.locator("#visits")).to_contain_text("Walter")
    assert page_problems(tablet) == []
    tablet.get_by_label("From day").fill("2026-11-22")
    tablet.get_by_label("To day").fill("2026-11-20")
    tablet.get_by_role("button", name="Apply").click()
    expect(tablet.locator("#errors")).to_be_focused()
    assert page_problems(tablet) == []


def test_the_list_stays_up_to_date_and_leaves_the_reader_alone(
    served: TestSite, tablet: Page
) -> None:
    tablet.set_viewport_size({"width": 820, "height": 500})
    opened(served, tablet)
    link = tablet.get_by_role("link", name="Walter Luna1")
    link.focus()
    tablet.evaluate("window.scrollTo(0, 300)")
    tablet.evaluate("document.querySelector('#visits').seen = true")
    with tablet.expect_response(lambda each: each.status == 204):
        pass
    assert tablet.evaluate("document.querySelector('#visits').seen") is True
    answer(served, "Inés", "cannot_come")
    expect(tablet.locator("#visits")).to_contain_text("Cannot come")
    expect(link).to_be_focused()
    assert tablet.evaluate("window.scrollY") == 300
    answer(served, "Rosa", "confirmed")
    expect(tablet.locator("#visits")).to_contain_text("Confirmed")
    expect(link).to_be_focused()


@pytest.mark.parametrize("width", [320, 600, 790, 820])
def test_nothing_of_the_list_lies_beside_the_screen(
    served: TestSite, tablet: Page, width: int
) -> None:
    tablet.set_viewport_size({"width": width, "height": 900})
    opened(served, tablet)
    for region in tablet.locator("#visits .table").all():
        assert region.evaluate("each => each.scrollWidth <= each.clientWidth")
    assert page_problems(tablet) == []

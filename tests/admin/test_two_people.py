"""Two people at the site at once, each in a browser of their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from db.staff import Role
from tests.admin.test_appointment import SHOWN, book, one
from tests.support import desk
from tests.support.site import TestSite, page_problems
from tests.support.visits import local


@pytest.fixture
def colleague(served: TestSite, browser: Browser) -> Iterator[Page]:
    """Another browser, whose person is a manager."""
    with browser.new_context() as context:
        yield served.signed_in(context.new_page(), Role.MANAGER)


def test_the_second_to_save_is_shown_what_the_first_changed(
    served: TestSite, tablet: Page, colleague: Page, page_errors: list[str]
) -> None:
    book(served)
    served.signed_in(tablet)
    for page in (tablet, colleague):
        page.goto(served.url(SHOWN))
    colleague.get_by_label("Time", exact=True).fill("10:15")
    colleague.get_by_role("button", name="Save", exact=True).click()
    expect(colleague.locator("#notice")).to_contain_text("The appointment has its new time.")
    tablet.get_by_label("First name").fill("Rosa")
    tablet.get_by_role("button", name="Save", exact=True).click()
    alert = tablet.locator("#errors")
    expect(alert).to_be_focused()
    expect(alert).to_contain_text("Time: was 08:30, is now 10:15.")
    assert one(served).patient.first_name == "Rosalind"
    expect(tablet.get_by_label("First name")).to_have_value("Rosa")
    assert page_problems(tablet) == []
    assert any("409" in error for error in page_errors)
    page_errors.clear()
    tablet.get_by_role("button", name="Save", exact=True).click()
    expect(tablet.locator("#notice")).to_contain_text("The corrections are stored.")
    visit = one(served)
    assert visit.patient.first_name == "Rosa"
    assert visit.starts_at == local("2026-12-01T10:15")


def test_the_second_to_take_a_task_is_told_who_has_it(
    served: TestSite, tablet: Page, colleague: Page
) -> None:
    key = desk.task(served.database, words="Can I take my vitamins?")
    served.signed_in(tablet)
    for page in (tablet, colleague):
        page.goto(served.url(f"/admin/attention/{key}"))
    colleague.get_by_role("button", name="Take").click()
    expect(colleague.get_by_text("It is yours now.")).to_be_visible()
    tablet.get_by_role("button", name="Take").click()
    expect(tablet.locator("#notice")).to_contain_text("Pat Manager has this task now.")
    assert (
        desk.stored_task(served.database, key).assignee_id
        == served.person("manager@example.org").id
    )

"""A text that somebody has begun, in a browser whose session ends over it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.support import desk
from tests.support.csv_files import NOW
from tests.support.data import booked
from tests.support.site import PASSWORD, TestSite, page_problems

STORED = "JSON.stringify([localStorage, sessionStorage, history.state])"


@pytest.fixture
def pages(served: TestSite, tablet: Page) -> dict[str, str]:
    """The pages with a box, by what the box is called."""
    booked(served.database, served.profiles["ara-health"], NOW)
    task = desk.task(served.database, words="Can I bring my dog?")
    served.signed_in(tablet)
    contact = desk.contact_id(served.database)
    return {
        "Your text": f"/admin/contacts/{contact}/thread",
        "Write a note": f"/admin/attention/{task}",
    }


@pytest.mark.parametrize("label", ["Your text", "Write a note"])
def test_it_is_there_again_after_signing_in(
    served: TestSite, tablet: Page, pages: dict[str, str], label: str
) -> None:
    tablet.goto(served.url(pages[label]))
    box = tablet.get_by_label(label)
    with tablet.expect_response("**/unsent"):
        box.fill("Yes, you may")
    served.clock.advance(minutes=31)
    expect(tablet.get_by_role("heading", level=1)).to_have_text("Sign in")
    assert "you may" not in tablet.content() + tablet.evaluate(STORED)
    tablet.get_by_label("E-mail").fill("coordinator@example.org")
    tablet.get_by_label("Password").fill(PASSWORD)
    tablet.get_by_role("button", name="Sign in").click()
    expect(box).to_have_value("Yes, you may")
    expect(tablet.get_by_text("You began this on")).to_be_visible()
    assert page_problems(tablet) == []
    tablet.get_by_role("button", name="Discard it").click()
    expect(tablet.get_by_text("You began this on")).to_have_count(0)
    expect(box).to_have_value("")

"""The numbers as a coordinator reads them, in a real browser."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.admin.test_imports_page import shot
from tests.admin.test_numbers import sent, visit
from tests.support.site import TestSite, page_problems


def test_a_period_is_chosen_by_keyboard_and_its_charts_are_read(
    served: TestSite, tablet: Page
) -> None:
    for number in range(1, 9):
        status = "failed" if number == 8 else "delivered"
        sent(served, visit(served, number), "day_before", number**3, status)
    served.signed_in(tablet)
    tablet.goto(served.url("/admin/"))
    tablet.get_by_role("link", name="Numbers").click()
    expect(tablet.get_by_label("To day")).to_have_value("2026-11-20")
    assert page_problems(tablet) == []
    tablet.get_by_label("To day").fill("2026-12-05")
    tablet.get_by_label("To day").press("Enter")
    tablet.wait_for_url("**until=2026-12-05**")
    chart = tablet.get_by_role("img", name="Lateness")
    expect(chart).to_be_visible()
    expect(chart.locator("rect")).to_have_count(9)
    assert page_problems(tablet) == []
    shot(tablet, "numbers")
    with tablet.expect_download() as download:
        tablet.get_by_role("link", name="Export as CSV: Lateness").click()
    assert download.value.suggested_filename == "prepline-lateness.csv"
    tablet.get_by_label("To day").fill("2020-01-01")
    tablet.get_by_role("button", name="Show", exact=True).click()
    expect(tablet.locator("#errors")).to_be_focused()

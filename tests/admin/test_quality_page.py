"""Data quality and tomorrow's messages as a coordinator works with them, in a real browser."""

from __future__ import annotations

import datetime as dt

from playwright.sync_api import Page, expect
from sqlalchemy import update

from db.models import Patient
from tests.admin.test_imports_page import shot
from tests.support.browser import follow
from tests.support.data import booked
from tests.support.site import TestSite, page_problems
from tests.support.visits import local


def fill(site: TestSite) -> None:
    """Four patients tomorrow's morning after; three of them with something to check."""
    for number in range(4):
        booked(
            site.database,
            site.profiles["ara-health"],
            site.clock(),
            external_id=f"A-{number}",
            first_name=f"Ada{chr(97 + number)}",
            phone=f"+1828555010{number // 2}",
            language="es" if number == 3 else "en",
            sms_consent=number != 2,
            starts_at=local("2026-11-22T08:30"),
        )
    with site.database.transaction() as session:
        wrong = {"date_of_birth": dt.date(1900, 1, 1)}
        session.execute(update(Patient).where(Patient.first_name == "Adaa").values(**wrong))


def test_findings_are_filtered_checked_and_brought_back_by_keyboard(
    served: TestSite, tablet: Page
) -> None:
    fill(served)
    served.signed_in(tablet)
    tablet.goto(served.url("/admin/"))
    follow(tablet.get_by_role("link", name="Data quality"))
    assert page_problems(tablet) == []
    shot(tablet, "quality")
    link = tablet.get_by_role("link", name="Birth date missing or not plausible: 1")
    link.focus()
    tablet.keyboard.press("Enter")
    expect(tablet.locator("tbody tr")).to_have_count(1)
    expect(link).to_have_attribute("aria-current", "page")
    name = "Checked, it is fine Birth date missing or not plausible, Adaa Quackenbush"
    tablet.get_by_role("button", name=name).focus()
    tablet.keyboard.press("Enter")
    expect(tablet.get_by_role("status")).to_contain_text("Kept as checked.")
    expect(
        tablet.get_by_role("link", name="Birth date missing or not plausible: 0")
    ).to_be_visible()
    assert page_problems(tablet) == []
    shot(tablet, "quality-checked")
    tablet.get_by_role("button", name="Check again").click()
    expect(link).to_be_visible()
    with tablet.expect_download() as download:
        tablet.get_by_role("link", name="Export these as CSV").click()
    assert download.value.suggested_filename == "prepline-data-quality.csv"


def test_tomorrow_is_read_before_it_comes(served: TestSite, tablet: Page) -> None:
    fill(served)
    served.signed_in(tablet)
    tablet.goto(served.url("/admin/quality"))
    tablet.get_by_role("link", name="See every message of tomorrow").click()
    expect(tablet.get_by_role("heading", name="Tomorrow's messages")).to_be_visible()
    expect(tablet.get_by_role("link", name="Data quality", exact=True)).to_have_attribute(
        "aria-current", "page"
    )
    expect(tablet.get_by_text("Gets none")).to_have_count(2)
    assert page_problems(tablet) == []
    shot(tablet, "tomorrow")
    with tablet.expect_download() as download:
        tablet.get_by_role("link", name="Export all as CSV").click()
    assert download.value.suggested_filename == "prepline-tomorrow.csv"

"""Importing a file as a coordinator does, in a real browser."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from admin import imports
from db.models import Appointment
from tests.admin.test_imports import people
from tests.support.browser import follow
from tests.support.csv_files import csv_file
from tests.support.site import TestSite, page_problems


def shot(page: Page, name: str) -> None:
    """Keep a picture where SHOTS says so, for a person to look at."""
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def choose(page: Page, content: bytes) -> None:
    page.get_by_label("File of appointments").set_input_files(
        {"name": "day.csv", "mimeType": "text/csv", "buffer": content}
    )


def stored(site: TestSite) -> int:
    with site.database.reading() as session:
        return session.scalar(select(func.count()).select_from(Appointment)) or 0


def test_a_file_from_choosing_to_applying_by_keyboard(served: TestSite, tablet: Page) -> None:
    served.signed_in(tablet)
    tablet.goto(served.url("/admin/"))
    follow(tablet.get_by_role("link", name="Import"))
    assert page_problems(tablet) == []
    tablet.get_by_role("button", name="Look through it").click()
    expect(tablet.locator("#errors")).to_be_focused()
    bad = {"phone": "555", "date_of_birth": "17.5.44", "procedure": "appendectomy"}
    choose(tablet, csv_file(*people(60), bad, {"starts_at": "soon"}))
    tablet.get_by_label("File of appointments").focus()
    tablet.keyboard.press("Tab")
    tablet.keyboard.press("Enter")
    expect(tablet.get_by_role("heading", name="Import of day.csv")).to_be_visible()
    assert page_problems(tablet) == []
    shot(tablet, "import-preview")
    assert stored(served) == 0
    expect(tablet.locator("td.bad-cell")).to_have_count(4)
    tablet.get_by_role("link", name="Next rows").click()
    rows = tablet.get_by_role("region", name="What each row does").locator("tbody tr")
    expect(rows).to_have_count(10)
    with tablet.expect_download() as download:
        tablet.get_by_role("link", name="Download the bad rows").click()
    assert download.value.suggested_filename == "prepline-bad-rows.csv"
    button = tablet.get_by_role("button", name="Apply exactly this")
    button.focus()
    tablet.keyboard.press("Enter")
    expect(tablet.get_by_text("Applied on")).to_be_visible()
    assert stored(served) == 60
    assert page_problems(tablet) == []


def test_an_unusual_file_asks_in_numbers(served: TestSite, tablet: Page) -> None:
    served.signed_in(tablet)
    rows = people(10)
    for content in (csv_file(*rows), csv_file(*[each | {"status": "cancelled"} for each in rows])):
        tablet.goto(served.url("/admin/imports"))
        choose(tablet, content)
        tablet.get_by_role("button", name="Look through it").click()
        tablet.get_by_role("button", name="Apply exactly this").click()
    expect(tablet.locator("#errors")).to_be_focused()
    assert page_problems(tablet) == []
    shot(tablet, "import-unusual")
    tablet.get_by_label("Yes, move 0 and cancel 10 appointments.").check()
    tablet.get_by_role("button", name="Apply exactly this").click()
    expect(tablet.get_by_text("Applied on")).to_be_visible()


def test_a_long_file_shows_its_progress_and_goes_on_by_itself(
    served: TestSite, tablet: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "SLICE_SECONDS", 0.0001)
    served.signed_in(tablet)
    tablet.route("**/go-on", lambda _route: None)  # held back, so that the progress stays on screen
    tablet.goto(served.url("/admin/imports"))
    choose(tablet, csv_file(*people(350)))
    tablet.get_by_role("button", name="Look through it").click()
    expect(tablet.get_by_role("progressbar", name="Being looked through")).to_be_visible()
    assert page_problems(tablet) == []
    shot(tablet, "import-progress")
    tablet.unroute("**/go-on")
    tablet.reload()
    tablet.get_by_role("button", name="Apply exactly this").click()
    expect(tablet.get_by_text("Applied on")).to_be_visible()
    assert stored(served) == 350


def test_a_file_is_discarded_and_gone(served: TestSite, tablet: Page) -> None:
    served.signed_in(tablet)
    tablet.goto(served.url("/admin/imports"))
    choose(tablet, csv_file(*people(2)))
    follow(tablet.get_by_role("button", name="Look through it"))
    address = tablet.url
    tablet.get_by_role("button", name="Discard the file").click()
    expect(tablet.get_by_role("status")).to_contain_text("The file was discarded.")
    expect(tablet.get_by_role("link", name="day.csv")).to_have_count(0)
    assert page_problems(tablet) == []
    tablet.goto(address)
    expect(tablet.get_by_role("heading", level=1)).to_contain_text("There is nothing here")
    assert stored(served) == 0

"""The audit as a manager reads it and takes it along, in a real browser."""

from __future__ import annotations

import csv
from pathlib import Path

from playwright.sync_api import Page, expect

from db.staff import Role
from tests.support.site import TestSite, page_problems


def test_it_is_filtered_by_keyboard_and_exported(served: TestSite, tablet: Page) -> None:
    served.add(email="x@example.org")
    served.signed_in(tablet, Role.MANAGER)
    tablet.goto(served.url("/admin/staff"))
    row = tablet.locator("tbody tr", has_text="x@example.org")
    row.get_by_text("Change").click()
    row.get_by_role("button", name="New link").click()
    tablet.get_by_role("link", name="Audit").focus()
    tablet.keyboard.press("Enter")
    expect(tablet.locator("tbody tr")).to_have_count(1)
    assert page_problems(tablet) == []
    with tablet.expect_download() as download:
        tablet.get_by_role("link", name="Export these as CSV").click()
    head, *lines = csv.reader(Path(download.value.path()).read_text("utf-8-sig").splitlines())
    assert head[:3] == ["at_utc", "who", "action"]
    assert [line[1:3] for line in lines] == [
        ["manager@example.org", "audit_exported"],
        ["manager@example.org", "staff_link_made"],
    ]
    tablet.reload()
    expect(tablet.locator("tbody tr").first).to_contain_text("Audit exported")

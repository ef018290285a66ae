"""The site in a real browser: by keyboard, by screen reader's rules, on a tablet."""

from __future__ import annotations

import datetime as dt
import re
from urllib.parse import urlsplit

import pyotp
import pytest
from playwright.sync_api import Dialog, Page, expect

from admin.site import is_ours
from db import staff as accounts
from db.staff import Role
from db.tasks import NewTask, open_task
from tests.support.browser import axe_violations, cut_off, follow
from tests.support.csv_files import NOW
from tests.support.data import booked
from tests.support.site import PASSWORD, TestSite, page_problems

EMAIL = "coordinator@example.org"
# Not for somebody signed in, without a page of their own, or no page at all.
NOT_PAGES = {
    *("/admin/sign-in", "/admin/sign-in/code", "/admin/welcome", "/admin/audit.csv"),
    *("/admin/search", "/admin/attention/news", "/admin/waiting"),
    *("/admin/quality/findings.csv", "/admin/quality/tomorrow.csv"),
}


def fill_in(page: Page, email: str = EMAIL, password: str = PASSWORD) -> None:
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def test_signing_in_by_keyboard_alone(served: TestSite, tablet: Page) -> None:
    served.add()
    tablet.goto(served.url("/admin/account"))
    keyboard = tablet.keyboard
    keyboard.press("Tab")
    expect(tablet.get_by_role("link", name="Skip to the content")).to_be_focused()
    keyboard.press("Enter")
    keyboard.press("Tab")
    expect(tablet.get_by_label("E-mail")).to_be_focused()
    keyboard.type(EMAIL)
    keyboard.press("Tab")
    keyboard.type("wrong password")
    keyboard.press("Enter")
    expect(tablet.locator("#errors")).to_be_focused()
    expect(tablet.get_by_role("alert")).to_contain_text("do not belong together")
    for _ in range(2):
        keyboard.press("Tab")
    keyboard.type(PASSWORD)
    keyboard.press("Tab")
    expect(tablet.get_by_role("button", name="Sign in")).to_be_focused()
    keyboard.press("Enter")
    expect(tablet.get_by_role("heading", name="Your account")).to_be_visible()
    tablet.get_by_role("button", name="Sign out", exact=True).focus()
    keyboard.press("Enter")
    expect(tablet.get_by_role("status")).to_contain_text("You are signed out.")


def test_a_mistake_leads_to_its_field(served: TestSite, tablet: Page) -> None:
    tablet.goto(served.url("/admin/sign-in"))
    tablet.get_by_role("button", name="Sign in").click()
    tablet.get_by_role("link", name="Password: Enter your password.").click()
    expect(tablet.get_by_label("Password")).to_be_focused()
    expect(tablet.get_by_label("Password")).to_have_attribute("aria-invalid", "true")
    expect(tablet.get_by_label("Password")).to_have_accessible_description("Enter your password.")
    assert axe_violations(tablet) == []


def addresses(site: TestSite) -> list[str]:
    """Every page that can be opened by its address alone, new ones included."""
    rules = site.app.url_map.iter_rules()
    return sorted(
        rule.rule
        for rule in rules
        if is_ours(rule.rule) and "GET" in (rule.methods or ()) and not rule.arguments
        if rule.rule not in NOT_PAGES
    )


def test_every_page_can_be_read_by_everyone(served: TestSite, tablet: Page) -> None:
    served.load("iowa-radiology")
    served.add(email="x@example.org", password=None)
    with served.database.transaction() as session:
        for urgency in ("normal", "urgent", "emergency"):
            open_task(session, NewTask("ara-health", "question", urgency, topic=urgency), NOW)
    served.signed_in(tablet, Role.MANAGER)
    problems = {}
    for address in addresses(served):
        tablet.goto(served.url(address))
        problems[address] = page_problems(tablet)
        if not tablet.title().startswith("(3) "):
            problems[address].append("the open tasks are not counted in the title")
    assert len(problems) >= 5
    assert {address: found for address, found in problems.items() if found} == {}


@pytest.mark.parametrize("address", ["/admin/sign-in", "/admin/welcome"])
def test_strangers_pages_can_be_read_by_everyone(
    served: TestSite, tablet: Page, address: str
) -> None:
    tablet.goto(served.url(address))
    assert page_problems(tablet) == []


def test_targets_are_large_enough_for_a_finger(served: TestSite, tablet: Page) -> None:
    served.signed_in(tablet, Role.MANAGER)
    tablet.goto(served.url("/admin/staff"))
    tablet.get_by_text("Change").click()
    targets = tablet.locator("main button, header button, header nav a, summary, select").all()
    assert len(targets) > 6
    for target in targets:
        box = target.bounding_box()
        assert box is not None
        assert box["height"] >= 40, target.inner_text()


def test_the_second_step_from_turning_on_to_signing_in(served: TestSite, tablet: Page) -> None:
    served.signed_in(tablet)
    tablet.goto(served.url("/admin/account"))
    follow(tablet.get_by_role("button", name="Turn the second step on"))
    square = tablet.get_by_role("img")
    assert square.evaluate("image => image.naturalWidth") > 100
    secret = tablet.locator("#secret").inner_text().replace(" ", "")
    tablet.get_by_label("Code").fill(pyotp.TOTP(secret).at(served.clock()))
    tablet.get_by_role("button", name="Turn it on").click()
    expect(tablet.get_by_role("status")).to_contain_text("The second step is on.")
    tablet.get_by_role("button", name="Sign out", exact=True).click()
    served.clock.advance(seconds=30)
    fill_in(tablet)
    expect(tablet.get_by_role("heading", name="Second step")).to_be_visible()
    assert axe_violations(tablet) == []
    tablet.get_by_label("Code").fill("000000")
    tablet.get_by_role("button", name="Continue").click()
    expect(tablet.get_by_role("alert")).to_contain_text("not the code of this moment")
    tablet.get_by_label("Code").fill(pyotp.TOTP(secret).at(served.clock()))
    tablet.get_by_role("button", name="Continue").click()
    expect(tablet.get_by_role("heading", name="Today")).to_be_visible()


def test_being_locked_out_is_told_and_passes(served: TestSite, tablet: Page) -> None:
    served.add()
    tablet.goto(served.url("/admin/"))
    for _ in range(10):
        fill_in(tablet, password="a wrong password")
        expect(tablet.get_by_role("alert")).to_be_visible()
    fill_in(tablet)
    expect(tablet.get_by_role("alert")).to_contain_text("it stays closed for 15 minutes")
    served.clock.advance(minutes=15)
    fill_in(tablet)
    expect(tablet.get_by_role("heading", name="Today")).to_be_visible()


def test_after_half_an_hour_one_signs_in_again_and_goes_on(served: TestSite, tablet: Page) -> None:
    served.signed_in(tablet)
    tablet.goto(served.url("/admin/account"))
    served.clock.advance(minutes=31)
    tablet.reload()
    expect(tablet.get_by_role("status")).to_contain_text("nothing was done for 30 minutes")
    fill_in(tablet)
    expect(tablet.get_by_role("heading", name="Your account")).to_be_visible()


def test_htmx_carries_token_and_policy_and_leads_to_sign_in(served: TestSite, tablet: Page) -> None:
    served.signed_in(tablet, Role.MANAGER)
    tablet.goto(served.url("/admin/staff"))
    tablet.get_by_label("E-mail").fill("new@example.org")
    tablet.get_by_label("Name").fill("New Person")
    tablet.get_by_role("button", name="Add").click()
    expect(tablet.locator("#link")).to_contain_text("/admin/welcome/")
    tablet.get_by_role("link", name="Audit").click()
    tablet.evaluate("window.stayed = true")
    tablet.get_by_label("What").select_option("Account added")
    tablet.get_by_role("button", name="Show").click()
    tablet.wait_for_url("**what=staff_added**")
    expect(tablet.locator("tbody tr")).to_have_count(1)
    assert tablet.evaluate("window.stayed") is True
    tablet.get_by_label("What").select_option("Signed out")
    tablet.get_by_role("button", name="Show").click()
    expect(tablet.get_by_text("Nothing was found.")).to_be_visible()
    tablet.go_back()
    expect(tablet.locator("tbody tr")).to_have_count(1)
    expect(tablet.get_by_role("heading", name="Audit")).to_be_visible()
    assert tablet.evaluate("Object.keys(sessionStorage).length + localStorage.length") <= 1
    served.clock.advance(minutes=31)
    tablet.get_by_role("button", name="Show").click()
    expect(tablet.get_by_role("heading", name="Sign in")).to_be_visible()
    fill_in(tablet, "manager@example.org")
    expect(tablet.get_by_role("heading", name="Audit")).to_be_visible()


def test_a_refused_htmx_request_is_told_in_the_live_region(
    served: TestSite, tablet: Page, page_errors: list[str]
) -> None:
    served.signed_in(tablet, Role.MANAGER)
    away = cut_off(tablet, re.compile(r"/admin/audit\?"))
    tablet.goto(served.url("/admin/audit"))
    with served.database.transaction() as session:
        found = accounts.staff_by_email(session, "manager@example.org")
        assert found is not None
        found.role = "coordinator"
    tablet.get_by_role("button", name="Show").click()
    expect(tablet.get_by_role("status")).to_contain_text("This page is for managers")
    away.set()
    tablet.get_by_role("button", name="Show").click()
    expect(tablet.get_by_role("status")).to_contain_text("The server did not answer.")
    assert any("403" in error for error in page_errors)
    page_errors.clear()  # htmx writes both to the console as well


def test_a_person_sets_their_password_and_comes_in(served: TestSite, tablet: Page) -> None:
    person = served.add(email="new@example.org", password=None)
    with served.database.transaction() as session:
        secret = accounts.issue_link(session, person, served.clock())
    tablet.goto(served.url(f"/admin/welcome/{secret}"))
    assert urlsplit(tablet.url).path == "/admin/welcome"
    assert axe_violations(tablet) == []
    tablet.get_by_label("New password").fill("password1234")
    tablet.get_by_label("The same again").fill("password1234")
    tablet.get_by_role("button", name="Set the password").click()
    expect(tablet.get_by_role("alert")).to_contain_text("easy to guess")
    tablet.get_by_label("New password").fill(PASSWORD)
    tablet.get_by_label("The same again").fill(PASSWORD)
    tablet.get_by_role("button", name="Set the password").click()
    fill_in(tablet, "new@example.org")
    expect(tablet.get_by_role("heading", name="Today")).to_be_visible()


def test_deactivating_asks_first(served: TestSite, tablet: Page) -> None:
    served.add(email="x@example.org")
    served.signed_in(tablet, Role.MANAGER)
    tablet.goto(served.url("/admin/staff"))
    asked: list[str] = []

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.message)
        if len(asked) == 1:
            dialog.dismiss()
        else:
            dialog.accept()

    tablet.on("dialog", answer)
    row = tablet.locator("tbody tr", has_text="x@example.org")
    row.get_by_text("Change").click()
    row.get_by_role("button", name="Deactivate").click()
    assert served.person("x@example.org").active
    row.get_by_role("button", name="Deactivate").click()
    expect(row).to_contain_text("Deactivated")
    assert len(asked) == 2
    assert not served.person("x@example.org").active


def test_the_clinic_can_be_chosen(served: TestSite, tablet: Page) -> None:
    served.load("iowa-radiology")
    for number, profile in enumerate(served.profiles.values()):
        soon = NOW + dt.timedelta(hours=3)
        phone = f"+1828555017{number}"
        booked(served.database, profile, NOW, starts_at=soon, phone=phone)
    served.signed_in(tablet)
    tablet.goto(served.url("/admin/"))
    expect(tablet.locator("tbody tr")).to_have_count(2)
    tablet.get_by_label("Clinic").select_option("Iowa Radiology")
    tablet.get_by_role("button", name="Show").click()
    expect(tablet.locator("tbody tr")).to_have_count(1)
    expect(tablet.get_by_label("Clinic")).to_have_value("iowa-radiology")


def test_pages_work_without_scripts(served: TestSite, tablet: Page) -> None:
    tablet.route("**/*.js*", lambda route: route.fulfill(body="", content_type="text/javascript"))
    served.signed_in(tablet, Role.MANAGER)
    tablet.goto(served.url("/admin/audit"))
    tablet.get_by_role("button", name="Show").click()
    expect(tablet.get_by_text("Nothing was found.")).to_be_visible()
    tablet.get_by_role("button", name="Sign out", exact=True).click()
    expect(tablet.get_by_role("heading", name="Sign in")).to_be_visible()

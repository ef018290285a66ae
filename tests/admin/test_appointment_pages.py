"""An appointment in a real browser: entered by keyboard, previewed while typing, changed by two."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from db.models import Appointment
from db.staff import Role
from tests.admin.test_appointment import SHOWN, book, one
from tests.support.site import TestSite, page_problems
from tests.support.visits import local


def typed(page: Page, text: str) -> None:
    page.keyboard.type(text)
    page.keyboard.press("Tab")


def test_booking_by_keyboard_alone(served: TestSite, tablet: Page) -> None:
    served.signed_in(tablet)
    tablet.goto(served.url("/admin/"))
    tablet.get_by_role("button", name="New appointment").press("Enter")
    tablet.get_by_label("First name").focus()
    preview = tablet.locator("#preview")
    expect(preview).to_have_text("Enter the day and the time.")
    for text in ("Rosa", "Luna", "03091948", "828 555 0188", "k", "12082026", "0830AM", "s"):
        typed(tablet, text)
        if text in ("03091948", "12082026"):
            tablet.keyboard.press("Tab")  # past the calendar's button
        if text == "0830AM":
            tablet.keyboard.press("Tab")
    expect(preview).to_contain_text("The patient has not agreed to be contacted this way.")
    expect(tablet.locator("#preview-summary")).to_have_text("0 messages go out. 3 do not.")
    tablet.get_by_label("Agreed to texts").press("Space")
    expect(tablet.locator("#preview-summary")).to_have_text("3 messages go out.")
    expect(preview).to_contain_text("ARA Health: Hola, Rosa.")
    expect(preview).to_contain_text("Mon, Dec 7, 2026, 8:00 PM EST · Text in Spanish · 2 segments")
    assert page_problems(tablet) == []
    tablet.get_by_role("button", name="Book the appointment").press("Enter")
    expect(tablet.get_by_role("status").first).to_contain_text("The appointment is booked.")
    expect(tablet.get_by_role("heading", level=1)).to_have_text("Rosa Luna")
    assert page_problems(tablet) == []
    assert one(served).starts_at == local("2026-12-08T08:30")


def test_the_preview_follows_and_never_steals_the_focus(served: TestSite, tablet: Page) -> None:
    book(served)
    served.signed_in(tablet)
    tablet.goto(served.url(SHOWN))
    preview = tablet.locator("#preview")
    expect(preview).to_contain_text("Hello Rosalind")
    tablet.get_by_label("First name").fill("")
    tablet.get_by_label("First name").press_sequentially("Inés María", delay=20)
    expect(preview).to_contain_text("Hello Inés Maria")  # as it would be sent: í costs a segment
    expect(tablet.get_by_label("First name")).to_be_focused()
    expect(tablet.get_by_label("First name")).to_have_value("Inés María")
    tablet.get_by_label("Day").fill("2026-12-08")
    expect(preview).to_contain_text("New-time notice")
    expect(preview).to_contain_text("The 3 messages planned so far are taken back.")
    tablet.get_by_label("Day").fill("2027-03-14")
    tablet.get_by_label("Time").fill("02:30")
    expect(preview).to_contain_text("This time does not exist")
    tablet.get_by_label("Day").fill("2027-11-07")
    tablet.get_by_label("Time").fill("01:30")
    which = tablet.get_by_label("Which of the two")
    which.select_option("The second, an hour later, EST")
    expect(preview).to_contain_text("New-time notice")
    expect(which).to_have_value("1")
    assert page_problems(tablet) == []
    tablet.get_by_label("Time").fill("03:30")
    expect(which).to_have_count(0)


def test_a_move_says_what_it_did(served: TestSite, tablet: Page) -> None:
    book(served)
    served.signed_in(tablet)
    tablet.goto(served.url(SHOWN))
    tablet.get_by_label("Day").fill("2026-12-08")
    tablet.get_by_label("Day").press("Enter")
    notice = tablet.locator("#notice")
    expect(notice).to_contain_text("The 3 reminders for Tuesday, Dec 1 were cancelled.")
    expect(notice).to_contain_text("One message about the new time goes out now.")
    tablet.get_by_text("Day before now: cancelled").click()
    expect(tablet.get_by_text("day_before (date 1, sms): due").first).to_be_visible()
    assert page_problems(tablet) == []


def test_cancelling_asks_first(served: TestSite, tablet: Page) -> None:
    book(served)
    served.signed_in(tablet)
    tablet.goto(served.url(SHOWN))
    tablet.once("dialog", lambda dialog: dialog.dismiss())
    tablet.get_by_role("button", name="Cancel the appointment").click()
    assert one(served).status == "scheduled"
    tablet.once("dialog", lambda dialog: dialog.accept())
    tablet.get_by_role("button", name="Cancel the appointment").click()
    expect(tablet.locator("#notice")).to_contain_text("The appointment is cancelled.")
    expect(tablet.get_by_role("button", name="Book it again")).to_be_visible()
    assert page_problems(tablet) == []


def test_the_second_of_two_people_keeps_what_they_typed(
    served: TestSite, tablet: Page, page_errors: list[str]
) -> None:
    book(served)
    served.signed_in(tablet, Role.MANAGER)
    tablet.goto(served.url(SHOWN))
    tablet.get_by_label("Last name").fill("Luna")
    with served.database.transaction() as session:
        visit = session.get(Appointment, 1)
        assert visit is not None
        visit.procedure = "vertebroplasty"
    tablet.get_by_role("button", name="Save").click()
    alert = tablet.locator("#errors")
    expect(alert).to_be_focused()
    expect(alert).to_contain_text("Procedure: was kyphoplasty, is now vertebroplasty.")
    expect(tablet.get_by_label("Last name")).to_have_value("Luna")
    expect(tablet.get_by_label("Procedure")).to_have_value("vertebroplasty")
    assert page_problems(tablet) == []
    assert any("409" in error for error in page_errors)
    page_errors.clear()
    tablet.get_by_role("button", name="Save").click()
    expect(tablet.locator("#notice")).to_contain_text("The corrections are stored.")
    visit = one(served)
    assert (visit.procedure, visit.patient.last_name) == ("vertebroplasty", "Luna")


def test_it_works_without_scripts(served: TestSite, tablet: Page) -> None:
    book(served)
    tablet.route("**/*.js*", lambda route: route.fulfill(body="", content_type="text/javascript"))
    served.signed_in(tablet)
    tablet.goto(served.url("/admin/"))
    tablet.get_by_label("Find a patient or an appointment").fill("quack")
    tablet.get_by_role("button", name="Find").click()
    tablet.get_by_role("link", name="Tue, Dec 1, 2026, 8:30 AM EST").click()
    tablet.get_by_label("Time").fill("09:30")
    tablet.get_by_role("button", name="Save").click()
    expect(tablet.locator("#notice")).to_contain_text("The appointment has its new time.")
    assert page_problems(tablet) == []

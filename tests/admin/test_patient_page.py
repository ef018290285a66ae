"""A patient's page in a browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from db.contacts import record_opt_change
from db.models import Patient
from tests.support import desk
from tests.support.csv_files import NOW
from tests.support.data import booked
from tests.support.site import TestSite, page_problems


@pytest.fixture
def patient(served: TestSite, tablet: Page) -> Page:
    """The page of a patient who shares a phone, opened by a coordinator."""
    profile = served.profiles["ara-health"]
    booked(served.database, profile, NOW)
    booked(served.database, profile, NOW, external_id="A-2", first_name="Otto")
    with served.database.transaction() as session:
        key = session.scalars(select(Patient.id).order_by(Patient.id)).first()
    desk.task(served.database, words="Can I bring my dog?")
    served.signed_in(tablet).goto(served.url(f"/admin/patients/{key}"))
    return tablet


def test_consent_and_caregiver_by_keyboard_alone(patient: Page) -> None:
    assert page_problems(patient) == []
    keyboard = patient.keyboard
    patient.get_by_label("How we know automated calls").focus()
    keyboard.press("Tab")
    keyboard.press("Enter")
    expect(patient.get_by_text("The consent is stored.")).to_be_visible()
    expect(patient.get_by_role("button", name="Withdraw consent automated calls")).to_be_visible()
    patient.get_by_label("Name").focus()
    for words in ("Ida Quackenbush", "12", "daughter"):
        keyboard.type(words)
        keyboard.press("Tab")
    keyboard.press("Enter")
    expect(patient.locator("#errors")).to_be_focused()
    assert page_problems(patient) == []
    patient.get_by_label("Phone").fill("(828) 555-0188")
    keyboard.press("Enter")
    expect(patient.get_by_role("link", name="Call (828) 555-0188")).to_be_visible()
    assert page_problems(patient) == []
    patient.once("dialog", lambda dialog: dialog.accept())
    patient.get_by_role("button", name="Remove Ida Quackenbush").click()
    expect(patient.get_by_text("Nobody else may be told")).to_be_visible()


def test_an_opt_out_stands_out(served: TestSite, patient: Page) -> None:
    contact = desk.contact_id(served.database)
    with served.database.transaction() as session:
        record_opt_change(session, contact, "opt_out", "keyword", "STOP", NOW)
    patient.reload()
    expect(patient.get_by_text("They wrote: “STOP”")).to_be_visible()
    assert page_problems(patient) == []

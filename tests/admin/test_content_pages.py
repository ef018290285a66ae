"""Content and rules as coordinators and managers work with them, in a real browser."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from db.staff import Role
from tests.admin.test_imports_page import shot
from tests.admin.test_rules import fill
from tests.support.browser import follow
from tests.support.site import TestSite, page_problems


def test_the_conversation_is_read_by_keyboard(served: TestSite, tablet: Page) -> None:
    served.signed_in(tablet)
    tablet.goto(served.url("/admin/"))
    follow(tablet.get_by_role("link", name="Content", exact=True))
    assert page_problems(tablet) == []
    shot(tablet, "content")
    in_picture = tablet.locator("svg a", has_text="How to get ready")
    in_picture.focus()
    tablet.keyboard.press("Enter")
    tablet.wait_for_url("**/flows/prep#stop-menu")
    expect(tablet.get_by_role("heading", name="How to get ready", level=1)).to_be_visible()
    assert page_problems(tablet) == []
    shot(tablet, "content-flow")
    tablet.get_by_text("words and phrases: Fasting").focus()
    tablet.keyboard.press("Enter")
    expect(tablet.get_by_text("empty stomach")).to_be_visible()
    for flow in ("ready", "handoff", "diagnosis"):
        tablet.goto(served.url(f"/admin/content/flows/{flow}"))
        assert page_problems(tablet) == []
    tablet.goto(served.url("/admin/content/messages"))
    assert page_problems(tablet) == []


def test_on_a_phone_nothing_sticks_out(served: TestSite, tablet: Page) -> None:
    tablet.set_viewport_size({"width": 375, "height": 720})
    served.signed_in(tablet, Role.MANAGER)
    here = "/admin/content/ara-health"
    for path in (
        *("/admin/content", "/admin/content/flows/prep", "/admin/content/simulator"),
        *(f"{here}/texts", f"{here}/texts/prep.drinks", f"{here}/rules", f"{here}/history"),
    ):
        tablet.goto(served.url(path))
        assert page_problems(tablet) == [], path
        shot(tablet, f"phone-{path.rpartition('/')[2]}")


def test_a_manager_fills_in_an_empty_text(served: TestSite, tablet: Page) -> None:
    served.signed_in(tablet, Role.MANAGER)
    tablet.goto(served.url("/admin/content"))
    follow(tablet.get_by_role("link", name="Approved texts"))
    assert page_problems(tablet) == []
    shot(tablet, "content-texts")
    follow(tablet.get_by_role("link", name="Drinks"))
    assert page_problems(tablet) == []
    tablet.get_by_label("In English").fill("Drink tea/water until 4 hours before.")
    tablet.get_by_label("In Spanish").fill("Tome agua hasta 4 horas antes.")
    expect(tablet.locator("#given")).to_contain_text("has '/', which can't be spoken in a call")
    tablet.get_by_role("button", name="Store as approved").click()
    expect(tablet.locator("#errors")).to_be_focused()
    assert page_problems(tablet) == []
    shot(tablet, "content-text-mistakes")
    tablet.get_by_label("In English").fill("Drink water until 4 hours before.")
    expect(tablet.locator("#given")).to_contain_text("9 menu, # back, 0 a person")
    tablet.get_by_label("Approved by").fill("Dr. Ames")
    tablet.get_by_label("Approved on").fill("2026-11-20")
    tablet.get_by_label("This person has approved").press("Space")
    tablet.get_by_label("Approved by").press("Enter")
    expect(tablet.get_by_role("status").first).to_contain_text("The text is stored.")
    expect(tablet.get_by_text("Approved by Dr. Ames on Fri, Nov 20, 2026.")).to_be_visible()
    assert page_problems(tablet) == []
    shot(tablet, "content-text")


def test_two_managers_at_one_text(served: TestSite, tablet: Page) -> None:
    served.signed_in(tablet, Role.MANAGER)
    path = "/admin/content/ara-health/texts/prep.bring"
    tablet.goto(served.url(path))
    other = served.visitor(Role.MANAGER)
    taken = re.search(r'name="base" value="([^"]+)"', other.get(path).text)
    assert taken
    tablet.get_by_label("In English").fill("Bring your pills.")
    from_other = tablet.context.new_page()
    from_other.goto(served.url(path))
    from_other.get_by_label("In English").fill("Bring your medicines.")
    for page in (from_other, tablet):
        page.get_by_label("Approved by").fill("Dr. Ames")
        page.get_by_label("Approved on").fill("2026-11-20")
        page.get_by_label("This person has approved").check()
        page.get_by_role("button", name="Store as approved").click()
        if page is from_other:
            expect(page.get_by_role("status").first).to_contain_text("The text is stored.")
    from_other.close()
    expect(tablet.locator("#errors")).to_be_focused()
    expect(tablet.locator("#errors")).to_contain_text("Somebody else changed this")
    expect(tablet.get_by_label("In English")).to_have_value("Bring your pills.")
    assert page_problems(tablet) == []
    shot(tablet, "content-conflict")


def test_rules_are_tried_out_applied_and_brought_back(served: TestSite, tablet: Page) -> None:
    fill(served.database, served.profiles["ara-health"], 9)
    served.signed_in(tablet, Role.MANAGER)
    tablet.goto(served.url("/admin/content"))
    follow(tablet.get_by_role("link", name="Reminder rules"))
    assert page_problems(tablet) == []
    days = tablet.get_by_role("group", name="Early reminder").get_by_label("Days before")
    days.fill("5")
    days.press("Enter")
    expect(tablet.get_by_text("3 reminders get another time.")).to_be_visible()
    assert page_problems(tablet) == []
    shot(tablet, "rules-preview")
    tablet.get_by_role("button", name="Apply exactly this").press("Enter")
    expect(tablet.get_by_text("The rules are stored and count from now on.")).to_be_visible()
    assert page_problems(tablet) == []
    tablet.goto(served.url("/admin/content/ara-health/history"))
    assert page_problems(tablet) == []
    shot(tablet, "history")
    follow(tablet.get_by_role("link", name="Version 1"))
    assert page_problems(tablet) == []
    shot(tablet, "version")
    tablet.once("dialog", lambda dialog: dialog.accept())
    tablet.get_by_role("button", name="Bring this version back").press("Enter")
    expect(tablet.get_by_text("Version 1 was brought back.")).to_be_visible()


def test_a_talk_by_text_with_keys_and_words(served: TestSite, tablet: Page) -> None:
    served.signed_in(tablet)
    tablet.goto(served.url("/admin/content"))
    follow(
        tablet.get_by_role("button", name="Try it out").or_(
            tablet.get_by_role("link", name="Try it out")
        )
    )
    assert page_problems(tablet) == []
    tablet.get_by_label("Language").select_option("es")
    tablet.get_by_role("button", name="Begin").press("Enter")
    typed = tablet.get_by_label("The patient's text")
    expect(typed).to_be_focused()
    tablet.keyboard.type("menú")
    tablet.keyboard.press("Enter")
    key = tablet.get_by_role("group", name="Keys").get_by_role("button", name="4 Cómo prepararse")
    expect(key).to_be_visible()
    assert page_problems(tablet) == []
    key.press("Enter")
    expect(tablet.get_by_role("button", name="1 Ayuno")).to_be_visible()
    tablet.get_by_label("The patient's text").fill("me duele mucho el pecho")
    tablet.keyboard.press("Enter")
    expect(tablet.get_by_text("A warning sign: emergency")).to_be_visible()
    assert page_problems(tablet) == []
    assert "pecho" not in tablet.url
    shot(tablet, "simulator")


def test_it_all_works_without_scripts(served: TestSite, tablet: Page) -> None:
    served.signed_in(tablet, Role.MANAGER)
    browser = tablet.context.browser
    assert browser
    bare = browser.new_context(java_script_enabled=False)
    bare.add_cookies(
        [
            {"name": each["name"], "value": each["value"], "url": served.base}
            for each in tablet.context.cookies()
        ]
    )
    page = bare.new_page()
    page.goto(served.url("/admin/content/ara-health/texts/prep.drinks"))
    page.get_by_label("In English").fill("Drink water.")
    page.get_by_label("In Spanish").fill("Tome agua.")
    page.get_by_role("button", name="Show what patients get").click()
    expect(page.get_by_text("What patients would get")).to_be_visible()
    expect(page.locator("#given")).to_contain_text("Tome agua.")
    expect(page.get_by_label("In English")).to_have_value("Drink water.")
    page.goto(served.url("/admin/content/simulator"))
    page.get_by_role("button", name="Begin").click()
    page.get_by_label("The patient's text").fill("menu")
    page.get_by_role("button", name="Send").click()
    page.get_by_role("button", name="4 How to get ready").click()
    expect(page.locator("#newest")).to_contain_text("Getting ready.")
    bare.close()

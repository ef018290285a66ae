"""The browser phone, in a real browser, with a tiny app on a real socket behind it."""

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Response
from playwright.sync_api import Page, expect

from emulator import Emulator, Fault, FaultKind
from tests.support.browser import axe_violations
from tests.support.emulator import (
    CLINIC,
    OTHER_CLINIC,
    OTHER_PHONE,
    PHONE,
    FakeApp,
    client_for,
    messages,
)

STATES = ("Queued", "Sending", "Sent", "Delivered")
DOT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)

WATCH_STATES = """() => {
    window.states = [];
    new MutationObserver(() => {
        const now = document.querySelector(".state")?.textContent;
        if (now && window.states.at(-1) !== now) window.states.push(now);
    }).observe(document.body, { childList: true, subtree: true, characterData: true });
}"""


def answer(form: dict[str, str]) -> Response:
    if form["Body"] == "break":
        return Response("oops", 500)
    return messages(f"You said: {form['Body']}", "Está bien 👍")


@pytest.fixture
def demo(app: FakeApp) -> Iterator[Emulator]:
    """A carrier with two clinics and two phones, slow enough for the page to show each status."""
    app.answer = answer
    numbers = {CLINIC: "ARA Health", OTHER_CLINIC: "Iowa Radiology"}
    phones = {PHONE: "Mary Thompson", OTHER_PHONE: "Harold Greene"}
    with Emulator(app_url=app.url, numbers=numbers, phones=phones, pace=0.03) as running:
        yield running


@pytest.fixture
def thread(demo: Emulator, page: Page) -> Page:
    """The page with Mary's conversation with ARA Health on screen; it closes before the carrier."""
    page.set_viewport_size({"width": 1360, "height": 860})
    page.goto(demo.url)
    page.get_by_role("button", name="ARA Health").click()
    return page


def from_clinic(demo: Emulator, to: str = PHONE, body: str = "See you tomorrow at 8:00 AM.") -> str:
    sid: str = client_for(demo).messages.create(to=to, from_=CLINIC, body=body).sid
    return sid


def test_a_conversation(thread: Page, app: FakeApp) -> None:
    box = thread.get_by_label("Text message")
    box.fill("Can I drink coffee?")
    box.press("Enter")
    expect(box).to_have_value("")
    bubbles = thread.locator(".bubble")
    expect(bubbles).to_have_text(
        ["Can I drink coffee?", "You said: Can I drink coffee?", "Está bien 👍"]
    )
    assert app.texts()[0].form["From"] == PHONE
    assert app.texts()[0].form["To"] == CLINIC
    states = thread.locator(".state")
    expect(states).to_have_text(["Delivered"] * 3)
    expect(thread.locator(".segments")).to_have_text(["1 segment", "1 segment"])
    expect(thread.locator(".mine .bubble")).to_have_count(1)
    expect(thread.get_by_text("UCS-2, 1 segment")).to_be_visible()


def test_ticks_follow_the_message_without_reload(thread: Page, demo: Emulator) -> None:
    demo.faults.add(Fault(kind=FaultKind.HOLD_IN_QUEUE, seconds=2))  # else the first may be missed
    thread.evaluate(WATCH_STATES)
    from_clinic(demo, body="a" * 161)
    expect(thread.locator(".state")).to_have_text("Delivered")
    seen = thread.evaluate("window.states")
    assert (seen[0], seen[-1]) == ("Queued", "Delivered")
    assert seen == [state for state in STATES if state in seen]  # a busy browser may skip some
    expect(thread.locator(".segments")).to_have_text("2 segments")


def test_a_failure_says_why(thread: Page, demo: Emulator) -> None:
    thread.get_by_label("This phone").select_option("off")
    expect(thread.get_by_text("No service")).to_be_visible()
    from_clinic(demo)
    expect(thread.locator(".failed .state")).to_have_text(
        "Not delivered: the phone is switched off (30003)"
    )


def test_the_count_while_typing(thread: Page) -> None:
    box, count = thread.get_by_label("Text message"), thread.locator("#count")
    box.fill("Hello")
    expect(count).to_have_text("155 left · 1 segment")
    box.fill("está")
    expect(count).to_have_text("66 left · 1 segment")
    box.fill("á" * 71)
    expect(count).to_have_text("63 left · 2 segments")
    box.fill("")
    expect(count).to_have_text("")
    expect(thread.get_by_role("button", name="Send")).to_be_disabled()


def test_a_second_phone_and_its_badge(thread: Page, demo: Emulator) -> None:
    row = thread.get_by_role("navigation").get_by_role("button", name="Harold Greene")
    from_clinic(demo, to=OTHER_PHONE, body="Your visit is on Tuesday.")
    expect(row.locator(".badge")).to_have_text("1 unread text")
    expect(thread).to_have_title("(1) Phones")
    expect(thread.locator(".bubble")).to_have_count(0)
    row.click()
    expect(thread.locator(".bubble")).to_have_text(["Your visit is on Tuesday."])
    expect(row.locator(".badge")).to_have_count(0)
    expect(thread).to_have_title("Phones")
    thread.reload()
    expect(thread.locator(".bubble")).to_have_count(1)
    expect(row.locator(".badge")).to_have_count(0)


def test_what_is_typed_stays_with_its_conversation(thread: Page, demo: Emulator) -> None:
    box = thread.get_by_label("Text message")
    box.fill("Half a though")
    from_clinic(demo)
    expect(thread.locator(".state")).to_have_text("Delivered")
    box.press_sequentially("t")
    expect(box).to_have_value("Half a thought")
    phones = thread.get_by_role("navigation")
    phones.get_by_role("button", name="Harold Greene").click()
    phones.get_by_role("button", name="Mary Thompson").click()
    expect(box).to_have_value("Half a thought")


def test_a_clinic_that_does_not_answer(thread: Page) -> None:
    box = thread.get_by_label("Text message")
    box.fill("break")
    box.press("Enter")
    expect(thread.locator(".note")).to_have_text(
        "The clinic's service did not answer (500). Code 11200."
    )


def test_a_picture(thread: Page, app: FakeApp, tmp_path: Path) -> None:
    picture = tmp_path / "scar.png"
    picture.write_bytes(DOT)
    thread.get_by_label("Picture to attach").set_input_files(picture)
    expect(thread.get_by_alt_text("Picture 1")).to_be_visible()
    assert axe_violations(thread) == []
    thread.get_by_role("button", name="Send").click()
    sent = thread.get_by_alt_text("Picture that the patient sent")
    expect(sent).to_be_visible()
    expect(thread.get_by_role("button", name="Remove picture 1")).to_have_count(0)
    expect(thread.locator(".theirs")).to_have_count(2)
    expect(thread.locator(".theirs").last).to_be_in_viewport()
    form = app.texts()[0].form
    assert (form["NumMedia"], form["MediaContentType0"]) == ("1", "image/png")
    assert form["MessageSid"].startswith("MM")
    assert thread.request.get(form["MediaUrl0"]).body() == DOT


def test_a_file_that_is_no_picture_is_refused(
    thread: Page, page_errors: list[str], tmp_path: Path
) -> None:
    paper = tmp_path / "paper.pdf"
    paper.write_bytes(b"%PDF")
    thread.get_by_label("Picture to attach").set_input_files(paper)
    thread.get_by_role("button", name="Send").click()
    expect(thread.get_by_role("alert").get_by_text("Please choose a picture")).to_be_visible()
    expect(thread.locator(".chosen img")).to_have_count(1)
    page_errors.clear()


def test_adding_a_phone_and_choosing_a_clinic(thread: Page, app: FakeApp) -> None:
    thread.get_by_text("Add a phone").click()
    thread.get_by_label("Number", exact=True).fill("(515) 555-0144")
    thread.get_by_label("Name", exact=True).fill("Rosa Delgado")
    thread.get_by_role("button", name="Add phone").click()
    expect(thread.get_by_role("heading", name="Messages")).to_be_visible()
    assert axe_violations(thread) == []
    thread.get_by_role("button", name="Iowa Radiology").click()
    box = thread.get_by_label("Text message")
    box.fill("hola")
    box.press("Enter")
    expect(thread.locator(".bubble")).to_have_count(3)
    assert app.texts()[0].form["From"] == "+15155550144"
    assert app.texts()[0].form["To"] == OTHER_CLINIC


def test_another_number_can_be_typed(thread: Page, app: FakeApp) -> None:
    thread.get_by_role("button", name="All conversations").click()
    other = thread.get_by_label("Text another number")
    other.fill("555")
    other.press("Enter")
    expect(thread.get_by_text("Please type a number with its area code.")).to_be_visible()
    other.fill("(202) 555-0170")
    other.press("Enter")
    box = thread.get_by_label("Text message")
    box.fill("hello")
    box.press("Enter")
    expect(thread.locator(".bubble")).to_have_count(3)
    assert app.texts()[0].form["To"] == "+12025550170"


def test_the_latest_text_is_shown_unless_one_reads_back(thread: Page, demo: Emulator) -> None:
    for number in range(12):
        from_clinic(demo, body=f"{number}: " + "long " * 30)
    latest = thread.locator(".bubble").last
    expect(latest).to_contain_text("11: ")
    expect(latest).to_be_in_viewport()
    thread.get_by_role("log").hover()
    thread.mouse.wheel(0, -5000)
    expect(thread.locator(".bubble").first).to_be_in_viewport()
    from_clinic(demo, body="One more")
    expect(thread.locator(".bubble")).to_have_count(13)
    expect(thread.locator(".bubble").first).to_be_in_viewport()
    expect(latest).not_to_be_in_viewport()
    box = thread.get_by_label("Text message")
    box.fill("Thank you")
    box.press("Enter")
    expect(thread.locator(".mine")).to_be_in_viewport()


def test_markup_in_a_text_stays_text(thread: Page, demo: Emulator) -> None:
    from_clinic(demo, body="<img src=x onerror=alert(1)> & <b>bold</b>")
    expect(thread.locator(".bubble")).to_have_text("<img src=x onerror=alert(1)> & <b>bold</b>")


def test_the_page_comes_back_after_the_carrier_was_away(
    thread: Page, demo: Emulator, page_errors: list[str]
) -> None:
    from_clinic(demo, body="Before")
    expect(thread.locator(".bubble")).to_have_text(["Before"])
    with demo.refusing():
        expect(thread.get_by_role("status")).to_contain_text("not running")
    expect(thread.get_by_role("status")).to_have_text("Connected")
    from_clinic(demo, body="After")
    expect(thread.locator(".bubble")).to_have_text(["Before", "After"])
    demo.reset()
    expect(thread.locator(".bubble")).to_have_count(0)
    page_errors.clear()


def test_it_is_accessible_at_every_width(thread: Page, demo: Emulator) -> None:
    demo.text(PHONE, CLINIC, "Hello")
    demo.text(PHONE, CLINIC, "break")
    from_clinic(demo, to=OTHER_PHONE)
    expect(thread.locator(".note")).to_be_visible()
    demo.wait_until_idle()
    assert axe_violations(thread) == []
    thread.set_viewport_size({"width": 390, "height": 800})
    assert axe_violations(thread) == []
    thread.get_by_role("button", name="Behind the screen").click()
    expect(thread.get_by_label("This phone")).to_be_visible()
    assert axe_violations(thread) == []
    thread.get_by_role("button", name="All conversations").click()
    thread.get_by_role("button", name="All phones").click()
    expect(thread.get_by_role("heading", name="Patients")).to_be_visible()
    assert axe_violations(thread) == []
    thread.get_by_role("button", name="Harold Greene").click()
    expect(thread.locator(".bubble")).to_have_count(1)
    overflow = thread.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert not overflow


def test_only_with_the_keyboard(thread: Page) -> None:
    box = thread.get_by_label("Text message")
    expect(box).to_be_focused()
    thread.keyboard.type("first line")
    thread.keyboard.press("Shift+Enter")
    thread.keyboard.type("second line")
    thread.keyboard.press("Enter")
    expect(thread.locator(".mine .bubble")).to_have_text("first line\nsecond line")
    expect(box).to_be_focused()
    thread.keyboard.press("Shift+Tab")
    expect(thread.get_by_role("button", name="Attach a picture")).to_be_focused()

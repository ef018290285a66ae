"""Calls on the browser phone, in a real browser, with a tiny app on a real socket behind it."""

import re
import wave
from base64 import b64encode
from collections.abc import Iterator
from io import BytesIO

import pytest
from playwright.sync_api import Page, expect

from emulator import Emulator
from emulator.options import LOCAL_ACCOUNT, LOCAL_KEY
from tests.support.browser import axe_violations
from tests.support.emulator import CLINIC, OTHER_PHONE, PHONE, FakeApp, Post, client_for
from tests.support.voice_app import said

VOICE = 'voice="Polly.Joanna-Neural"'
MENU = (
    '<Gather input="dtmf speech" numDigits="1" finishOnKey="" action="/voice/turn" timeout="1">'
    f"<Say {VOICE}>Press 1 to hear about fasting. Press 0 for a person.</Say>"
    '<Say voice="Polly.Lupe-Neural" language="es-US">Para español, oprima 2.</Say></Gather>'
    f"<Say {VOICE}>I did not hear you.</Say><Redirect>/voice/inbound</Redirect>"
)
FAKE_VOICES = """() => {
    window.uttered = [];
    const voices = [{ lang: "en-US", name: "en" }, { lang: "es-US", name: "es" }];
    Object.defineProperty(window, "speechSynthesis", { value: {
        getVoices: () => voices,
        addEventListener: () => {},
        cancel: () => { window.pending = null; },
        speak: (words) => {
            window.uttered.push(`${words.lang}: ${words.text}`);
            window.pending = words;
        },
    } });
    window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
    window.endOfPrompt = () => {
        const words = window.pending;
        window.pending = null;
        words.onend();
    };
}"""


def speak(post: Post) -> str:
    form = post.form
    if "RecordingUrl" in form:
        return said(f"<Say {VOICE}>Thank you for your message.</Say><Hangup/>")
    if form.get("DialCallStatus"):
        return said(f"<Say {VOICE}>They are {form['DialCallStatus']}.</Say>" + MENU)
    match form.get("Digits"):
        case "0":
            return said('<Dial action="/voice/dialled">+18285550111</Dial>')
        case "9":
            return said(
                f'<Say {VOICE}>Leave a message.</Say><Record action="/voice/recorded"/><Hangup/>'
            )
        case str() as digits:
            return said(f"<Say {VOICE}>You pressed {digits}.</Say><Hangup/>")
    if words := form.get("SpeechResult"):
        return said(f"<Say {VOICE}>You said {words}</Say>" + MENU)
    return said(MENU)


@pytest.fixture
def demo(app: FakeApp) -> Iterator[Emulator]:
    """A carrier whose phones ring on the page."""
    app.speak = speak
    phones = {PHONE: "Mary Thompson", OTHER_PHONE: "Harold Greene"}
    numbers = {CLINIC: "ARA Health"}
    with Emulator(app_url=app.url, numbers=numbers, phones=phones, pickup="ring") as running:
        yield running


@pytest.fixture
def thread(demo: Emulator, page: Page) -> Page:
    """The page with Mary's conversation on screen."""
    page.set_viewport_size({"width": 1360, "height": 860})
    page.goto(demo.url)
    expect(page.get_by_role("heading", name="ARA Health")).to_be_visible()
    return page


@pytest.fixture
def call(thread: Page) -> Page:
    """Mary calls, and hears the menu."""
    thread.get_by_role("button", name="Call ARA Health").click()
    expect(thread.get_by_text("Press 1 to hear about fasting.")).to_be_visible()
    return thread


def remind(demo: Emulator, app: FakeApp, to: str = PHONE) -> None:
    url = f"{app.url}/voice/reminder"
    calls = client_for(demo).calls
    calls.create(to=to, from_=CLINIC, url=url, machine_detection="Enable")


def prompts(page: Page) -> list[str]:
    return page.locator(".prompts .said").all_text_contents()


def test_a_call_with_the_keypad(call: Page, app: FakeApp) -> None:
    expect(call.locator(".prompts .said").last).to_have_attribute("lang", "es-US")
    call.get_by_role("button", name="1", exact=True).click()
    expect(call.get_by_text("You pressed 1.")).to_be_visible()
    expect(call.locator(".prompts .done")).to_have_text(["Pressed 1"])
    expect(call.get_by_text("The clinic hung up.")).to_be_visible()
    assert [post.form.get("Digits") for post in app.posts[:2]] == [None, "1"]
    assert app.posts[0].form["From"] == PHONE
    call.get_by_role("button", name="Back to messages").click()
    expect(call.get_by_label("Text message")).to_be_visible()


def test_words_in_place_of_keys(call: Page, app: FakeApp) -> None:
    box = call.get_by_label("What the caller says")
    box.fill("can I drink water?")
    box.press("Enter")
    expect(call.get_by_text("You said can I drink water?")).to_be_visible()
    expect(box).to_have_value("")
    form = app.posts[-1].form
    assert (form["SpeechResult"], form["Confidence"]) == ("can I drink water?", "0.9")


def test_silence_is_a_button_without_voices(call: Page, app: FakeApp) -> None:
    expect(call.get_by_role("button", name="Voice on")).to_have_count(0)
    call.get_by_role("button", name="Stay silent").click()
    expect(call.locator(".prompts .said")).to_have_count(5)
    assert prompts(call)[2] == "I did not hear you."
    assert len(app.posts) == 2


def test_hanging_up(call: Page, demo: Emulator, app: FakeApp) -> None:
    call.get_by_role("button", name="Hang up").click()
    expect(call.get_by_text("You hung up.")).to_be_visible()
    demo.wait_until_idle()
    assert app.posts[-1].form["CallStatus"] == "completed"


def test_a_recording_is_stopped_by_hand(call: Page, app: FakeApp) -> None:
    call.get_by_role("button", name="9", exact=True).click()
    expect(call.get_by_text("Recording… speak")).to_be_visible()
    expect(call.locator(".call-status")).to_contain_text(re.compile(r"recording \d"))
    assert axe_violations(call) == []
    call.get_by_role("button", name="Stop").click()
    expect(call.get_by_text("Thank you for your message.")).to_be_visible()
    (form,) = (post.form for post in app.posts if "RecordingUrl" in post.form)
    assert form["Digits"] == "#"
    seconds = int(form["RecordingDuration"])
    assert seconds >= 1
    login = b64encode(f"{LOCAL_ACCOUNT}:{LOCAL_KEY}".encode()).decode()
    sound = call.request.get(form["RecordingUrl"], headers={"Authorization": f"Basic {login}"})
    with wave.open(BytesIO(sound.body())) as heard:
        assert heard.getnframes() == min(seconds, 10) * heard.getframerate()


def test_hanging_up_keeps_the_recording(call: Page, app: FakeApp) -> None:
    call.get_by_role("button", name="9", exact=True).click()
    expect(call.get_by_text("Recording… speak")).to_be_visible()
    call.get_by_role("button", name="Hang up").click()
    expect(call.get_by_text("You hung up.")).to_be_visible()
    assert [p.form["Digits"] for p in app.posts if "RecordingUrl" in p.form] == ["hangup"]


def test_being_put_through(call: Page) -> None:
    call.get_by_role("button", name="0", exact=True).click()
    expect(call.get_by_text("How does it end?")).to_be_visible()
    call.get_by_role("button", name="Busy").click()
    expect(call.get_by_text("They are busy.")).to_be_visible()
    expect(call.get_by_role("group", name="Keypad")).to_be_visible()


def test_a_reminder_rings_and_is_answered(thread: Page, demo: Emulator, app: FakeApp) -> None:
    remind(demo, app)
    expect(
        thread.get_by_role("alert").get_by_text("Incoming call from ARA Health")
    ).to_be_attached()
    expect(thread).to_have_title("Incoming call")
    assert axe_violations(thread) == []
    thread.get_by_role("button", name="Answer", exact=True).click()
    expect(thread.get_by_text("Press 1 to hear about fasting.")).to_be_visible()
    assert app.posts[0].form["AnsweredBy"] == "human"
    thread.get_by_role("button", name="5", exact=True).click()
    expect(thread.get_by_text("You pressed 5.")).to_be_visible()


def test_a_reminder_is_declined_or_left_to_voicemail(
    thread: Page, demo: Emulator, app: FakeApp
) -> None:
    remind(demo, app)
    thread.get_by_role("button", name="Decline").click()
    expect(thread.get_by_text("You declined the call.")).to_be_visible()
    assert demo.calls()[0].status == "busy"
    thread.get_by_role("button", name="Back to messages").click()
    app.speak = lambda _: said(f"<Say {VOICE}>Please call the clinic.</Say><Hangup/>")
    remind(demo, app)
    thread.get_by_role("button", name="Let voicemail answer").click()
    expect(thread.get_by_text("Please call the clinic.")).to_be_visible()
    assert app.posts[-1].form["AnsweredBy"] == "machine_start"


def test_another_phone_rings(thread: Page, demo: Emulator, app: FakeApp) -> None:
    remind(demo, app, to=OTHER_PHONE)
    row = thread.get_by_role("navigation").get_by_role("button", name="Harold Greene")
    expect(row).to_contain_text("Incoming call")
    row.click()
    expect(thread.get_by_role("button", name="Answer", exact=True)).to_be_visible()


def test_a_clinic_that_fails_is_told(thread: Page, app: FakeApp) -> None:
    app.speak = lambda _: "<Response><Sms/></Response>"
    thread.get_by_role("button", name="Call ARA Health").click()
    expect(thread.get_by_text("The clinic's service failed.")).to_contain_text("<Sms>")


def test_only_with_the_keyboard(thread: Page, app: FakeApp) -> None:
    thread.get_by_role("button", name="Call ARA Health").focus()
    thread.keyboard.press("Enter")
    expect(thread.get_by_text("Press 1 to hear about fasting.")).to_be_visible()
    expect(thread.get_by_role("region", name="Call")).to_be_focused()
    thread.keyboard.press("7")
    expect(thread.get_by_text("You pressed 7.")).to_be_visible()
    assert app.posts[1].form["Digits"] == "7"
    thread.keyboard.press("Tab")
    thread.keyboard.press("Tab")
    expect(thread.get_by_role("button", name="Back to messages")).to_be_focused()


def test_keys_keep_their_order(call: Page, app: FakeApp) -> None:
    app.speak = lambda post: said(
        '<Gather action="/voice/more" numDigits="6" finishOnKey=""/><Hangup/>'
        if "/more" not in post.path
        else f"<Say {VOICE}>{post.form['Digits']}</Say><Hangup/>"
    )
    call.get_by_role("button", name="Stay silent").click()
    expect(call.locator(".prompts .said")).to_have_count(3)
    for key in "123456":
        call.keyboard.press(key)
    expect(call.get_by_text("123456")).to_be_visible()


def test_prompts_are_spoken_in_their_language(demo: Emulator, page: Page, app: FakeApp) -> None:
    page.add_init_script(f"({FAKE_VOICES})()")
    page.set_viewport_size({"width": 1360, "height": 860})
    page.goto(demo.url)
    page.get_by_role("button", name="Call ARA Health").click()
    current = page.locator(".prompts [aria-current]")
    expect(current).to_contain_text("Press 1")
    page.evaluate("endOfPrompt()")
    expect(current).to_contain_text("español")
    assert page.evaluate("uttered") == [
        "en-US: Press 1 to hear about fasting. Press 0 for a person.",
        "es-US: Para español, oprima 2.",
    ]
    page.evaluate("endOfPrompt()")
    expect(page.get_by_text("I did not hear you.")).to_be_visible()
    assert len(app.posts) == 2, "silence went by after the prompts were spoken"
    page.get_by_role("button", name="4", exact=True).click()
    expect(page.get_by_text("You pressed 4.")).to_have_count(0)
    page.evaluate("endOfPrompt()")
    page.get_by_role("button", name="9", exact=True).click()
    expect(current).to_have_text("Leave a message.")
    expect(page.get_by_text("Para español, oprima 2.")).to_have_count(1)
    expect(page.locator(".call-status")).not_to_contain_text("recording")
    page.evaluate("endOfPrompt()")
    expect(page.locator(".call-status")).to_contain_text(re.compile(r"recording \d"))
    page.get_by_role("button", name="Voice on").click()
    expect(page.get_by_role("button", name="Voice off")).to_be_visible()


def test_it_is_accessible_at_every_width(call: Page) -> None:
    for width, height in ((1360, 860), (820, 1180), (390, 800), (360, 640)):
        call.set_viewport_size({"width": width, "height": height})
        expect(call.get_by_role("button", name="Hang up")).to_be_in_viewport(ratio=1)
        expect(call.get_by_role("button", name="Stay silent")).to_be_in_viewport(ratio=1)
        assert axe_violations(call) == []
        assert not call.evaluate("document.documentElement.scrollWidth > innerWidth")

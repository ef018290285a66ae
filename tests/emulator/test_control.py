"""The control interface, as a test in another process uses it."""

import pytest
import requests

from emulator import Emulator, Fault, FaultKind
from tests.support.emulator import CLINIC, PHONE, FakeApp, client_for, messages
from tests.support.waiting import wait_until


def test_text_messages_callbacks_and_idle(connected: Emulator, app: FakeApp) -> None:
    app.answer = lambda _: messages("Hello back")
    text = {"from": PHONE, "to": CLINIC, "body": "Hello", "extra": {"FromCity": "BOONE"}}
    result = requests.post(f"{connected.url}/emulator/texts", json=text, timeout=60).json()
    assert (result["status"], result["replies"]) == (200, ["Hello back"])
    assert "<Body>Hello back</Body>" in result["body"]
    assert app.posts[0].form["FromCity"] == "BOONE"
    idle = requests.get(f"{connected.url}/emulator/idle?timeout=60", timeout=6).json()
    assert idle == {"idle": True}
    (reply,) = requests.get(
        f"{connected.url}/emulator/messages", params={"to": PHONE}, timeout=60
    ).json()
    assert (reply["body"], reply["status"], reply["segments"]) == ("Hello back", "delivered", 1)
    client_for(connected).messages.create(
        to=PHONE, from_=CLINIC, body="x", status_callback=f"{app.url}/sms/status"
    )
    connected.wait_until_idle()
    callbacks = requests.get(f"{connected.url}/emulator/callbacks", timeout=60).json()
    assert [callback["status"] for callback in callbacks] == ["sent", "delivered"]


def test_faults_can_be_added_and_cleared(carrier: Emulator) -> None:
    url = f"{carrier.url}/emulator/faults"
    fault = {"kind": "http_error", "http_status": 503, "retry_after": 2, "to": PHONE, "times": 3}
    waiting = requests.post(url, json=fault, timeout=60).json()
    assert waiting[0]["kind"] == "http_error"
    wanted = Fault(kind=FaultKind.HTTP_ERROR, http_status=503, retry_after=2, to=PHONE, times=3)
    assert carrier.faults.waiting() == (wanted,)
    assert requests.delete(url, timeout=60).json() == []
    assert carrier.faults.waiting() == ()


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("faults", {"kind": "gremlins"}),
        ("faults", {"kind": "error"}),
        ("faults", {"kind": "error", "code": 1, "colour": "red"}),
        ("texts", {"from": "Mary", "to": CLINIC, "body": "x"}),
        ("texts", {"from": PHONE, "to": CLINIC}),
        ("texts", ["not", "an", "object"]),
        ("blocks", {"phone": PHONE}),
    ],
)
def test_requests_that_make_no_sense_are_explained(
    carrier: Emulator, path: str, body: object
) -> None:
    answer = requests.post(f"{carrier.url}/emulator/{path}", json=body, timeout=60)
    assert answer.status_code == 400
    assert answer.json()["problem"]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded"])
def test_a_post_that_any_web_page_could_send_changes_nothing(carrier: Emulator, kind: str) -> None:
    for path, body in (
        ("emulator/reset", "{}"),
        ("phone/texts", f'{{"from": "{PHONE}", "to": "{CLINIC}", "body": "x"}}'),
    ):
        answer = requests.post(
            f"{carrier.url}/{path}", data=body, headers={"Content-Type": kind}, timeout=60
        )
        assert answer.status_code == 400
    assert carrier.messages() == []


def test_blocks_and_reset(connected: Emulator) -> None:
    url = f"{connected.url}/emulator"
    block = {"phone": PHONE, "number": CLINIC}
    assert requests.post(f"{url}/blocks", json=block, timeout=60).json() == {"blocked": True}
    opt_in = {**block, "blocked": False}
    assert requests.post(f"{url}/blocks", json=opt_in, timeout=60).json() == {"blocked": False}
    connected.text(PHONE, CLINIC, "Hello")
    connected.faults.add(Fault(kind=FaultKind.NO_RECEIPT))
    assert requests.post(f"{url}/reset", json={}, timeout=60).json() == {"status": "up"}
    assert connected.messages() == []
    assert connected.faults.waiting() == ()


def test_refusing_for_a_while(carrier: Emulator) -> None:
    url = f"{carrier.url}/emulator"
    answer = requests.post(f"{url}/refusal", json={"seconds": 5}, timeout=60)
    assert answer.json() == {"seconds": 5}

    def is_up() -> bool:
        try:
            return requests.get(f"{url}/health", timeout=60).ok
        except requests.RequestException:
            return False

    wait_until("the port to close", lambda: not is_up())
    wait_until("the port to open", is_up)

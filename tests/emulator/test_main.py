"""The program: options, a silent log, and an end that is quick and clean."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import requests

from emulator.__main__ import main
from tests.support.emulator import CLINIC, PHONE, FakeApp, messages
from tests.support.processes import Running, running
from tests.support.signals import taken_by_another_thread
from tests.support.waiting import wait_until

ACCOUNT = "AC" + "a" * 32


@contextmanager
def program(*options: str) -> Iterator[tuple[Running, str]]:
    """The program on a free port, and its address."""
    env = {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": "one, two"}
    with running("python", "-m", "emulator", "--port", "0", *options, env=env) as process:
        yield process, process.wait_for_line(r"http://[\d.:]+")[0]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_at_once_though_a_page_is_open(number: signal.Signals) -> None:
    with program("--phone", f"{PHONE}=Mary", "--number", CLINIC) as (process, url):
        with requests.get(f"{url}/phone/stream", stream=True, timeout=60) as page:
            lines = page.iter_lines()
            assert b"Mary" in next(line for line in lines if line.startswith(b"data"))
            assert process.stop(number, seconds=12) == 0
            assert list(lines)[-1:] in ([], [b""]), "the stream ends in good order"
        assert len(process.lines) == 1, "a log without requests"


def test_it_ends_though_another_thread_takes_the_signal() -> None:
    with running(*taken_by_another_thread("emulator", "--port", "0")) as process:
        process.wait_for_line("http://")
        assert process.stop() == 0


def test_it_takes_its_account_and_numbers() -> None:
    options = ("--number", f"{CLINIC}=ARA Health", "--strict-numbers", "--pace", "0.01")
    with program(*options, "--app-url", "http://127.0.0.1:9") as (process, url):
        path = f"{url}/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
        form = {"To": PHONE, "From": CLINIC, "Body": "Hello"}
        for token, status in (("one", 201), ("two", 201), ("three", 401)):
            answer = requests.post(path, form, auth=(ACCOUNT, token), timeout=60)
            assert answer.status_code == status
        stranger = {**form, "From": "+15155550120"}
        answer = requests.post(path, stranger, auth=(ACCOUNT, "one"), timeout=60)
        assert answer.json()["code"] == 21659
        text = {"from": PHONE, "to": CLINIC, "body": "private words"}
        requests.post(f"{url}/emulator/texts", json=text, timeout=60)
        assert process.stop() == 0
        assert PHONE not in "".join(process.lines)
        assert "private words" not in "".join(process.lines)


@contextmanager
def called(*options: str) -> Iterator[tuple[str, Callable[[], str]]]:
    """The program with a call to a phone under way: its address, and what tells the status."""
    with program(*options, "--pace", "0.01") as (process, url):
        path = f"{url}/2010-04-01/Accounts/{ACCOUNT}/Calls.json"
        form = {"To": PHONE, "From": CLINIC, "Url": "http://127.0.0.1:9/voice"}
        assert requests.post(path, form, auth=(ACCOUNT, "one"), timeout=60).status_code == 201

        def status() -> str:
            (call,) = requests.get(f"{url}/emulator/calls", timeout=60).json()
            return str(call["status"])

        yield url, status
        assert process.stop() == 0
        assert PHONE not in "".join(process.lines)


def test_phones_ring_once_somebody_can_hear_them() -> None:
    with called() as (url, status):
        requests.get(f"{url}/emulator/idle", timeout=70)
        assert status() == "queued"
        with requests.get(f"{url}/phone/stream", stream=True, timeout=60):
            wait_until("it rings", lambda: status() == "ringing")


def test_phones_do_not_ring_where_told_otherwise() -> None:
    with called("--pickup", "busy") as (url, status):
        requests.get(f"{url}/emulator/idle", timeout=70)
        assert status() == "busy"


def test_its_number_may_have_fallback_addresses() -> None:
    with FakeApp(answer=lambda _: messages("Call us.")) as backup:
        fallback = ("--text-fallback-url", f"{backup.url}/sms/inbound")
        with program("--app-url", "http://127.0.0.1:9", *fallback) as (_, url):
            form = {"from": PHONE, "to": CLINIC, "body": "Hi"}
            requests.post(f"{url}/emulator/texts", json=form, timeout=10).raise_for_status()
            assert backup.posts[0].form["Body"] == "Hi"


def test_an_option_that_cannot_work_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--number", "828 555 0110"]) == 2
    assert "+18285550142" in capsys.readouterr().err

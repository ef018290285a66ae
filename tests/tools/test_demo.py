"""`make demo` as it is used: started, looked at, stopped, killed, and started where it cannot."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.processes import BIN, ROOT, Running, free_port, gives_200, is_running, running
from tests.support.waiting import wait_until
from tools import demo
from tools.children import Child

SECONDS = 180  # two processors and the other tests at work


def test_a_taken_port_is_told_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1] - 1  # the emulator's port is the taken one
        with running("python", "-m", "tools.demo", env={"PORT": str(port)}) as process:
            assert process.wait() == 1
    (line,) = process.lines
    assert re.search(f"port (?:{port}|{port + 1}) is taken", line)  # others take ports as well
    assert "make demo PORT=" in line


@pytest.mark.parametrize("text", ["", "eight", "0", "65535", "-1", "80.5", "８０００"])
def test_a_port_that_is_none_is_told(text: str) -> None:
    with pytest.raises(demo.DemoError, match="PORT is"):
        demo.chosen_port(text)


def test_settings_of_a_real_deployment_are_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://real.example.org/prepline")
    monkeypatch.setenv("TWILIO_MESSAGING_SERVICE_SID", "MG" + "0" * 32)
    monkeypatch.setenv("UNRELATED", "stays")
    env = demo.environment(9000, tmp_path / "local.env")
    assert env["DATABASE_URL"] == "sqlite:///var/prepline.db"
    assert "TWILIO_MESSAGING_SERVICE_SID" not in env
    assert env["UNRELATED"] == "stays"
    assert env["PUBLIC_BASE_URL"] == "http://127.0.0.1:9000"
    assert env["TWILIO_API_BASE_URL"] == "http://127.0.0.1:9001"


@pytest.fixture
def own_signals() -> Iterator[None]:
    """Put back what the runner does to this process's signals."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in numbers}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def child(*command: str) -> Child:
    return Child(command, os.environ, lambda _line: None)


@pytest.mark.usefixtures("own_signals")
def test_a_child_that_ends_by_itself_is_named() -> None:
    running = {"web": child("sleep", "60"), "worker": child("false")}
    with pytest.raises(demo.DemoError, match=r"^worker ended by itself \(exit 1\)"):
        demo.watch(running)
    demo.end(running)
    assert running["web"].exit_code == -signal.SIGTERM


@pytest.mark.usefixtures("own_signals")
def test_a_child_that_does_not_end_is_killed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(demo, "END_SECONDS", 0.5)
    deaf = child("sh", "-c", "trap '' TERM; echo deaf; while :; do sleep 1; done")
    wait_until("the trap", lambda: not is_default(deaf.pid, signal.SIGTERM))
    demo.end({"worker": deaf})
    assert deaf.exit_code == -signal.SIGKILL
    assert "worker did not end" in capsys.readouterr().out


def is_default(pid: int, number: signal.Signals) -> bool:
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    ignored = next(line.split()[1] for line in status.splitlines() if line.startswith("SigIgn"))
    return not int(ignored, 16) >> (number - 1) & 1


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh checkout with this one's virtual environment."""
    checkout = tmp_path_factory.mktemp("demo") / "prepline"
    left_out = shutil.ignore_patterns(".*", "__pycache__", "node_modules", "tests", "var")
    shutil.copytree(ROOT, checkout, ignore=left_out)
    (checkout / ".venv").symlink_to(BIN.parent)
    return checkout


def free_pair() -> int:
    while True:
        port = free_port()
        try:
            demo.require_free(port, port + 1)
        except demo.DemoError:
            continue
        return port


def descendants(pid: int) -> set[int]:
    """The processes that a process started, and those that they started."""
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8")
    children = {int(each) for each in text.split()}
    return children.union(*map(descendants, children))


def in_a_second_terminal(house: Path, *words: str) -> str:
    """What `flask WORDS` prints there, without any settings of its own."""
    done = subprocess.run(
        [BIN / "flask", *words],
        cwd=house,
        env={name: value for name, value in os.environ.items() if name not in demo_names()},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def reminders(house: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(
        in_a_second_terminal(house, "reminders", "list", "--json")
    )
    return rows


def demo_names() -> set[str]:
    return {name for name in os.environ if demo.is_setting(name)}


def require_up(process: Running, port: int) -> None:
    process.wait_for_line("Ctrl-C ends everything", SECONDS)
    healthz, phones = f"http://127.0.0.1:{port}/healthz", f"http://127.0.0.1:{port + 1}/"
    wait_until("the app to answer", lambda: gives_200(healthz))
    wait_until("the phones to answer", lambda: gives_200(phones))
    said = "\n".join(process.lines)
    assert phones in said
    links = re.findall(rf"(\S+@\S+) +http://127.0.0.1:{port}/admin/welcome/\S", said)
    assert links == ["coordinator@example.org", "manager@example.org"]


def test_it_runs_until_ctrl_c_and_a_second_start_keeps_the_data(house: Path) -> None:
    port = free_pair()
    with running("python", "-m", "tools.demo", env={"PORT": str(port)}, cwd=house) as process:
        require_up(process, port)
        booked = {row["external_id"] for row in reminders(house)}
        assert len(booked) > 30
        added = in_a_second_terminal(house, "users", "add", "new@example.org")
        assert f"http://127.0.0.1:{port}/admin/welcome/" in added
        started = descendants(process.pid)
        assert len(started) >= 4  # emulator, worker, gunicorn and its one worker
        assert process.stop(signal.SIGINT) == 0
    assert not any(map(is_running, started))

    with running("python", "-m", "tools.demo", env={"PORT": str(port)}, cwd=house) as process:
        require_up(process, port)
        assert {row["external_id"] for row in reminders(house)} >= booked
        started = descendants(process.pid)
        process.stop(signal.SIGKILL)
    wait_until("all to end with their parent", lambda: not any(map(is_running, started)))

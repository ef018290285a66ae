"""Real processes: their output is seen, their end is told, and nothing outlives its parent."""

import os
import signal

import pytest

from tests.support.processes import free_port, is_running, running
from tests.support.waiting import wait_until

SERVE = """
import http.server, sys
http.server.HTTPServer(("127.0.0.1", {port}), http.server.SimpleHTTPRequestHandler).serve_forever()
"""
START_A_CHILD = """
import os, signal, sys, time
from tools.children import Child
child = Child(["sleep", "60"], os.environ, print, ending=signal.Signals.{ending})
print("child", child.pid, flush=True)
time.sleep(60)
"""


def test_a_server_answers_until_it_is_stopped() -> None:
    port = free_port()
    with running("python", "-c", SERVE.format(port=port)) as server:
        server.wait_for_http(f"http://127.0.0.1:{port}/")
        assert server.stop() == -signal.SIGTERM


def test_lines_of_both_streams_and_the_exit_code() -> None:
    script = "import sys; print('out 1'); print('err 2', file=sys.stderr); sys.exit(3)"
    with running("python", "-c", script) as process:
        assert process.wait_for_line(r"out (\d)").group(1) == "1"
        assert process.wait_for_line(r"err (\d)").group(1) == "2"
        assert process.wait() == 3


def test_an_early_end_is_told_with_what_was_said() -> None:
    with (
        running("python", "-c", "print('no settings')") as process,
        pytest.raises(RuntimeError, match=r"exit 0.*\nno settings"),
    ):
        process.wait_for_line("ready")


def test_a_line_that_never_comes_has_a_deadline() -> None:
    with (
        running("sleep", "60") as process,
        pytest.raises(TimeoutError, match="'ready'"),
    ):
        process.wait_for_line("ready", seconds=0.1)
    assert process.exit_code == -signal.SIGKILL


def test_settings_are_not_inherited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "sqlite:///other.db")
    script = "import os; print('has', os.environ.get('DATABASE_URL'), os.environ['SECRET_KEY'])"
    with running("python", "-c", script, env={"SECRET_KEY": "given"}) as process:
        process.wait_for_line("has None given")


@pytest.mark.parametrize("ending", ["SIGTERM", "SIGKILL"])
def test_a_child_ends_with_its_killed_parent(ending: str) -> None:
    with running("python", "-c", START_A_CHILD.format(ending=ending)) as parent:
        child = int(parent.wait_for_line(r"child (\d+)").group(1))
        assert is_running(child)
        parent.stop(signal.SIGKILL)
        wait_until("the child to end", lambda: not is_running(child))


def test_a_process_that_has_ended_is_not_running() -> None:
    with running("true") as process:
        process.wait()
        assert not is_running(process.pid)
    assert is_running(os.getpid())

"""The request target that a signature covers, as WSGI servers hand it on."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from carrier.signature import signed_target
from tests.support.waiting import wait_until

ROOT: Final = Path(__file__).parents[2]


class TestSignedTarget:
    @pytest.mark.parametrize("key", ["RAW_URI", "REQUEST_URI"])
    @pytest.mark.parametrize(
        ("target", "expected"),
        [
            ("/sms/inbound", ("/sms/inbound", "")),
            ("/sms/inbound?", ("/sms/inbound", "")),
            ("/sms/in%2Fbound?q=%C3%B1&b=", ("/sms/in%2Fbound", "q=%C3%B1&b=")),
            ("/sms?next=/a?b", ("/sms", "next=/a?b")),
            ("//host/sms?x=1", ("//host/sms", "x=1")),
            ("http://inner:8000/sms?x=1", ("/sms", "x=1")),
            ("/sms?x=1#rc=2", ("/sms", "x=1")),
        ],
    )
    def test_the_raw_target(self, key: str, target: str, expected: tuple[str, str]) -> None:
        assert signed_target({key: target, "PATH_INFO": "/decoded"}) == expected

    def test_without_a_raw_target_the_path_is_encoded_again(self) -> None:
        environ = {
            "PATH_INFO": "/café/1 2".encode().decode("latin-1"),
            "QUERY_STRING": "q=%C3%B1",
        }
        assert signed_target(environ) == ("/caf%C3%A9/1%202", "q=%C3%B1")

    def test_an_empty_environment(self) -> None:
        assert signed_target({}) == ("", "")

    @pytest.mark.parametrize(
        ("mount", "target", "path"),
        [
            ("/clinic", "/clinic/sms/inbound?x=1", "/sms/inbound"),
            ("/a/b", "/a/b/sms/inbound?x=1", "/sms/inbound"),
            ("/caf\u00c3\u00a9", "/caf%C3%A9/sms/inbound?x=1", "/sms/inbound"),
            ("/clinic", "/clinical/sms?x=1", "/clinical/sms"),
            ("/clinic", "/sms/inbound?x=1", "/sms/inbound"),
            ("/clinic", "/clinic?x=1", "/"),
        ],
    )
    def test_the_mount_point_is_taken_off(self, mount: str, target: str, path: str) -> None:
        assert signed_target({"RAW_URI": target, "SCRIPT_NAME": mount}) == (path, "x=1")


@pytest.fixture(scope="module")
def gunicorn_socket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A real gunicorn on a Unix socket, answering with what it hands on as target."""
    folder = tmp_path_factory.mktemp("gunicorn")
    (folder / "empty.conf.py").touch()  # the app's own configuration wants the app's settings
    options = ["-c", str(folder / "empty.conf.py"), "-b", f"unix:{folder}/socket"]
    options += ["--no-control-socket", "--log-level", "error"]
    server = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", *options, "tests.support.echo_target:application"],
        cwd=ROOT,
    )
    try:
        wait_until("gunicorn to listen", lambda: is_listening(folder / "socket"))
        yield folder / "socket"
    finally:
        server.terminate()
        server.wait(10)


class TestUnderGunicorn:
    @pytest.mark.parametrize(
        "target", ["/sms/in%2Fbound?q=%C3%B1%27&b=&c=a+b", "/sms", "/a%20b?x=/y?z"]
    )
    def test_the_target_arrives_raw(self, gunicorn_socket: Path, target: str) -> None:
        path, _, query = target.partition("?")
        assert ask(gunicorn_socket, target) == [path, query]


def is_listening(path: Path) -> bool:
    """Whether a server takes connections on the Unix socket."""
    with socket.socket(socket.AF_UNIX) as connection:
        return connection.connect_ex(str(path)) == 0


def ask(path: Path, target: str) -> list[str]:
    """What the server behind the Unix socket answers to a POST of `target`."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        connection.connect(str(path))
        head = f"POST {target} HTTP/1.0\r\nContent-Length: 6\r\n\r\n"
        connection.sendall(head.encode() + b"Body=1")
        answer = b"".join(iter(lambda: connection.recv(4096), b""))
    parts: list[str] = json.loads(answer.rpartition(b"\r\n\r\n")[2])
    return parts

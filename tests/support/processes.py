"""Our own programs as real processes: started, watched, and ended with real signals."""

import http.client
import itertools
import os
import re
import signal
import socket
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from settings import NAMES
from tests.support.waiting import wait_until
from tools.children import Child

ROOT = Path(__file__).resolve().parent.parent.parent
BIN = Path(sys.executable).parent
_PORTS = range(20_000, 32_000)
_BEGIN = os.getpid() * 7417 % len(_PORTS)  # far apart for processes made one after the other
_next_port: Iterator[int] = itertools.cycle([*_PORTS[_BEGIN:], *_PORTS[:_BEGIN]])


class Running:
    """A started program and all that it has printed (both streams, in order)."""

    def __init__(self, command: Sequence[str], env: Mapping[str, str], cwd: Path) -> None:
        self.lines: list[str] = []
        self._child = Child(command, env, self.lines.append, cwd=cwd, ending=signal.SIGKILL)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._child.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; minus the signal's number if a signal ended it."""
        return self._child.exit_code

    def wait_for_line(self, pattern: str, seconds: float = 60) -> re.Match[str]:
        """The first line, printed already or to come, in which the pattern is found."""

        def found() -> re.Match[str] | None:
            ended = self._has_ended()  # asked first: its last lines are in when this is true
            match = next(filter(None, (re.search(pattern, line) for line in self.lines)), None)
            if ended and not match:
                raise self._early_end()
            return match

        return wait_until(f"a line like {pattern!r} from the process", found, seconds)

    def wait_for_http(self, url: str, seconds: float = 60) -> None:
        """Return when a GET of the URL gives 200."""

        def answers() -> bool:
            if self._has_ended():
                raise self._early_end()
            return gives_200(url)

        wait_until(f"200 from {url}", answers, seconds)

    def send(self, number: signal.Signals) -> None:
        """Send a signal."""
        self._child.send(number)

    def wait(self, seconds: float = 60) -> int:
        """Wait for its end: the exit code, or minus the number of the signal that ended it.

        One that still runs by then is ended, so that the failure tells what its threads were at.
        """
        code = self._child.wait(seconds)
        if code is None:
            self.send(signal.SIGABRT)
            self._child.wait(5)
            said = "\n".join(self.lines)
            raise TimeoutError(f"process {self.pid} still ran after {seconds} s; it said:\n{said}")
        return code

    def stop(self, number: signal.Signals = signal.SIGTERM, seconds: float = 60) -> int:
        """Send a signal and wait for the end."""
        self.send(number)
        return self.wait(seconds)

    def _has_ended(self) -> bool:
        return self.exit_code is not None and self._child.wait(1) is not None

    def _early_end(self) -> RuntimeError:
        said = "\n".join(self.lines)
        return RuntimeError(f"the process ended (exit {self.exit_code}); it said:\n{said}")


@contextmanager
def running(
    *command: str, env: Mapping[str, str] | None = None, cwd: Path = ROOT
) -> Iterator[Running]:
    """Run a command (from the repository root) for as long as the block, then kill it.

    A first word that names a script of the virtual environment (`python`, `flask`, `gunicorn`)
    means that script. None of the app's settings is inherited: `env` has to give those it needs.
    Processes ignore Ctrl-C unless they handle it themselves.
    """
    name, *rest = command
    own = BIN / name
    inherited = {name: value for name, value in os.environ.items() if name not in NAMES}
    words = [str(own) if own.exists() else name, *rest]
    watched = {"PYTHONFAULTHANDLER": "1"}  # a Python program that is aborted says where it was
    started = Running(words, {**inherited, **watched, **(env or {})}, cwd)
    try:
        yield started
    finally:
        if started.exit_code is None:
            started.stop(signal.SIGKILL)


def gives_200(url: str) -> bool:
    """Whether a GET of a plain http URL gives 200 right now."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=5)
    try:
        connection.request("GET", parts.path or "/")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def free_port() -> int:
    """A port on 127.0.0.1 that nothing listens on at this moment.

    It lies below those that the kernel gives to outgoing connections, so that none of these takes
    it before the server that it is meant for, and no test process of this machine is handed the
    same one soon.
    """
    for _ in _PORTS:
        port = next(_next_port)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError(f"every port from {_PORTS.start} to {_PORTS.stop - 1} is taken")


def is_running(pid: int) -> bool:
    """Whether a process exists and has not ended (one that nobody has reaped yet has ended)."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"

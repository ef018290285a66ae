"""Child processes that say what they do line by line and never outlive whoever started them."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

PR_SET_PDEATHSIG = 1
OnLine = Callable[[str], None]
LIBC = ctypes.CDLL(None, use_errno=True)


def end_with_parent(ending: signal.Signals = signal.SIGTERM) -> None:
    """Have the kernel send this process `ending` when the one that started it dies (Linux only).

    The kernel watches the *thread* that started it, so start children from a thread that stays.
    """
    if sys.platform == "linux":
        LIBC.prctl(PR_SET_PDEATHSIG, int(ending), 0, 0, 0)


def before_exec(ending: signal.Signals) -> Callable[[], None]:
    """What a child does before it becomes its program: see `end_with_parent`.

    Ctrl-C in a terminal reaches every process of the group; a child leaves it to its parent, which
    ends its children in good order with SIGTERM.
    """
    parent = os.getpid()

    def prepare() -> None:
        end_with_parent(ending)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        if os.getppid() != parent:  # it died before the kernel was told to watch it
            os._exit(1)

    return prepare


class Child:
    """A running program; `on_line` gets each line of its output, from a thread of its own."""

    def __init__(
        self,
        command: Sequence[str],
        env: Mapping[str, str],
        on_line: OnLine,
        *,
        cwd: Path | None = None,
        ending: signal.Signals = signal.SIGTERM,
    ) -> None:
        self._process = subprocess.Popen(
            command,
            env={**env, "PYTHONUNBUFFERED": "1"},
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            preexec_fn=before_exec(ending),  # noqa: PLW1509 - no other way to watch a parent
        )
        self._on_line = on_line
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; minus the signal's number if a signal ended it."""
        return self._process.poll()

    def send(self, number: signal.Signals) -> None:
        """Send a signal; nothing happens if it has ended."""
        self._process.send_signal(number)

    def wait(self, seconds: float) -> int | None:
        """Wait for its end and its last line; the exit code, or None if it still runs by then."""
        try:
            code = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        self._reader.join(timeout=1)  # a grandchild may hold the pipe open for longer
        return code

    def _read(self) -> None:
        output = self._process.stdout
        assert output is not None  # noqa: S101 - it is a pipe: asked for above
        with output:
            for line in output:
                self._on_line(line.rstrip("\n"))

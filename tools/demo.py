"""`make demo`: the app, its worker and the local carrier on sample data, until Ctrl-C.

Standard library only. Settings come from `var/local.env` and nothing else: whatever the shell
exports for a real deployment, the demo touches neither that database nor that Twilio account.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from tools import children, local_env

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".venv" / "bin"
CLINICS = ("clinics/ara-health.yaml", "clinics/iowa-radiology.yaml")
NUMBERS = (f"{local_env.DEMO_NUMBER}=ARA Health", "+15155550120=Iowa Radiology")
PHONES = (
    "+18285550142=Mary",
    "+18285550164=José",
    "+18285550171=Ruth",
    "+18285550188=Carmen",
    "+18285550197=Harold",
    "+15155550133=Walter",
)
START_SECONDS = 60
END_SECONDS = 10

_output = threading.Lock()


class DemoError(Exception):
    """The demo cannot run; the text says in one line why and what to do."""


@dataclass(frozen=True, slots=True)
class Seed:
    """What `flask demo morning` booked: a sentence about it, and the demo's clock if not now.

    `links` are the one-time links of the demo's accounts on the coordinators' site, by address.
    """

    say: str
    now: str | None
    links: Mapping[str, str] = field(repr=False)


def main() -> int:
    """Run until Ctrl-C, SIGTERM or a closed terminal (0), or until something fails (1)."""
    children.end_with_parent()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    running: dict[str, children.Child] = {}
    try:
        port = chosen_port(os.environ.get("PORT", "8000"))
        require_free(port, port + 1)
        env = environment(port)
        seed = prepare(env)
        start(running, port, env, seed)
        wait_until_ready(running, port)
        say(greeting(port, seed))
        watch(running)
    except DemoError as error:
        print(f"The demo stopped: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0
    finally:
        end(running)


def chosen_port(text: str) -> int:
    """The app's port; the emulator takes the next one."""
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65534:
        raise DemoError(f"PORT is {text!r}, and must be a number from 1 to 65534.")
    return int(text)


def require_free(*ports: int) -> None:
    """Raise DemoError if one of the ports cannot be listened on."""
    for port in ports:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                wanted = " and ".join(map(str, ports))
                raise DemoError(
                    f"port {port} is taken ({error.strerror}), and the demo needs {wanted}. "
                    "Pick another pair, for example: make demo PORT=9000"
                ) from None


def environment(port: int, local: Path = local_env.PATH) -> dict[str, str]:
    """The shell's environment with the demo's settings in place of all of the app's own."""
    local_env.write_if_absent(local)
    local_env.set_addresses(port, local)
    inherited = {name: value for name, value in os.environ.items() if not is_setting(name)}
    return {**inherited, **local_env.read(local), "PORT": str(port)}


def is_setting(name: str) -> bool:
    """Whether a variable of the environment is one that the demo decides alone."""
    ours = {"DATABASE_URL", "SECRET_KEY", "PUBLIC_BASE_URL"}
    return name in ours or name.startswith(("TWILIO_", "FLASK_", "GUNICORN_"))


def prepare(env: Mapping[str, str]) -> Seed:
    """Migrate, load the sample clinics, fill the coordinators' site and book the visits whose
    reminders are due; a repeat keeps all."""
    flask(env, "db", "upgrade")
    for clinic in CLINICS:
        flask(env, "clinics", "load", clinic)
    answer = flask(env, "demo", "morning").strip().rpartition("\n")[2]
    seed = json.loads(answer)
    return Seed(say=seed["say"], now=seed["now"], links=seed["links"])


def flask(env: Mapping[str, str], *words: str) -> str:
    """Run one of the app's commands; its output, shown only if it fails (DemoError)."""
    say(f"flask {' '.join(words)} ...")
    done = subprocess.run(
        [BIN / "flask", *words], env=env, cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        say(done.stdout + done.stderr)
        raise DemoError(f"`flask {' '.join(words)}` failed; its output is above.")
    return done.stdout


def start(
    running: dict[str, children.Child], port: int, env: Mapping[str, str], seed: Seed
) -> None:
    """Start the emulator, the web app and the worker, adding each to `running`."""
    python, here = str(BIN / "python"), "http://127.0.0.1"
    emulator = ["-m", "emulator", "--port", str(port + 1), "--app-url", f"{here}:{port}"]
    for number in NUMBERS:
        emulator += ["--number", number]
    for phone in PHONES:
        emulator += ["--phone", phone]
    clock = ["--now", seed.now] if seed.now else []
    app = f"tools.demo_app:create_app('{seed.now}')" if seed.now else "app:create_app()"
    commands = {
        "emulator": [python, *emulator],
        "web": [str(BIN / "gunicorn"), "--bind", f"127.0.0.1:{port}", app],
        "worker": [python, "-m", "scheduler", *clock],
    }
    for name, command in commands.items():
        running[name] = children.Child(command, env, _prefixed(name), cwd=ROOT)


def _prefixed(name: str) -> children.OnLine:
    return lambda line: say(f"{name:<8} | {line}")


def say(text: str) -> None:
    """Print whole lines, from whichever thread."""
    with _output:
        print(text, flush=True)


def wait_until_ready(running: Mapping[str, children.Child], port: int) -> None:
    """Return when the app and the emulator answer; DemoError if one ends or takes too long."""
    deadline = time.monotonic() + START_SECONDS
    while not (answers(port, "/healthz") and answers(port + 1, "/")):
        require_running(running)
        if time.monotonic() > deadline:
            raise DemoError(f"no answer on ports {port} and {port + 1} in {START_SECONDS} seconds.")
        time.sleep(0.1)


def answers(port: int, path: str) -> bool:
    """Whether a GET of the path gives 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def require_running(running: Mapping[str, children.Child]) -> None:
    """Raise DemoError if one of them has ended."""
    for name, child in running.items():
        if child.exit_code is not None:
            raise DemoError(
                f"{name} ended by itself (exit {child.exit_code}); what it said is above."
            )


def greeting(port: int, seed: Seed) -> str:
    """Where everything is, for the person at the terminal."""
    links = "\n".join(f"    {email:<25} {link}" for email, link in seed.links.items())
    return f"""
Prepline runs on sample data.

  Browser phone   http://127.0.0.1:{port + 1}/
  Coordinators    http://127.0.0.1:{port}/admin/
  Health          http://127.0.0.1:{port}/readyz

{seed.say}

To sign in to the coordinators' site, open one of these links and set a password of your own. Each
works once; the next `make demo` prints new ones.
{links}

Commands work on this data from a second terminal in this directory, for example:
  .venv/bin/flask ask "When do I stop eating?"
  .venv/bin/flask reminders list --json
  .venv/bin/flask users add YOU@EXAMPLE.ORG    # an account for the coordinators' site

Ctrl-C ends everything; the data stays in var/.
"""


def watch(running: Mapping[str, children.Child]) -> NoReturn:
    """Stay until a child ends by itself (DemoError) or a signal comes (KeyboardInterrupt)."""
    while True:
        require_running(running)
        time.sleep(0.2)


def end(running: Mapping[str, children.Child]) -> None:
    """End every child: SIGTERM to all, ten seconds for them together, then SIGKILL."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    for child in running.values():
        child.send(signal.SIGTERM)
    deadline = time.monotonic() + END_SECONDS
    for name, child in running.items():
        if child.wait(max(0.0, deadline - time.monotonic())) is None:
            say(f"{name} did not end in {END_SECONDS} seconds; killed.")
            child.send(signal.SIGKILL)
            child.wait(END_SECONDS)


if __name__ == "__main__":
    sys.exit(main())

"""The app's commands as people type them, in this process or in one of their own."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping

from click.testing import Result
from flask import Flask

import cli
from settings import NAMES
from tests.support.processes import BIN, ROOT


def invoke(*words: str, database_url: str | None = None, stdin: str | None = None) -> Result:
    """Run `flask WORDS` in this process; of our settings it knows that of the database at most."""
    app = Flask("prepline", static_folder=None)
    cli.register(app)
    env = {**dict.fromkeys(NAMES), "DATABASE_URL": database_url}
    result = app.test_cli_runner().invoke(args=words, env=env, input=stdin)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def flask(
    *words: str, env: Mapping[str, str] | None = None, stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run `flask WORDS` as a process of its own; it inherits none of our settings."""
    inherited = {name: value for name, value in os.environ.items() if name not in NAMES}
    return subprocess.run(
        [BIN / "flask", *words],
        cwd=ROOT,
        env={**inherited, **(env or {})},
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )

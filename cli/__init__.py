"""The commands that people type: `flask db upgrade`, `flask appointments import`, and so on."""

from __future__ import annotations

import click
from flask import Flask

from cli.content import ask, flows_group
from cli.data import appointments_group, clinics_group, db_group
from cli.demo import demo_group
from cli.users import users_group
from cli.work import reminders_group, tasks_group


def register(app: Flask) -> None:
    """Add the commands to an app's command line."""
    for command in (
        db_group,
        clinics_group,
        appointments_group,
        reminders_group,
        tasks_group,
        flows_group,
        ask,
        users_group,
        demo_group,
    ):
        app.cli.add_command(command)


def is_for_a_command() -> bool:
    """Whether the app is being built for a command of its own, not to be served."""
    context = click.get_current_context(silent=True)
    return context is not None and context.info_name != "run"

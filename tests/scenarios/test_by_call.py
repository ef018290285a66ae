"""The scenarios that make sense as one call, held by phone with the whole app."""

from pathlib import Path

import pytest

from tests.support.scenarios import all_scenarios, load, name_of
from tests.support.scenarios_by_call import CallTalk, cannot_be_called
from tests.support.web import bot_on

CALLED = [path for path in all_scenarios() if cannot_be_called(load(path)) is None]
LEAST = 120


def test_most_scenarios_are_held_by_phone() -> None:
    assert len(CALLED) >= LEAST
    held = {name_of(path).partition("/")[0] for path in CALLED}
    assert held >= {"facts", "keys", "language", "matching", "menus", "problems", "reminders"}
    assert held >= {"approved", "not_understood", "safety"}


@pytest.mark.parametrize("path", CALLED, ids=name_of)
def test_call_holds_the_conversation(path: Path, sqlite_url: str) -> None:
    with bot_on(sqlite_url) as bot:
        CallTalk(load(path), bot).hold()

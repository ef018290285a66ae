"""Every scenario, held by texts with the whole app: signed webhooks, database, TwiML."""

from pathlib import Path

import pytest

from tests.support.scenarios import all_scenarios, load, name_of
from tests.support.scenarios_by_text import TextTalk
from tests.support.web import bot_on


@pytest.mark.parametrize("path", all_scenarios(), ids=name_of)
def test_app_holds_the_conversation(path: Path, sqlite_url: str) -> None:
    with bot_on(sqlite_url) as bot:
        TextTalk(load(path), bot).hold()

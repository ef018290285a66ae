"""Every scenario, held with the engine alone."""

from pathlib import Path

import pytest

from tests.support.scenarios import all_scenarios, load, name_of
from tests.support.scenarios_by_engine import EngineTalk


@pytest.mark.parametrize("path", all_scenarios(), ids=name_of)
def test_engine_holds_the_conversation(path: Path) -> None:
    EngineTalk(load(path)).hold()

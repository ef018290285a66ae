"""The pictures in the guides: taken, small enough, and shown with words for who can't see them."""

from __future__ import annotations

import re

from tests.support.processes import ROOT
from tools import screenshots

_SHOWN = re.compile(r"!\[([^\]]+)\]\(docs/pictures/([a-z]+)\.png\)")


def test_each_is_there_small_and_shown_with_words() -> None:
    shown = {name: words for words, name in _SHOWN.findall((ROOT / "README.md").read_text("utf-8"))}
    assert set(shown) == {picture.name for picture in screenshots.ALL}
    for name, words in shown.items():
        content = (screenshots.PICTURES / f"{name}.png").read_bytes()
        assert content.startswith(b"\x89PNG")
        assert len(content) <= screenshots.LARGEST, name
        assert len(words.split()) >= 8, name

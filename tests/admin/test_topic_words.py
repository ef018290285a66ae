"""Coordinators read what patients ask about in words, never as the content's codes."""

from __future__ import annotations

from admin.topic_words import TOPIC_WORDS, topic_words
from flows.library import default_library


def test_every_topic_of_the_content_has_words() -> None:
    nodes = default_library().nodes.values()
    found = {getattr(node, name, None) for node in nodes for name in ("topic", "approved")}
    assert found - {None} == set(TOPIC_WORDS)
    assert len(set(TOPIC_WORDS.values())) == len(TOPIC_WORDS)


def test_one_of_another_release_can_be_read() -> None:
    assert topic_words("prep.warm_socks") == "prep: warm socks"

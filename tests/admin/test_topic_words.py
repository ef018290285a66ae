"""What patients ask about, in words."""

from __future__ import annotations

import pytest

from admin.topic_words import topic_words
from flows.library import default_library


def test_every_topic_of_the_content_has_words_of_its_own() -> None:
    topics = sorted(set(default_library().topics.values()))
    words = [topic_words(topic) for topic in topics]
    assert len(set(words)) == len(words) > 30
    for topic, said in zip(topics, words, strict=True):
        assert topic not in said
        assert "_" not in said
        assert not said.startswith(tuple(t for t in topics if "." in t))


@pytest.mark.parametrize(
    ("topic", "words"),
    [
        ("prep.fasting", "How to get ready: Fasting"),
        ("bone_health", "Your bone health"),
        ("clinic.cost", "Your appointment: Cost and insurance"),
        ("treatment.benefits", "Treatment choices: How it may help"),
        ("coordinator", "Talking to a person"),
        ("gone.for_good", "Gone: for good"),
        ("", ""),
    ],
)
def test_words(topic: str, words: str) -> None:
    assert topic_words(topic) == words

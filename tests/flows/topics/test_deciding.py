"""Topics of free words: single texts, and what must hold of any text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import flows.triage.learnt
from flows import learning
from flows.library import default_library
from flows.topics import evidence, find_topics
from flows.topics import scorer as topic_scorer

TOPICS = default_library().topics


def test_the_weights_that_ship_are_those_of_the_examples_that_ship() -> None:
    """By the fingerprint of all that they are learnt from; `make weights-check` compares bytes."""
    topics, flags = topic_scorer.WEIGHTS, flows.triage.learnt.WEIGHTS
    assert topic_scorer.learnt_from(topics.read_bytes()) == learning.topics_course().fingerprint()
    assert topic_scorer.learnt_from(flags.read_bytes()) == learning.flags_course().fingerprint()


def test_the_files_of_weights_take_a_few_megabytes() -> None:
    assert topic_scorer.WEIGHTS.stat().st_size < 8_000_000
    assert flows.triage.learnt.WEIGHTS.stat().st_size < 5_000_000


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("can i have brekfast before i come", ("prep.fasting",)),
        ("KIEN ME LLEVA A LA CASA", ("prep.driver",)),
        ("i take apixaban do i stop it", ("prep.blood_thinners",)),
        ("when do i quit my coo ma din", ("prep.blood_thinners",)),
        ("um what about my wife's met foreman pills", ("prep.diabetes",)),
        ("what is a kite plasty", ("treatment.kyphoplasty",)),
        ("what are the risks and benefits", ("treatment.risks", "treatment.benefits")),
        ("hello, can i eat", ("prep.fasting",)),
        ("sorry, what do i wear", ("prep.bring",)),
        ("excuse me, when do i stop eating", ("prep.fasting",)),
        ("perdón, qué me pongo", ("prep.bring",)),
        ("can i eat and do i need a driver", ("prep.fasting", "prep.driver")),
        ("what channel is the ball game on", ()),
        ("qwrtz plmk", ()),
        ("828 436", ()),
        ("", ()),
    ],
)
def test_what_a_text_asks_for(text: str, labels: tuple[str, ...]) -> None:
    assert find_topics(text, TOPICS).answers == labels


def test_the_evidence_is_words_of_the_text() -> None:
    text = "can i take my coumadin"
    assert "coumadin" in evidence(text, ["prep.blood_thinners"])
    assert evidence(text, ["no such topic"]) == ()


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=1600))
def test_any_text_gives_answers_or_offers_but_not_both(text: str) -> None:
    finding = find_topics(text, TOPICS)
    assert len(finding.answers) <= 2
    assert len(finding.offers) <= 3
    assert not (finding.answers and finding.offers)
    assert finding == find_topics(text, TOPICS)

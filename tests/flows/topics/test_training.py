"""Learning: the same lessons give the same bytes, and nothing else does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flows.topics import scorer
from flows.topics.examples import read_examples
from flows.topics.features import topic_phrases
from flows.topics.training import Course

FEW = [each for each in read_examples() if each.family.startswith(("wear", "ride", "core_"))]


def course(*, leave_out: int = 0, more: str = "x") -> Course:
    examples = FEW[leave_out:]
    return Course(examples, topic_phrases(), lambda text: [f"{more}:{len(text) % 3}"], 0)


def test_the_same_lessons_give_the_same_bytes() -> None:
    assert course().weights() == course().weights()


def test_the_file_names_what_it_was_learnt_from() -> None:
    learnt = course().weights()
    assert scorer.learnt_from(learnt) == course().fingerprint()
    assert course(leave_out=1).fingerprint() != course().fingerprint()
    assert course(more="y").fingerprint() != course().fingerprint(), "read another way"


def test_each_run_has_chances_of_its_own_and_all_of_them_count() -> None:
    said = [each.text.lower().split() for each in FEW]
    odds = []
    for runs in (1, 2, 3):
        learnt = scorer.decode(replace(course(), runs=runs).weights(), topic_phrases())
        odds.append([learnt.odds(learnt.hear(each)) for each in said])
    assert odds[0] != odds[1] != odds[2] != odds[0]


def test_what_was_learnt_is_known_again() -> None:
    """Of so few examples, most; they are learnt by what they share, not by heart."""
    learnt = scorer.decode(course().weights(), topic_phrases())
    found = 0
    for each in FEW:
        odds = learnt.odds(learnt.hear(each.text.lower().split()), [f"x:{len(each.text) % 3}"])
        found += learnt.labels[odds.index(max(odds))] == each.labels[0]
    assert found >= 0.8 * len(FEW)


def test_a_file_that_is_cut_short_is_refused() -> None:
    with pytest.raises(ValueError, match="make weights"):
        scorer.decode(course().weights()[:-1], topic_phrases())

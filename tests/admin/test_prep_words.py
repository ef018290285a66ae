"""The check-list's answers in words."""

from __future__ import annotations

from admin.prep_words import Prep, prep_of
from flows.library import READY, default_library
from flows.nodes import Act, Check, Checklist


def checks() -> list[Check]:
    nodes = default_library().nodes
    ready = nodes[READY]
    assert isinstance(ready, Checklist)
    found = [nodes[ref] for ref in ready.items]
    assert found
    return [node for node in found if isinstance(node, Check)]


def test_every_answer_has_words_and_every_problem_stands_out() -> None:
    nodes = default_library().nodes
    for check in checks():
        for option in check.options:
            found = prep_of({check.item: option.id})
            leaves_a_task = isinstance(nodes[option.next], Act)
            assert bool(found.problems) is leaves_a_task, (check.item, option.id)
            assert len([*found.problems, *found.others]) == 1
            if option.id == "skipped":
                assert found.others == (f"{check.label['en'].lower()}: skip",)
            else:
                [words] = [*found.problems, *found.others]
                assert words[0].isupper() is leaves_a_task
                assert ":" not in words, "the content has an answer that has no words of its own"


def test_answers_stand_in_the_order_of_the_list() -> None:
    given = {"driver": "arranged", "medicines": "ready", "allergies": "not_told", "gone": "yes"}
    found = prep_of(given)
    assert found == Prep(
        ("Has an allergy, not told yet",), ("medicines are ready to bring", "has a ride home")
    )
    assert found.summary == "medicines are ready to bring, has a ride home"


def test_an_answer_that_the_content_has_no_more_is_told_as_it_is() -> None:
    assert prep_of({"driver": "by_taxi"}) == Prep((), ("ride home: by taxi",))

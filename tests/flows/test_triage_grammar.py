"""The sentences that signs and frames are made into."""

from __future__ import annotations

from collections import Counter

from flows.triage.grammar import GRAMMAR, NONE, generated_examples
from flows.triage.rulebook import FlagClass

EXAMPLES = list(generated_examples())


def test_the_same_files_give_the_same_sentences() -> None:
    assert list(generated_examples(GRAMMAR)) == EXAMPLES


def test_every_bracket_and_slot_is_filled() -> None:
    assert not [each.text for each in EXAMPLES if set(each.text) & set("{}()|")]
    assert all(each.text.strip() == each.text and each.text for each in EXAMPLES)


def test_every_class_is_told_in_both_languages_and_talked_about() -> None:
    told = Counter((each.language, each.labels[0]) for each in EXAMPLES)
    for language in ("en", "es"):
        assert all(told[language, flag_class] >= 50 for flag_class in FlagClass)
        assert told[language, NONE] >= 1500


def test_the_words_of_a_sign_stand_in_talk_too() -> None:
    for language, word in (("en", "numbness"), ("es", "fiebre")):
        labels = {
            each.labels[0] == NONE
            for each in EXAMPLES
            if each.language == language and word in each.text.split()
        }
        assert labels == {True, False}

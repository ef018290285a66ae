"""The words of triage are data that people edit: what they must keep to."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest
import yaml

from flows.lexicon import expand_all
from flows.text import fold
from flows.triage import context, rulebook

TRIAGE = Path(rulebook.__file__).parent
PLAIN = yaml.safe_load((TRIAGE / "plain.yaml").read_text(encoding="utf-8"))
WORDS = {
    name: set(expand_all(fold(phrases)))
    for source in (TRIAGE / "words").glob("*.yaml")
    for name, phrases in yaml.safe_load(source.read_text(encoding="utf-8")).items()
}


def test_no_phrase_holds_a_filler_which_would_keep_it_from_ever_matching() -> None:
    fillers = set(PLAIN["fillers"].split())
    spoiled = [phrase for phrases in WORDS.values() for phrase in phrases]
    assert not [phrase for phrase in spoiled if fillers & set(phrase.split())]


def test_spellings_lead_to_words_of_the_lexicon_and_ordinary_words_stay() -> None:
    known = set(rulebook.LEXICON.vocabulary)
    assert not [right for right in PLAIN["spellings"].values() if right not in known]
    for word in PLAIN["ordinary"].split():
        assert rulebook.LEXICON.correct(word) == word


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("chesst", "chest"), ("pressuer", "pressure"), ("breahte", "breathe"), ("pecjo", "pecho")],
)
def test_one_slip_in_a_symptom_is_forgiven(typed: str, meant: str) -> None:
    assert rulebook.LEXICON.correct(typed) == meant


@pytest.mark.parametrize("word", ["chess", "night", "color", "hours", "threat", "abogado", "foto"])
def test_words_of_their_own_are_not_taken_for_symptoms(word: str) -> None:
    assert rulebook.LEXICON.correct(word) == word


def test_the_concepts_that_context_looks_for_exist() -> None:
    source = Path(context.__file__).read_text(encoding="utf-8")
    named = set(re.findall(r'"([A-Z_]{2,})"', source)) - {"STRONG", "SOFT"}
    assert named <= rulebook.CONCEPTS


def test_a_rule_with_an_unknown_key_is_an_error() -> None:
    with pytest.raises(msgspec.ValidationError, match="unles"):
        msgspec.convert({"id": "x", "patterns": ["LEG"], "unles": []}, rulebook.Conditions)

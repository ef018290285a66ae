"""Nothing is stated that the facts, the clinic's profile or its approver do not say."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec
import pytest

from flows.clinic_words import CLINIC_PLACEHOLDERS, filled
from flows.library import default_library
from flows.lint import FACTS
from flows.model import Channel
from flows.nodes import Act, Answer, Menu, Wording
from profiles import LANGUAGES
from tests.support.csv_files import sample_profiles

LIBRARY = default_library()
ANSWERS = {ref: node for ref, node in LIBRARY.nodes.items() if isinstance(node, Answer)}
ACTS = {ref: node for ref, node in LIBRARY.nodes.items() if isinstance(node, Act)}

NUMBERS_OF_FACT = {
    "F35": {"6", "six", "seis"},  # hours of fasting
    "F37": {"828", "436", "5500"},  # the coordinator's phone
}
SAFETY = {"911", "988"}
FILLED_BY = {"fasting_hours": "F35", "phone": "F37"}
"""The facts of which a placeholder tells the number, as the clinic's profile has it."""

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_NUMBER = re.compile(
    r"\d+|\b(?:three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|"
    r"hundred|thousand|half|third|quarter|dozen|percent|twice|double|"
    r"tres|cuatro|cinco|seis|siete|ocho|nueve|diez|once|doce|veinte|treinta|cuarenta|cincuenta|"
    r"cien|ciento|mil|mitad|tercio|cuarto|docena|porcentaje|doble)\b|%",
    re.IGNORECASE,
)
KEEP_TAKING = {
    "en": "Do not stop any medicine unless your care team tells you",
    "es": "No deje de tomar ninguna medicina a menos que su equipo médico se lo diga",
}


def wordings(node: Answer | Act) -> Iterator[tuple[str, str]]:
    """Each language and text of a node, by text and by call."""
    for language, wording in node.text.items():
        yield language, wording.sms
        yield language, wording.voice


def numbers(text: str) -> set[str]:
    """The numbers in a text, in digits or words, those in placeholders aside.

    "One" and "two" are left out: they count what the sentence itself names ("one spot").
    """
    return {found.lower() for found in _NUMBER.findall(_PLACEHOLDER.sub("", text))}


@pytest.mark.parametrize("ref", ANSWERS)
def test_every_number_of_an_answer_is_in_its_facts(ref: str) -> None:
    node = ANSWERS[ref]
    allowed = set().union(*(NUMBERS_OF_FACT.get(fact, set()) for fact in node.source))
    for _, text in wordings(node):
        assert numbers(text) <= allowed


@pytest.mark.parametrize("ref", ANSWERS)
def test_every_placeholder_of_an_answer_is_of_its_facts_or_the_profile(ref: str) -> None:
    node = ANSWERS[ref]
    for _, text in wordings(node):
        for name in _PLACEHOLDER.findall(text):
            assert name in CLINIC_PLACEHOLDERS
            assert FILLED_BY.get(name) in (None, *node.source)


@pytest.mark.parametrize("ref", ANSWERS)
def test_every_statement_says_where_it_is_from(ref: str) -> None:
    node = ANSWERS[ref]
    assert set(node.source) <= FACTS
    if not node.source:
        assert node.from_profile
        for _, text in wordings(node):
            assert _PLACEHOLDER.search(text), "what is from the profile holds something of it"


@pytest.mark.parametrize("ref", ACTS)
def test_what_is_done_for_a_patient_tells_no_number_but_for_help(ref: str) -> None:
    node = ACTS[ref]
    assert set(node.source) <= FACTS
    keys = {"0", "1"}  # "text 1", "press 0"
    for _, text in wordings(node):
        assert numbers(text.replace("9 1 1", "911")) <= SAFETY | keys


@pytest.mark.parametrize(
    "ref", [ref for ref, node in (ANSWERS | ACTS).items() if "F34" in node.source]
)
def test_stopping_a_medicine_is_never_told_without_the_warning(ref: str) -> None:
    node = (ANSWERS | ACTS)[ref]
    for language, text in wordings(node):
        assert KEEP_TAKING[language] in text


@pytest.mark.parametrize("ref", ANSWERS)
def test_no_answer_tells_to_start_or_stop_a_medicine(ref: str) -> None:
    """ "Stop" is said only of what the team may say, and in "do not stop"."""
    for language, text in wordings(ANSWERS[ref]):
        rest = text.replace(KEEP_TAKING[language], "")
        told = re.findall(r"(?:^|[.!?:] )(?:Please )?(Stop|Start|Take|Deje|Tome|Empiece)\b", rest)
        assert told == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_numbers_of_the_practice_that_publishes_them(language: str) -> None:
    """The sample profile says what its practice tells the public: six hours, and this phone."""
    profile = sample_profiles()["ara-health"]
    said = {
        ref: filled(node.text, Channel.SMS, language, profile)
        for ref, node in (ANSWERS | ACTS).items()
        if ref in ("prep.fasting", "appointment.call_me")
    }
    assert "6 h" in said["prep.fasting"]
    assert "(828) 436-5500" in said["appointment.call_me"]
    assert "ARA Cares Coordinator" in said["appointment.call_me"]


@pytest.mark.parametrize(
    "text",
    ["in 24 hours", "within six hours", "half of all patients", "95% of them", "en tres días"],
)
def test_a_made_up_number_would_be_noticed(text: str) -> None:
    made_up = msgspec.structs.replace(ANSWERS["recovery.relief"], text={"en": Wording(text, text)})
    assert all(numbers(said) for _, said in wordings(made_up))


def test_menus_state_nothing() -> None:
    """A menu asks and offers; it has no source, so nothing in it may tell a number."""
    for node in LIBRARY.nodes.values():
        if isinstance(node, Menu):
            texts = [
                text for wording in node.text.values() for text in (wording.sms, wording.voice)
            ]
            labels = [label for option in node.options for label in option.label.values()]
            for text in texts + labels:
                assert numbers(text.replace("9 1 1", "911")) <= SAFETY

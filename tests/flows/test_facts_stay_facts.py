"""Whatever is reached, no number is told that its source does not hold, and each has a source.

The facts' own numbers are a table; all others come from the clinic's profile, from its approved
texts or from the clock times of the patient's visit.
"""

from __future__ import annotations

import datetime as dt
import re
from itertools import product

import pytest

from conversation.facts import known_visit
from db.identities import Booked
from flows import moves
from flows.clinic_words import hours_words
from flows.known import KnownPatient
from flows.library import default_library
from flows.model import Channel, Event, Facts, OpenTask, Session, Subject, TaskKind
from flows.nodes import Act, Answer, Approved, Ask, Check, Menu
from flows.says import Context
from profiles import LANGUAGES, Profile
from tests.support.csv_files import ROOT, sample_profiles
from tests.support.visits import local

LIBRARY = default_library()
DATA = ROOT / "tests" / "data" / "facts"
NUMBERS = {
    fact: set(numbers.split())
    for fact, numbers in (
        line.split("\t") for line in (DATA / "numbers.tsv").read_text().splitlines()
    )
}
STATED = (DATA / "topics.txt").read_text().split()
WITHOUT_A_FACT = (DATA / "without_a_fact.txt").read_text().split()
PROFILES = list(sample_profiles().values())
TOLD = [ref for ref, node in LIBRARY.nodes.items() if not isinstance(node, Ask)]
EMERGENCY = {"911", "988"}
NOW = local("2026-11-24T10:00")
STARTS = local("2026-11-25T09:30")


def numbers(text: str) -> set[str]:
    """The numbers in a text; one that is spelled out for the ear counts as the whole."""
    return set(re.findall(r"\d+", text.replace("9 1 1", "911").replace("9 8 8", "988")))


def context(profile: Profile, language: str, channel: Channel) -> Context:
    """A verified patient in the middle of everything, the day before the visit."""
    visit = known_visit(profile, Booked(41, 1, "kyphoplasty", STARTS))
    known = KnownPatient(7, "Mary", dt.date(1948, 5, 17), is_verified=True, visits=(visit,))
    facts = Facts(profile, NOW, visits=lambda: (known,))
    day = visit.words(language, channel)["day"]
    session = Session(
        language, about=(Subject(41, 1, "Mary", day, STARTS),), visit=41, checking=41, turn=3
    )
    return Context(LIBRARY, session, Event("", channel), facts)


def sources(given: Context, ref: str) -> set[str]:
    """The numbers that the sources of a node hold, as it is said to this patient."""
    profile, node = given.facts.profile, LIBRARY.nodes[ref]
    (known,) = given.facts.visits()
    own = known.visits[0].words(given.language, given.event.channel)
    held = numbers(" ".join((profile.coordinator.phone, profile.address, *own.values())))
    held |= numbers(hours_words(profile, given.language)) | EMERGENCY
    for fact in getattr(node, "source", ()):
        held |= NUMBERS.get(fact, set())
        held |= {f"{profile.longest_fast:g}"} if fact == "F35" else set()
    for topic in (getattr(node, "topic", None), getattr(node, "approved", None)):
        approved = profile.approved_texts.get(topic or "")
        held |= numbers(approved.text.in_language(given.language)) if approved else set()
    return held


@pytest.mark.parametrize("ref", TOLD)
def test_every_number_that_is_told_is_in_its_source(ref: str) -> None:
    for profile, language, channel in product(PROFILES, LANGUAGES, Channel):
        given = context(profile, language, channel)
        turn = moves.go(given, ref, "test")
        allowed = sources(given, ref)
        if isinstance(LIBRARY.nodes[ref], Act):
            allowed |= {"0", "1"}  # "press 0", "text 1"
        told = set().union(*(numbers(say.text) for say in turn.says))
        assert told <= sources(given, turn.session.said) | allowed, (profile.id, language)


@pytest.mark.parametrize("ref", TOLD)
def test_every_clinical_claim_names_its_fact_or_its_approval(ref: str) -> None:
    node = LIBRARY.nodes[ref]
    match node:
        case Answer():
            assert node.source or node.from_profile
        case Check(item=item):
            assert node.source or item == "blood_thinners", "a question claims nothing"
        case Approved():
            assert node.topic in WITHOUT_A_FACT
        case Menu() | Act():
            assert set(getattr(node, "source", ())) <= {f"F{n:02d}" for n in range(1, 38)}


def test_every_topic_has_a_node_and_those_without_a_fact_wait_for_an_approval() -> None:
    topics = set(LIBRARY.topics.values())
    assert topics >= {*STATED, *WITHOUT_A_FACT}
    approved = {node.topic for node in LIBRARY.nodes.values() if isinstance(node, Approved)}
    assert approved == set(WITHOUT_A_FACT)


@pytest.mark.parametrize("topic", WITHOUT_A_FACT)
@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.id)
def test_a_topic_without_a_fact_is_answered_by_the_clinic_or_by_a_person(
    profile: Profile, topic: str
) -> None:
    (ref,) = (
        ref
        for ref, node in LIBRARY.nodes.items()
        if isinstance(node, Approved) and node.topic == topic
    )
    for language in LANGUAGES:
        turn = moves.go(context(profile, language, Channel.SMS), ref, "test")
        approved = profile.approved_texts.get(topic)
        if approved is None:
            assert [effect.kind for effect in turn.effects if isinstance(effect, OpenTask)] == [
                TaskKind.QUESTION
            ]
            assert profile.coordinator.phone in turn.says[0].text
        else:
            assert turn.effects == ()
            assert turn.says[0].text == approved.text.in_language(language)


def test_samples_have_some_texts_approved_and_others_not() -> None:
    filled = {topic for profile in PROFILES for topic in profile.approved_texts}
    assert filled & set(WITHOUT_A_FACT)
    assert set(WITHOUT_A_FACT) - filled
    for profile in PROFILES:
        for text in profile.approved_texts.values():
            assert text.approved_by.strip()
            assert isinstance(text.approved_at, dt.date)

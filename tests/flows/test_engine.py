"""What holds for every turn, whatever a patient sends and wherever the conversation is."""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter
from typing import Final

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.engine import greeting, take_turn
from flows.known import KnownPatient, KnownVisit, Standing
from flows.library import REMINDER_REPLY, START, default_library
from flows.model import (
    CannotCome,
    CarrierWord,
    Channel,
    Confirm,
    Event,
    Facts,
    HandOff,
    Kind,
    OfferKind,
    OpenTask,
    Session,
    Subject,
    Turn,
)
from flows.nodes import Ask, Menu
from flows.says import sms_body
from flows.visits import is_open
from tests.support.csv_files import sample_profiles

NOW: Final = dt.datetime(2026, 11, 20, 15, 0, tzinfo=dt.UTC)
PROFILES: Final = sample_profiles()
LIBRARY: Final = default_library()
NOTHING: Final = Facts(PROFILES["ara-health"], NOW)
NODES: Final = sorted(LIBRARY.nodes)
MENUS: Final = sorted(ref for ref in LIBRARY.menus if is_open(LIBRARY, ref, Session("en"), NOTHING))
"""Where a conversation can wait with anybody."""
LARGEST_SESSION: Final = 4_000  # bytes
MEANT: Final = [
    *("0 9 * # 1 2 3 4 5 6 7 8 10 yes no STOP START HELP cancel ok español English menu".split()),
    *("fasting and aspirin|I'll be there|cannot come|my legs are numb|i want to die".split("|")),
    *("when is my appointment|05171948|May 17 1948|17 de mayo de 1948|1-2-50".split("|")),
    *("tengo fiebre|no more texts|1 or 2|Mary|what is this|puedo comer".split("|")),
]

WORDS: Final = {"day": "Wed, Nov 25", "time": "9 AM", "arrive_time": "8 AM", "fast_moment": "3 AM"}

texts = st.one_of(
    st.text(max_size=1600),
    st.sampled_from(MEANT),
    st.lists(st.sampled_from(MEANT), max_size=8).map(" ".join),
)
refs = st.sampled_from([*NODES, "gone.menu", "prep.gone"])
moments = st.timedeltas(dt.timedelta(0), dt.timedelta(days=9)).map(lambda ago: NOW - ago)
subjects = st.builds(
    Subject,
    appointment=st.integers(1, 5),
    version=st.just(1),
    first_name=st.sampled_from(["Mary", "Joe", "María José"]),
    day=st.just("Wed, Nov 25"),
    until=st.timedeltas(dt.timedelta(days=-1), dt.timedelta(days=9)).map(lambda t: NOW + t),
)
visits = st.builds(
    KnownVisit,
    appointment=st.integers(1, 5),
    version=st.just(1),
    starts_at=st.timedeltas(dt.timedelta(minutes=1), dt.timedelta(days=9)).map(lambda t: NOW + t),
    fasts_from=st.one_of(st.none(), st.just(NOW), st.just(NOW + dt.timedelta(hours=9))),
    words=st.just(lambda _language, _channel: WORDS),
)
patients = st.builds(
    KnownPatient,
    patient=st.integers(1, 3),
    first_name=st.sampled_from(["Mary", "Joe"]),
    date_of_birth=st.sampled_from([dt.date(1948, 5, 17), dt.date(1950, 1, 2)]),
    is_verified=st.booleans(),
    visits=st.lists(visits, max_size=3).map(tuple),
)
sessions = st.builds(
    Session,
    language=st.sampled_from(["en", "es"]),
    waiting=refs,
    said=refs,
    history=st.lists(refs, max_size=5).map(tuple),
    about=st.lists(subjects, max_size=3, unique_by=lambda subject: subject.appointment).map(tuple),
    offers=st.lists(st.one_of(refs, st.integers(1, 5).map(str)), max_size=8).map(tuple),
    offer_kind=st.sampled_from(OfferKind),
    visit=st.one_of(st.none(), st.integers(1, 5)),
    misses=st.integers(0, 5),
    turn=st.integers(0, 3),
    spoke_at=st.one_of(st.none(), moments),
    last_text=st.sampled_from(["", "my face", "i cant feel", "hello"]),
)
events = st.builds(
    Event,
    text=texts,
    channel=st.sampled_from(Channel),
    media=st.integers(0, 2),
    answered_by_carrier=st.one_of(st.none(), st.none(), st.sampled_from(CarrierWord)),
)
facts = st.builds(
    Facts,
    profile=st.sampled_from(sorted(PROFILES.values(), key=lambda profile: profile.id)),
    now=st.just(NOW),
    opted_out=st.booleans(),
    standing=st.builds(
        Standing,
        misses=st.integers(0, 2),
        locked_until=st.sampled_from([None, NOW, NOW + dt.timedelta(hours=1)]),
        is_withheld=st.booleans(),
    ),
    visits=st.lists(patients, max_size=3).map(tuple).map(lambda known: lambda: known),
)


def say(session: Session, text: str, *, now: dt.datetime = NOW, media: int = 0) -> Turn:
    return take_turn(LIBRARY, session, Event(text, media=media), Facts(PROFILES["ara-health"], now))


@settings(max_examples=400, deadline=None)
@given(sessions, events, facts)
def test_every_turn_is_in_order(session: Session, event: Event, given_facts: Facts) -> None:
    turn = take_turn(LIBRARY, session, event, given_facts)
    assert turn == take_turn(LIBRARY, session, event, given_facts)
    after = turn.session
    assert after.turn == session.turn + 1
    assert after.spoke_at == NOW
    assert len(after.history) <= 5
    assert after.waiting in LIBRARY.menus
    assert after.said in LIBRARY.nodes
    assert msgspec.json.decode(msgspec.json.encode(after), type=Session) == after


@settings(max_examples=400, deadline=None)
@given(sessions, events, facts)
def test_every_turn_says_something(session: Session, event: Event, given_facts: Facts) -> None:
    turn = take_turn(LIBRARY, session, event, given_facts)
    texted = not event.is_spoken
    stopped_twice = texted and given_facts.opted_out and turn.understood.kind is Kind.OPT_OUT
    connects = any(isinstance(effect, HandOff) for effect in turn.effects)
    flagged = turn.understood.kind in (Kind.EMERGENCY, Kind.SAME_DAY)
    if stopped_twice or (event.answered_by_carrier and not flagged):
        assert turn.says == ()
    else:
        assert turn.says or connects  # the call says how that goes
        assert all(say.text.strip() and "{" not in say.text for say in turn.says)
    for said in turn.says:
        keys = [choice.key for choice in said.choices]
        assert len(set(keys)) == len(keys)
        assert set(keys) <= set("12345678")
        assert all(choice.label for choice in said.choices)


@settings(max_examples=300, deadline=None)
@given(sessions, events, facts)
def test_only_visits_that_lie_ahead_are_answered(
    session: Session, event: Event, given_facts: Facts
) -> None:
    ahead = {subject.appointment for subject in session.about if subject.until > NOW}
    if given_facts.standing.locked_until in (None, NOW) and not given_facts.standing.is_withheld:
        known = [patient for patient in given_facts.visits() if patient.is_verified]
        ahead |= {visit.appointment for patient in known for visit in patient.visits}
    effects = take_turn(LIBRARY, session, event, given_facts).effects
    named = [
        effect.appointment
        for effect in effects
        if isinstance(effect, Confirm | CannotCome | OpenTask)
    ]
    assert set(named) <= ahead | {None}


@settings(max_examples=100, deadline=None)
@given(sessions, facts, st.sampled_from(["my legs are numb", "me falta el aire", "i want to die"]))
def test_a_red_flag_comes_first_everywhere(session: Session, given_facts: Facts, text: str) -> None:
    turn = take_turn(LIBRARY, session, Event(text), given_facts)
    assert turn.understood.kind is Kind.EMERGENCY
    assert "911" in sms_body(turn.says)
    assert turn.session.waiting in (START, REMINDER_REPLY, LIBRARY.current_menu(session.waiting))


@pytest.mark.parametrize("seed", range(5))
def test_a_session_stays_small_over_many_turns(seed: int) -> None:
    rolled = random.Random(seed)  # noqa: S311 - a repeatable walk, not a secret
    phrases = [phrase for ref in MENUS for phrase in _labels(ref)]
    session, now = Session("en"), NOW
    for number in range(200):
        now += dt.timedelta(minutes=rolled.choice([0, 1, 30, 1500]))
        noise = "".join(rolled.choices("ab \n😀\u0000é", k=rolled.randrange(1600)))
        text = rolled.choice([rolled.choice(MEANT), rolled.choice(phrases), noise])
        session = say(session, text, now=now).session
        stored = msgspec.json.encode(session)
        assert len(stored) < LARGEST_SESSION
        assert session.turn == number + 1
        session = msgspec.json.decode(stored, type=Session)


def _labels(ref: str) -> list[str]:
    menu = LIBRARY.nodes[ref]
    assert isinstance(menu, Menu | Ask)
    return [label for option in menu.options for label in option.label.values()]


def test_only_the_last_menus_are_remembered() -> None:
    session = Session("en", turn=1)
    for text in ["Your fracture", "Tests and scans", "Your recovery", "Your bone health"] * 3:
        session = say(session, text).session
    assert session.waiting == "bone_health.menu"
    assert session.history == tuple(
        f"{flow}.menu" for flow in ("recovery", "bone_health", "fracture", "diagnosis", "recovery")
    )


nothing_known = st.one_of(
    st.text("qxzjkw", min_size=6, max_size=9).map(Event),
    st.just(Event("")),
    st.just(Event("", media=1)),
    st.just(Event("qxz " * 300)),
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(MENUS), st.integers(0, 1), st.lists(nothing_known, min_size=4, max_size=8))
def test_nobody_is_asked_the_same_a_fourth_time(
    waiting: str, turn_number: int, heard: list[Event]
) -> None:
    session = Session("en", waiting=waiting, said=waiting, turn=turn_number)
    asked: Counter[str] = Counter()
    for event in heard:
        turn = take_turn(LIBRARY, session, event, Facts(PROFILES["ara-health"], NOW))
        assert turn.understood.kind is Kind.UNKNOWN
        session = turn.session
        if any(said.choices or said.hint for said in turn.says):
            asked[sms_body(turn.says)] += 1
        else:
            assert any(isinstance(effect, OpenTask) for effect in turn.effects)
    assert max(asked.values(), default=0) <= 3


@pytest.mark.parametrize("waiting", MENUS)
def test_four_slips_in_a_row_end_with_a_person(waiting: str) -> None:
    session = Session("es", waiting=waiting, said=waiting, turn=1)
    bodies = []
    for _ in range(4):
        turn = say(session, "qxzjk")
        session = turn.session
        bodies.append(sms_body(turn.says))
    hint, menu, person, again = bodies
    assert len({hint, menu, person}) == 3
    assert person == again
    assert "(828) 436-5500" in person
    assert turn.session.waiting == waiting


@pytest.mark.parametrize("ref", MENUS)
def test_every_key_of_every_menu_leads_on(ref: str) -> None:
    for key, target in LIBRARY.keys[ref].items():
        turn = say(Session("en", waiting=ref, said=ref, turn=1), key)
        assert turn.understood.kind is not Kind.UNKNOWN, (ref, key, target)


@pytest.mark.parametrize("ref", MENUS)
def test_every_label_of_a_menu_means_its_option(ref: str) -> None:
    """What is written beside a key may be typed in place of it, in either language."""
    menu = LIBRARY.nodes[ref]
    assert isinstance(menu, Menu | Ask)
    session = Session("en", waiting=ref, said=ref, turn=1)
    for option in menu.options:
        by_key = say(session, option.key)
        for label in option.label.values():
            if option.next == "main.language":
                continue  # a language's name asks for that language, whichever is spoken
            by_label = say(session, label)
            assert by_label.says == by_key.says, (ref, label)
            assert by_label.effects == by_key.effects, (ref, label)


def test_greeting_is_the_main_menu() -> None:
    said = greeting(LIBRARY, Session("es"), Facts(PROFILES["ara-health"], NOW), Event(""))
    assert [choice.key for choice in said.choices] == list("12345678")
    assert "ARA Health" in said.text


def test_an_offer_that_is_gone_leads_to_the_main_menu() -> None:
    session = Session("en", offers=("no.such", "prep.fasting"), turn=4)
    assert say(session, "1").session.waiting == START
    assert say(session, "2").understood.labels == ("prep.fasting",)


@pytest.mark.parametrize("text", ["፩", "١", "²", "½", "\u0000", "\u200d", "🔟", "Ⅷ"])
def test_odd_digits_press_no_key_by_accident(text: str) -> None:
    session = Session(
        "en",
        waiting=REMINDER_REPLY,
        offers=("41", "42"),
        offer_kind=OfferKind.CONFIRM_FOR,
        about=tuple(
            Subject(number, 1, name, "Wed, Nov 25", NOW + dt.timedelta(days=1))
            for number, name in ((41, "Mary"), (42, "Joe"))
        ),
        turn=1,
    )
    turn = say(session, text)
    confirmed = [effect for effect in turn.effects if isinstance(effect, Confirm)]
    assert confirmed == ([Confirm(42)] if text == "²" else [])


@pytest.mark.parametrize(("text", "said"), [("9", "9 1 1"), ("4", "Getting ready.")])
def test_spoken_wording_is_said_on_a_call(text: str, said: str) -> None:
    event = Event(text, channel=Channel.VOICE)
    turn = take_turn(LIBRARY, Session("en"), event, Facts(PROFILES["ara-health"], NOW))
    assert said in turn.says[0].text
    assert "press" in turn.says[0].hint
    assert turn.says[0].choices[0].label in ("your fracture", "fasting and eating")

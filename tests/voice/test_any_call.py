"""Whatever happens in a call, in whatever order: a good document, and an end within reach."""

from __future__ import annotations

import datetime as dt
from typing import Final

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from conversation.calls import Spoken
from emulator.voice_twiml import ends_by_falling_through, parse
from flows.call_state import CallState, CallTurn, Dialled, Happening, Recorded, Said, Waits
from flows.calls import greeting_turn, hung_up, reminder_turn, take_call_turn
from flows.library import REMINDER_REPLY, default_library
from flows.model import Facts, HandOff, OnCall, OpenTask, Session, Subject
from tests.support.csv_files import NOW, sample_profiles
from voice.render import document

LIBRARY: Final = default_library()
PROFILE: Final = sample_profiles()["ara-health"]
KEYS: Final = "0 9 * # 1 2 3 4 5 6 7 8 8285550142 12".split()
WORDS: Final = (
    "yes|no|goodbye|español|English|my legs are numb|stop calling me|stop|aspirin|call me back|"
    "leave a message|can I eat and who drives|I want to kill myself|fever since the procedure|"
    "<&>\"'|que||   "
).split("|")
said = st.builds(Said, st.sampled_from([*KEYS, *WORDS]) | st.text(max_size=30), st.booleans())
dialled = st.builds(
    Dialled, st.sampled_from("completed answered busy no-answer failed canceled ?".split())
)
happenings = st.lists(said | dialled | st.builds(Recorded, st.integers(0, 120)), max_size=25)
closed = st.sampled_from([NOW, NOW + dt.timedelta(days=1)])
facts = st.builds(
    Facts,
    st.just(PROFILE),
    closed,
    opted_out=st.booleans(),
    withheld=st.booleans(),
    we_called=st.booleans(),
)
SUBJECT: Final = Subject(1, 1, "Mary", "Tuesday", NOW + dt.timedelta(days=4))


def begun(given_facts: Facts, language: str) -> CallTurn:
    """The first turn of a call of theirs or ours."""
    phone = "" if given_facts.withheld else "+18285550142"
    if not given_facts.we_called:
        state = CallState(Session(language), phone=phone)
        return greeting_turn(LIBRARY, state, given_facts)
    talk = Session(language, waiting=REMINDER_REPLY, said=REMINDER_REPLY, about=(SUBJECT,))
    state = CallState(talk, body="Your visit is on Tuesday.", phone=phone)
    return reminder_turn(LIBRARY, state, given_facts)


def checked(turn: CallTurn, number: int) -> CallTurn:
    """A turn whose document and state are good."""
    spoken = Spoken(turn, number, LIBRARY, PROFILE, PROFILE.texting_number or "")
    verbs = parse(document(spoken))
    assert verbs
    assert not ends_by_falling_through(verbs)
    assert not any(isinstance(effect, HandOff | OnCall) for effect in turn.effects)
    decoded = msgspec.json.decode(msgspec.json.encode(turn.state), type=CallState)
    assert decoded == turn.state
    return turn


@settings(max_examples=250, deadline=None)
@given(happenings, facts, st.sampled_from(["en", "es"]))
def test_every_document_is_good(events: list[Happening], given_facts: Facts, language: str) -> None:
    turn = checked(begun(given_facts, language), 2)
    for number, happening in enumerate(events, start=3):
        was_over = turn.state.waits is Waits.NOTHING
        turn = checked(take_call_turn(LIBRARY, turn.state, happening, given_facts), number)
        if was_over:
            assert (turn.says, turn.effects) == ((), ())
        for effect in hung_up(turn.state):
            assert isinstance(effect, OpenTask)


@settings(max_examples=100, deadline=None)
@given(happenings, facts)
def test_a_silent_caller_is_let_go(events: list[Happening], given_facts: Facts) -> None:
    turn = begun(given_facts, "en")
    for happening in events:
        turn = take_call_turn(LIBRARY, turn.state, happening, given_facts)
    for _ in range(12):
        waits = turn.state.waits
        nothing: Happening = Said("")
        if waits is Waits.PERSON:
            nothing = Dialled("no-answer")
        turn = take_call_turn(LIBRARY, turn.state, nothing, given_facts)
    assert turn.state.waits is Waits.NOTHING

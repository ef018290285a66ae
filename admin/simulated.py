"""A talk with nobody: the engine that answers patients, with a made-up visit. Pure.

A talk is what was typed and when; it is played from its start each time. Nothing is sent, and
nothing is stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from admin.said import spoken, texted
from admin.simulated_world import PHONE, Step, Talk, Visit, World
from carrier.segments import Segments
from flows.asking import with_question
from flows.call_state import CallState, CallTurn, Dialled, Happening, Recorded, Said, Waits
from flows.calls import greeting_turn, reminder_turn, take_call_turn
from flows.engine import take_turn
from flows.library import Library
from flows.model import Channel, Choice, Effect, Event, Say, Session, Turn, Understood
from flows.says import Context, menu_say
from flows.topics import evidence
from profiles import Language, Profile


@dataclass(frozen=True, slots=True)
class Shown:
    """One turn: what was done, the answer as a text or as it is heard, what was understood by
    which words, and what would have been done. `segments` only for a text;
    `language` is the answer's."""

    step: Step | None
    answer: str
    segments: Segments | None
    language: Language
    understood: Understood | None
    evidence: Sequence[str] = ()
    effects: Sequence[Effect] = ()


@dataclass(frozen=True, slots=True)
class Played:
    """A talk, and what it waits for: the choices of the last answer, in a call what happens."""

    turns: Sequence[Shown]
    choices: Sequence[Choice]
    waits: Waits


def play(library: Library, profile: Profile, talk: Talk) -> Played:
    """Play a talk from its start, at the clinic of this profile."""
    world = World(library, profile, talk.setup)
    player = _Call(world) if talk.setup.channel is Channel.VOICE else _Text(world)
    turns = [player.open(), *(player.take(step) for step in talk.steps)]
    return Played(turns, player.choices, player.waits)


class _Text:
    """A talk by text."""

    waits = Waits.WORDS

    def __init__(self, world: World) -> None:
        self._world = world
        self._session = Session(world.setup.language)
        self.choices: Sequence[Choice] = ()

    def open(self) -> Shown:
        """Nothing is said before the patient writes, except a reminder."""
        world, setup = self._world, self._world.setup
        if setup.visit is not Visit.REMINDED:
            return Shown(None, "", None, setup.language, None)
        self._session = with_question(self._session, world.subject(), setup.began)
        context = Context(world.library, self._session, Event(""), world.facts(setup.began))
        self.choices = menu_say(context, self._session.waiting).choices
        answer = texted([Say(world.reminder())], world.profile)
        return Shown(None, answer.body, answer.segments, setup.language, None)

    def take(self, step: Step) -> Shown:
        """One text."""
        world = self._world
        turn = take_turn(world.library, self._session, Event(step.text), world.facts(step.at))
        self._session = turn.session
        world.apply(turn.effects)
        self.choices = [each for say in turn.says for each in say.choices]
        answer = texted(turn.says, world.profile)
        return _shown(step, turn, answer.body, answer.segments if turn.says else None)


class _Call:
    """A call."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._state = CallState(Session(world.setup.language), phone=PHONE)
        self.choices: Sequence[Choice] = ()

    @property
    def waits(self) -> Waits:
        """What the call waits for."""
        return self._state.waits

    def open(self) -> Shown:
        """The first words of the call."""
        world, setup = self._world, self._world.setup
        facts = world.facts(setup.began)
        if setup.visit is Visit.REMINDED:
            talk = with_question(self._state.talk, world.subject(), setup.began)
            asking = CallState(talk, phone=PHONE, body=world.reminder())
            return self._after(None, reminder_turn(world.library, asking, facts))
        return self._after(None, greeting_turn(world.library, self._state, facts))

    def take(self, step: Step) -> Shown:
        """Keys, words, or what became of the desk's phone or the recording."""
        world = self._world
        turn = take_call_turn(world.library, self._state, _happening(step), world.facts(step.at))
        return self._after(step, turn)

    def _after(self, step: Step | None, turn: CallTurn) -> Shown:
        world = self._world
        self._state = turn.state
        world.apply(turn.effects)
        self.choices = [each for say in turn.says for each in say.choices]
        heard = spoken(world.library, turn.says, world.profile, turn.state.talk.language)
        return _shown(step, turn, heard, None)


def _happening(step: Step) -> Happening:
    if step.what == "dialled":
        return Dialled(step.text)
    if step.what == "recorded":
        return Recorded(int(step.text) if step.text.isdecimal() else 0)
    return Said(step.text)


def _shown(
    step: Step | None, turn: Turn | CallTurn, answer: str, segments: Segments | None
) -> Shown:
    language = (turn.state.talk if isinstance(turn, CallTurn) else turn.session).language
    understood = turn.understood if step is not None else None
    by_words = understood is not None and understood.rule == "words" and step is not None
    found = evidence(step.text, turn.understood.labels) if by_words and step else ()
    return Shown(step, answer, segments, language, understood, found, turn.effects)

"""What a conversation is made of: the content a nurse can edit, and the values of one turn.

Content is read from YAML into the structures of the first half. The second half is what goes into
and comes out of one turn of the engine: plain values, no behaviour, nothing that can't be stored.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, TypeAlias

import msgspec

from profiles import Language, Profile

NodeRef: TypeAlias = str  # "flow.node"
Topic: TypeAlias = str


class Channel(StrEnum):
    """How the patient is talking with us."""

    SMS = "sms"
    VOICE = "voice"


class Urgency(StrEnum):
    """How soon a coordinator must look; `emergency` comes before everything else."""

    NORMAL = "normal"
    URGENT = "urgent"
    EMERGENCY = "emergency"


# --- content ---------------------------------------------------------------------------------


class Wording(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One text in one language. `of` is the hash of the English wording it was translated from."""

    sms: str
    voice: str
    of: str = ""


Texts: TypeAlias = dict[Language, Wording]
Words: TypeAlias = dict[Language, str]


class Option(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One choice of a menu: the key to press, what it is called, words that mean it, its target."""

    id: str
    key: str
    label: Words
    next: NodeRef
    say_as: Words = {}
    aliases: dict[Language, list[str]] = {}


class Menu(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="menu"):
    """A place where the conversation waits for one of its options."""

    text: Texts
    options: list[Option]


class Answer(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="answer"
):
    """A statement with its sources; `approved` names a topic whose approved text is added."""

    text: Texts
    topic: Topic
    source: list[str] = []
    approved: Topic | None = None
    from_profile: bool = False


class Approved(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="approved"
):
    """A topic without a fact: the clinic's own approved text answers it, or else a person does."""

    topic: Topic
    urgency: Urgency = Urgency.NORMAL


class SwitchOn(StrEnum):
    """The points of a clinic's practice that content can depend on."""

    FIRST_SCAN = "first_scan"
    PERFORMED_BY = "performed_by"
    STAY = "stay"


class Switch(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="switch"
):
    """Goes on to the node for what the clinic's profile says; never seen by the patient."""

    on: SwitchOn
    to: dict[str, NodeRef]


class Do(StrEnum):
    """What an `act` node does for the patient besides saying its text."""

    CONFIRM = "confirm"
    CANNOT_COME = "cannot_come"
    CALL_ME = "call_me"
    CHANGE_WANTED = "change_wanted"
    DETAILS_WANTED = "details_wanted"
    ALREADY_ATE = "already_ate"
    THINNER_NOT_STOPPED = "thinner_not_stopped"
    ILL = "ill"
    NO_DRIVER = "no_driver"
    MAYBE_PREGNANT = "maybe_pregnant"
    SWITCH_LANGUAGE = "switch_language"


URGENT: Final = frozenset(
    {Do.CANNOT_COME, Do.ALREADY_ATE, Do.THINNER_NOT_STOPPED, Do.ILL, Do.NO_DRIVER}
    | {Do.MAYBE_PREGNANT}
)
"""What a person must hear of at once."""


class Act(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="act"):
    """Does one thing for the patient and says its text."""

    do: Do
    text: Texts
    topic: Topic | None = None
    source: list[str] = []


Node: TypeAlias = Menu | Answer | Approved | Switch | Act


class Flow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file of content. `moved` maps a removed node to the one that took its place, so that a
    conversation that was waiting there goes on."""

    flow: str
    nodes: dict[str, Node]
    moved: dict[str, NodeRef] = {}


class Command(StrEnum):
    """What works everywhere, whatever is waiting."""

    MENU = "menu"
    BACK = "back"
    REPEAT = "repeat"
    HELP = "help"
    PERSON = "person"
    ENGLISH = "english"
    SPANISH = "spanish"
    THANKS = "thanks"


COMMAND_KEYS: Final = {
    "0": Command.PERSON,
    "9": Command.MENU,
    "*": Command.REPEAT,
    "#": Command.BACK,
}
OPTION_KEYS: Final = ("1", "2", "3", "4", "5", "6", "7", "8")

# --- one turn --------------------------------------------------------------------------------


class Subject(msgspec.Struct, frozen=True):
    """An appointment that a message of ours was about and that a reply may concern.

    `day` is its day as the message said it, `version` the appointment's date it was said of; a
    reply counts `until` (UTC), the appointment's start.
    """

    appointment: int
    version: int
    first_name: str
    day: str
    until: dt.datetime


class OfferKind(StrEnum):
    """What the numbered offers of a question stand for."""

    NODES = "nodes"
    CONFIRM_FOR = "confirm_for"
    CANNOT_COME_FOR = "cannot_come_for"


class Session(msgspec.Struct, frozen=True, omit_defaults=True):
    """A conversation between two turns: all the engine remembers, small enough to store as JSON.

    `waiting` is the menu whose keys are live, `said` the node said last (for "repeat"), `history`
    the menus passed through, `about` the appointments that a reminder asked about, `misses` how
    often in a row nothing was understood, `spoke_at` (UTC) when the last turn was. `offers` are
    the numbered answers to a question asked just now ("which of these?", "for whom?"); they are
    live for one turn only.
    """

    language: Language
    waiting: NodeRef = "main.menu"
    said: NodeRef = "main.menu"
    history: tuple[NodeRef, ...] = ()
    about: tuple[Subject, ...] = ()
    offers: tuple[str, ...] = ()
    offer_kind: OfferKind = OfferKind.NODES
    misses: int = 0
    turn: int = 0
    spoke_at: dt.datetime | None = None
    last_text: str = ""


class CarrierWord(StrEnum):
    """What the carrier has already taken a text to be (`OptOutType`), and already answered."""

    STOP = "STOP"
    START = "START"
    HELP = "HELP"


@dataclass(frozen=True, slots=True)
class Event:
    """What the patient did: a text, keys pressed or words spoken, all as `text`.

    `media` counts attached pictures. `answered_by_carrier` is set when the carrier itself has
    replied to an opt-out word, so that nothing more may be said.
    """

    text: str
    channel: Channel = Channel.SMS
    media: int = 0
    answered_by_carrier: CarrierWord | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What the engine may know beside the session. `now` is UTC; `opted_out` says whether
    automated messages to this number are switched off."""

    profile: Profile
    now: dt.datetime
    opted_out: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of a menu as the patient gets it."""

    key: str
    label: str


@dataclass(frozen=True, slots=True)
class Say:
    """Something to be told: the wording for the channel and language, choices, and a key hint."""

    text: str
    choices: tuple[Choice, ...] = ()
    hint: str = ""


class TaskKind(StrEnum):
    """Why a coordinator must do something. The values are stored; never rename one."""

    EMERGENCY = "emergency"
    SAME_DAY = "same_day"
    CANNOT_COME = "cannot_come"
    CALL_ME = "call_me"
    CHANGE_WANTED = "change_wanted"
    DETAILS_WANTED = "details_wanted"
    ALREADY_ATE = "already_ate"
    THINNER_NOT_STOPPED = "thinner_not_stopped"
    ILL = "ill"
    NO_DRIVER = "no_driver"
    MAYBE_PREGNANT = "maybe_pregnant"
    QUESTION = "question"
    NOT_UNDERSTOOD = "not_understood"
    WROTE_WHILE_OPTED_OUT = "wrote_while_opted_out"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class OpenTask:
    """A coordinator must do something; `topic` names the question where there was one."""

    kind: TaskKind
    urgency: Urgency = Urgency.NORMAL
    topic: Topic | None = None
    appointment: int | None = None


@dataclass(frozen=True, slots=True)
class Confirm:
    """The patient said that they will come to this appointment."""

    appointment: int


@dataclass(frozen=True, slots=True)
class CannotCome:
    """The patient said that they can't come to this appointment."""

    appointment: int


@dataclass(frozen=True, slots=True)
class OptOut:
    """No more automated messages to this number; `how` is `keyword`, `own_words` or `carrier`."""

    how: str


@dataclass(frozen=True, slots=True)
class OptIn:
    """Automated messages to this number may start again; `how` as in `OptOut`."""

    how: str


@dataclass(frozen=True, slots=True)
class SwitchLanguage:
    """The patient wants this language from now on, in messages that we start as well."""

    language: Language


@dataclass(frozen=True, slots=True)
class HoldMessages:
    """Automated messages to this patient wait for so many minutes, unless staff release them."""

    minutes: int


Effect: TypeAlias = OpenTask | Confirm | CannotCome | OptOut | OptIn | SwitchLanguage | HoldMessages


class Kind(StrEnum):
    """What a text was taken to be."""

    ANSWER = "answer"
    CHOICES = "choices"
    EMERGENCY = "emergency"
    SAME_DAY = "same_day"
    OPT_OUT = "optout"
    COMMAND = "command"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Understood:
    """What the engine made of the text: its kind, the topics answered or offered, and the rule."""

    kind: Kind
    labels: tuple[str, ...] = ()
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """The outcome of one turn: the session to store, what to say, what to do, and why."""

    session: Session
    says: tuple[Say, ...]
    effects: tuple[Effect, ...] = ()
    understood: Understood = field(default_factory=lambda: Understood(Kind.UNKNOWN))

"""The values of one turn: what goes into the engine and what comes out of it, without behaviour."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

import msgspec

from flows.known import (
    IdentityLocked,
    IdentityMiss,
    KnownPatient,
    PrepAnswer,
    Standing,
    Verified,
    no_answers,
    nobody,
)
from flows.nodes import Do, NodeRef, Topic, Urgency
from profiles import Language, Profile


class Channel(StrEnum):
    """How the patient is talking with us."""

    SMS = "sms"
    VOICE = "voice"


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
    CHECKS_FOR = "checks_for"
    VISITS = "visits"


class Session(msgspec.Struct, frozen=True, omit_defaults=True):
    """A conversation between two turns: all the engine remembers, small enough to store as JSON.

    `waiting` is the menu whose keys are live, `said` the node said last (for "repeat"), `history`
    the menus passed through, `about` the appointments that a reminder asked about, `misses` how
    often in a row nothing was understood, `spoke_at` (UTC) when the last turn was. `offers` are
    the numbered answers to a question asked just now ("which of these?", "for whom?"); they are
    live for one turn only. `visit` is the appointment that a verified patient was told of last,
    `checking` the one whose check-list is gone through. `alarm` is the message that the last turn
    answered a red flag with, in a call. `wants_keys` is how many keys the answer to a spoken
    question has at most. `is_aside` says that something else came in between since the question
    that waits was said (a warning, a person's number, a word from staff), `refused` which
    appointments were called off by their patients in this conversation.
    """

    language: Language
    waiting: NodeRef = "main.menu"
    said: NodeRef = "main.menu"
    history: tuple[NodeRef, ...] = ()
    about: tuple[Subject, ...] = ()
    offers: tuple[str, ...] = ()
    offer_kind: OfferKind = OfferKind.NODES
    visit: int | None = None
    checking: int | None = None
    misses: int = 0
    turn: int = 0
    spoke_at: dt.datetime | None = None
    last_text: str = ""
    alarm: str = ""
    wants_keys: int = 1
    is_aside: bool = False
    refused: tuple[int, ...] = ()


class CarrierWord(StrEnum):
    """What the carrier has already taken a text to be (`OptOutType`), and already answered."""

    STOP = "STOP"
    START = "START"
    HELP = "HELP"


@dataclass(frozen=True, slots=True)
class Event:
    """What the patient did: a text, keys pressed or words spoken, all as `text`.

    `media` counts attached pictures. `answered_by_carrier` is set when the carrier itself has
    replied to an opt-out word, so that nothing more may be said. Speech that the carrier was not
    `sure` of counts only where it fits exactly, or is a red flag.
    """

    text: str
    channel: Channel = Channel.SMS
    media: int = 0
    answered_by_carrier: CarrierWord | None = None
    sure: bool = True

    @property
    def is_spoken(self) -> bool:
        """Whether this is a part of a call."""
        return self.channel is Channel.VOICE


@dataclass(frozen=True, slots=True)
class Facts:
    """What the engine may know beside the session. `now` is UTC; `opted_out` says whether
    automated messages to this number are switched off, `withheld` that a caller's number is not
    known, `we_called` that the call is one of ours, `paused` that a member of staff is talking with
    the patient, so that nothing but safety and opt-out is answered by itself. `visits` looks up the
    patients behind the number, `answered` the check-list's answers for an appointment; both are
    called only by turns that need them. `standing` is what the number may still try."""

    profile: Profile
    now: dt.datetime
    opted_out: bool = False
    withheld: bool = False
    we_called: bool = False
    standing: Standing = field(default_factory=Standing)
    visits: Callable[[], tuple[KnownPatient, ...]] = nobody
    answered: Callable[[int], Mapping[str, str]] = no_answers
    paused: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of a menu as the patient gets it; `language` where it is said in another one."""

    key: str
    label: str
    language: Language | None = None


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
    BLOOD_THINNER = "blood_thinner"
    ALLERGY = "allergy"
    QUESTION = "question"
    NOT_UNDERSTOOD = "not_understood"
    WROTE_WHILE_OPTED_OUT = "wrote_while_opted_out"
    UNREACHABLE = "unreachable"
    VOICEMAIL = "voicemail"
    IDENTITY_LOCKED = "identity_locked"
    WROTE_TO_STAFF = "wrote_to_staff"
    REPLY_FAILED = "reply_failed"


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


@dataclass(frozen=True, slots=True)
class HandOff:
    """A caller is to be connected to a person. Who is not reached in the end becomes a task of the
    kind `reason`; `topic` and `appointment` as in `OpenTask`."""

    reason: TaskKind
    topic: Topic | None = None
    appointment: int | None = None


@dataclass(frozen=True, slots=True)
class NoMoreCalls:
    """No more automated calls to this number; texts go on."""


@dataclass(frozen=True, slots=True)
class NoMoreTexts:
    """No more texts of our own to this number: calls, where the patient agreed to them, else a
    person phones. Whoever texts us is still answered."""


@dataclass(frozen=True, slots=True)
class OnCall:
    """What the call does next: one of the `Do` that only a call can."""

    do: Do


Effect: TypeAlias = (
    OpenTask
    | Confirm
    | CannotCome
    | OptOut
    | OptIn
    | SwitchLanguage
    | HoldMessages
    | HandOff
    | NoMoreCalls
    | NoMoreTexts
    | OnCall
    | Verified
    | IdentityMiss
    | IdentityLocked
    | PrepAnswer
)


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
    """The outcome of one turn: the session to store, what to say, what to do, and why.

    `heard` is the patient's text as it may be stored: without a date of birth.
    """

    session: Session
    says: tuple[Say, ...]
    effects: tuple[Effect, ...] = ()
    understood: Understood = field(default_factory=lambda: Understood(Kind.UNKNOWN))
    heard: str = ""

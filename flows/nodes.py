"""What a conversation is made of: the content that a nurse can edit, as it is read from YAML."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, TypeAlias

import msgspec

from profiles import Language

NodeRef: TypeAlias = str  # "flow.node"
Topic: TypeAlias = str


class Urgency(StrEnum):
    """How soon a coordinator must look; `emergency` comes before everything else."""

    NORMAL = "normal"
    URGENT = "urgent"
    EMERGENCY = "emergency"


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
    """A place where the conversation waits for one of its options.

    A `personal` one speaks of one visit of a verified patient.
    """

    text: Texts
    options: list[Option]
    personal: bool = False


class Asks(StrEnum):
    """What an `ask` node wants to hear in the patient's own words."""

    BIRTH_DATE = "birth_date"
    REASON = "reason"


class Ask(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="ask"):
    """A place where the conversation waits for words or digits, and perhaps for a few keys too.

    `digits` is how many keys a caller presses at most. After a date of birth the conversation goes
    on to `then`, or to `none` for a patient without a coming visit; `anew` asks for it even where
    another patient of the number is verified.
    """

    asks: Asks
    text: Texts
    topic: Topic
    options: list[Option] = []
    digits: int = 1
    then: NodeRef | None = None
    none: NodeRef | None = None
    anew: bool = False
    personal: bool = False


class Check(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="check"):
    """One question of a check-list; an option's id is the answer that is stored, its `next` what
    is said to that answer (the list itself: nothing).

    With `own_fast` a verified patient is also told when their own fast starts.
    """

    item: str
    label: Words
    text: Texts
    options: list[Option]
    source: list[str] = []
    own_fast: bool = False


class Checklist(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="checklist"
):
    """Questions about one visit, asked one a turn; goes on at the first that has no answer.

    With all answered it leads to `done`, without a visit soon to `otherwise`. With `review` it
    offers every question with its answer, to be changed.
    """

    items: list[NodeRef]
    done: NodeRef
    otherwise: NodeRef
    review: bool = False


class Answer(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="answer"
):
    """A statement with its sources; `approved` names a topic whose approved text is added.

    With `own_fast` a verified patient is also told when their own fast starts.
    """

    text: Texts
    topic: Topic
    source: list[str] = []
    approved: Topic | None = None
    from_profile: bool = False
    own_fast: bool = False


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
    BLOOD_THINNER = "blood_thinner"
    ALLERGY = "allergy"
    SWITCH_LANGUAGE = "switch_language"
    LEAVE_MESSAGE = "leave_message"
    CALL_BACK = "call_back"
    NUMBER_RIGHT = "number_right"
    NUMBER_AGAIN = "number_again"
    HANG_UP = "hang_up"


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


Node: TypeAlias = Menu | Ask | Check | Checklist | Answer | Approved | Switch | Act


class Flow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file of content. `moved` maps a removed node to the one that took its place, so that a
    conversation that was waiting there goes on."""

    flow: str
    nodes: dict[str, Node]
    moved: dict[str, NodeRef] = {}

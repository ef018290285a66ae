"""The conversation as it is read: its stops, what is said at each, and where its keys lead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from admin.words import gettext as _
from flows.clinic_words import filled, template_of
from flows.library import Library
from flows.lint_texts import APPOINTMENT_WORDS, CALL_WORDS
from flows.model import Channel
from flows.nodes import (
    Act,
    Answer,
    Approved,
    Ask,
    Check,
    Checklist,
    Menu,
    Node,
    NodeRef,
    Option,
    Switch,
    Texts,
)
from profiles import LANGUAGES, ApprovedText, Language, Profile

FLOW_WORDS: Final = {
    "main": _("Main menu"),
    "fracture": _("Your fracture"),
    "diagnosis": _("Tests and scans"),
    "treatment": _("Treatment choices"),
    "prep": _("How to get ready"),
    "ready": _("Check-list before the visit"),
    "recovery": _("Your recovery"),
    "bone_health": _("Bone health"),
    "appointment": _("Appointment"),
    "problem": _("Something came up"),
    "reminder": _("Answers to a reminder"),
    "handoff": _("A person, in calls"),
}
KIND_WORDS: Final = {
    Menu: _("Menu"),
    Ask: _("Question in own words"),
    Check: _("Question of the check-list"),
    Checklist: _("Check-list"),
    Answer: _("Answer"),
    Approved: _("Answered by your clinic's approved text"),
    Switch: _("Depends on the clinic"),
    Act: _("Answer, and something is done"),
}
_SHORT: Final = {
    Menu: _("menu"),
    Ask: _("question"),
    Check: _("question"),
    Checklist: _("check-list"),
    Answer: _("answer"),
    Approved: _("approved text"),
    Switch: _("depends on the clinic"),
    Act: _("answer"),
}
_BLANKS: Final = {name: f"[{name.replace('_', ' ')}]" for name in (*APPOINTMENT_WORDS, *CALL_WORDS)}


@dataclass(frozen=True, slots=True)
class Edge:
    """One way on: the key or the case, what it is called in each language, the words that mean it,
    and the stop that it leads to. `is_taken` is false for a case of other clinics."""

    key: str
    labels: Mapping[Language, str]
    words: Mapping[Language, Sequence[str]]
    to: NodeRef
    is_taken: bool = True


@dataclass(frozen=True, slots=True)
class Wordings:
    """What is said in one language; `spoken` is empty where a call says the same."""

    language: Language
    text: str
    spoken: str


@dataclass(frozen=True, slots=True)
class Stop:
    """One node of the conversation in words."""

    ref: NodeRef
    name: str
    title: str
    kind: str
    said: Sequence[Wordings]
    edges: Sequence[Edge]
    source: Sequence[str]
    topic: str
    approved: ApprovedText | None
    takes_approved: bool


def flows_of(library: Library) -> list[str]:
    """The flows by name, in the order of the main menu; others follow."""
    there = dict.fromkeys(ref.partition(".")[0] for ref in library.nodes)
    return [*(name for name in FLOW_WORDS if name in there), *sorted(there.keys() - FLOW_WORDS)]


def flow_words(flow: str) -> str:
    """What a flow is called."""
    return FLOW_WORDS.get(flow, flow)


def stops_of(library: Library, flow: str, profile: Profile | None) -> list[Stop]:
    """The stops of a flow, as a clinic's patients meet them."""
    titles = titles_of(library)
    return [
        stop_of(library, ref, profile, titles)
        for ref in library.nodes
        if ref.partition(".")[0] == flow
    ]


def titles_of(library: Library) -> dict[NodeRef, str]:
    """What each node is called: by the first option that leads to it, or by its own name."""
    titles: dict[NodeRef, str] = {"main.menu": _("Main menu"), "reminder.reply": _("Reminder")}
    for node in library.nodes.values():
        if isinstance(node, Menu | Ask):
            for option in node.options:
                titles.setdefault(option.next, option.label[LANGUAGES[0]])
    for ref, node in library.nodes.items():
        if isinstance(node, Check):
            titles[ref] = node.label[LANGUAGES[0]]
        if isinstance(node, Switch) and ref in titles:
            for case, to in node.to.items():
                titles.setdefault(to, f"{titles[ref]} ({case.replace('_', ' ')})")
    for ref in library.nodes:
        titles.setdefault(ref, ref.partition(".")[2].replace("_", " ").capitalize())
    return titles


def stop_of(
    library: Library, ref: NodeRef, profile: Profile | None, titles: Mapping[NodeRef, str]
) -> Stop:
    """One node in words; without a clinic its placeholders stay as they are."""
    node = library.nodes[ref]
    topic = approved_topic(node)
    texts = getattr(node, "text", None)
    return Stop(
        ref=ref,
        name=ref.partition(".")[2],
        title=titles[ref],
        kind=KIND_WORDS[type(node)],
        said=said_of(texts, profile) if texts else [],
        edges=_edges(node, titles, profile),
        source=getattr(node, "source", ()),
        topic=topic,
        approved=profile.approved_texts.get(topic) if profile else None,
        takes_approved=bool(topic),
    )


def short_kind(node: Node) -> str:
    """What a node is, in a word or two."""
    return _SHORT[type(node)]


def approved_topic(node: Node) -> str:
    """The topic whose approved text this node says, alone or after its own; else nothing."""
    if isinstance(node, Approved):
        return node.topic
    return (node.approved or "") if isinstance(node, Answer) else ""


def said_of(texts: Texts, profile: Profile | None) -> list[Wordings]:
    """A text in each language, as it is texted and as it is spoken."""
    found = []
    for language in LANGUAGES:
        text, spoken = (_filled(texts, each, language, profile) for each in Channel)
        found.append(Wordings(language, text, "" if spoken == text else spoken))
    return found


def _filled(texts: Texts, channel: Channel, language: Language, profile: Profile | None) -> str:
    if profile is None:
        return template_of(texts, channel, language)
    return " ".join(filled(texts, channel, language, profile, _BLANKS).split())


def _edges(node: Node, titles: Mapping[NodeRef, str], profile: Profile | None) -> list[Edge]:
    if isinstance(node, Menu | Check):
        return [_of_option(option) for option in node.options]
    if isinstance(node, Ask):
        known = [(_("then"), node.then), (_("no visit"), node.none)]
        ways = [Edge(what, _named(titles[ref]), {}, ref) for what, ref in known if ref]
        return [*map(_of_option, node.options), *ways]
    if isinstance(node, Checklist):
        asked = [Edge(str(n), _named(titles[ref]), {}, ref) for n, ref in enumerate(node.items, 1)]
        ends = [(_("all answered"), node.done), (_("no visit soon"), node.otherwise)]
        return [*asked, *(Edge(what, _named(titles[ref]), {}, ref) for what, ref in ends)]
    if isinstance(node, Switch):
        here = getattr(profile.practice, node.on) if profile else None
        return [
            Edge(value.replace("_", " "), _named(titles[to]), {}, to, here in (None, value))
            for value, to in node.to.items()
        ]
    return []


def _of_option(option: Option) -> Edge:
    return Edge(option.key, option.label, option.aliases, option.next)


def _named(title: str) -> dict[Language, str]:
    return {LANGUAGES[0]: title}

"""The content, loaded once and made ready for quick look-ups.

Loading checks the form of the files; whether the content is *good* (no dead ends, no stale
translation, …) is the business of `flows.lint`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import msgspec
import yaml

from flows.commands import Command
from flows.matching import PhraseIndex
from flows.nodes import (
    URGENT,
    Act,
    Answer,
    Approved,
    Ask,
    Check,
    Flow,
    Menu,
    Node,
    NodeRef,
    Option,
    Switch,
    Texts,
    Topic,
)
from flows.text import normalise
from profiles import LANGUAGES, Language
from yaml_text import load_yaml

CONTENT: Final = Path(__file__).parent / "content"
START: Final[NodeRef] = "main.menu"
REMINDER_REPLY: Final[NodeRef] = "reminder.reply"
CANNOT_COME: Final[NodeRef] = "reminder.cannot_come"
CHANGES: Final = frozenset((CANNOT_COME, "appointment.change", "appointment.cannot_come"))
"""Where a visit is called off, or asked to be moved."""
CONFIRMED: Final[NodeRef] = "reminder.confirmed"
HAND_OFF: Final[NodeRef] = "handoff.menu"
NUMBER: Final[NodeRef] = "handoff.number"
_MOST_HINTS: Final = 500  # of at most 100 characters, which is as many as the carrier takes
READY: Final[NodeRef] = "ready.start"


class ContentError(Exception):
    """Content that can't be loaded; `problems` holds one plain sentence for each mistake."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class _Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    text: Texts


class _Messages(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    messages: dict[str, _Message]


class _Commands(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    commands: dict[Command, dict[str, list[str]]]


@dataclass(frozen=True, slots=True)
class Library:
    """All content of all flows.

    `menus` finds the options of one menu or question by the words that mean them, `everywhere`
    those of all menus that are open to everybody, `answers` the ids of a check's options; all hold
    every language's words, whatever language a session is in. `topics` gives the topic of a node,
    `by_topic` the nodes of a topic that a question may lead to. `hints` are what a caller is likely
    to say at a menu, by menu and language: its own words, then commands.
    """

    nodes: Mapping[NodeRef, Node]
    messages: Mapping[str, Texts]
    commands: Mapping[str, Command]
    moved: Mapping[NodeRef, NodeRef]
    menus: Mapping[NodeRef, PhraseIndex]
    keys: Mapping[NodeRef, Mapping[str, NodeRef]]
    answers: Mapping[NodeRef, PhraseIndex]
    everywhere: PhraseIndex
    topics: Mapping[NodeRef, Topic]
    hints: Mapping[tuple[NodeRef, Language], tuple[str, ...]]
    by_topic: Mapping[Topic, tuple[NodeRef, ...]]

    def current(self, ref: NodeRef) -> NodeRef:
        """The node that stands today for one a stored session names; the start if it is gone."""
        if ref in self.nodes:
            return ref
        moved = self.moved.get(ref, START)
        return moved if moved in self.nodes else START

    def is_urgent(self, ref: NodeRef) -> bool:
        """Whether a person must hear at once of what brought a patient to this node."""
        node = self.nodes[ref]
        return isinstance(node, Act) and node.do in URGENT

    def node_for(self, label: str, said: Sequence[str]) -> NodeRef | None:
        """The node that answers a label of free words: the node it names, else, of those with its
        topic, the one whose phrase is among the words `said`, else the topic's main one."""
        if isinstance(self.nodes.get(label), Act):
            return label
        nodes = self.by_topic.get(label, ())
        if len(nodes) < 2:
            return nodes[0] if nodes else None
        named = [ref for ref in self.everywhere.inside(said) if ref in nodes]
        return named[0] if named else nodes[0]

    def current_menu(self, ref: NodeRef) -> NodeRef:
        """The menu that stands today for one a stored session waits at; else the start."""
        found = self.current(ref)
        return found if found in self.menus else START


@cache
def default_library() -> Library:
    """The library of the content that ships with the product, loaded once a process."""
    return load_library(CONTENT)


def load_library(folder: Path, changes: Path | None = None) -> Library:
    """Load every YAML file of a folder; a file of the same name in `changes` takes its place.

    Raises `ContentError` with every file's first problem.
    """
    files = {path.name: path for path in folder.glob("*.yaml")}
    files |= {path.name: path for path in changes.glob("*.yaml")} if changes else {}
    flows: list[Flow] = []
    messages: dict[str, Texts] = {}
    commands: dict[Command, dict[str, list[str]]] = {}
    problems: list[str] = []
    for _, path in sorted(files.items()):
        try:
            raw = _with_wordings(load_yaml(path.read_text(encoding="utf-8")))
            if isinstance(raw, dict) and "messages" in raw:
                found = msgspec.convert(raw, _Messages).messages
                messages |= {name: message.text for name, message in found.items()}
            elif isinstance(raw, dict) and "commands" in raw:
                commands |= msgspec.convert(raw, _Commands).commands
            else:
                flows.append(_flow(raw, path))
        except msgspec.ValidationError as error:
            problems.append(f"{path.name}: {_with_name(str(error), raw)}")
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            what = str(error).replace('"<unicode string>", ', "")
            problems.append(f"{path.name}: {' '.join(what.split())}")
    if problems:
        raise ContentError(problems)
    return _library(flows, messages, commands)


def _flow(raw: object, path: Path) -> Flow:
    flow = msgspec.convert(raw, Flow, strict=False)
    if flow.flow != path.stem:
        message = f"the flow calls itself '{flow.flow}', the file '{path.stem}'; make them the same"
        raise msgspec.ValidationError(message)
    return flow


def _with_name(problem: str, raw: object) -> str:
    """The problem with the name of the node or message that has it, in place of `[...]`."""
    for part, kind in (("nodes", Node), ("messages", _Message)):
        items = raw.get(part) if isinstance(raw, dict) and f"{part}[...]" in problem else None
        for name, item in (items or {}).items():
            try:
                msgspec.convert(item, kind, strict=False)
            except msgspec.ValidationError:
                return problem.replace(f"{part}[...]", f"{part}.{name}")
    return problem


def _with_wordings(raw: object) -> object:
    """Write the short forms of `text` out: one string, or sms and voice, for each language."""
    if isinstance(raw, list):
        return [_with_wordings(item) for item in raw]
    if not isinstance(raw, dict):
        return raw
    return {
        key: {language: _wording(value) for language, value in item.items()}
        if key == "text" and isinstance(item, dict)
        else _with_wordings(item)
        for key, item in raw.items()
    }


def _wording(value: object) -> object:
    if isinstance(value, str):
        return {"sms": value, "voice": value}
    if isinstance(value, dict) and "text" in value:
        rest = {key: part for key, part in value.items() if key != "text"}
        return {"sms": value["text"], "voice": value["text"], **rest}
    if isinstance(value, dict) and "sms" in value:
        return {"voice": value["sms"], **value}
    return value


def wording_hash(texts: Texts) -> str:
    """The hash that a translation keeps of the English wording it was made from."""
    source = texts[LANGUAGES[0]]
    return hashlib.sha256(f"{source.sms}\0{source.voice}".encode()).hexdigest()[:8]


def _library(
    flows: list[Flow],
    messages: dict[str, Texts],
    commands: dict[Command, dict[str, list[str]]],
) -> Library:
    nodes = {f"{flow.flow}.{name}": node for flow in flows for name, node in flow.nodes.items()}
    menus = {ref: node for ref, node in nodes.items() if isinstance(node, Menu | Ask)}
    topics = _topics(nodes)
    return Library(
        nodes=nodes,
        messages=messages,
        commands={
            normalise(phrase): command
            for command, words in commands.items()
            for phrases in words.values()
            for phrase in phrases
        },
        moved={old: new for flow in flows for old, new in flow.moved.items()},
        menus={ref: PhraseIndex(_phrases(menu)) for ref, menu in menus.items()}
        | {ref: PhraseIndex([]) for ref, node in nodes.items() if isinstance(node, Check)},
        keys={ref: {o.key: o.next for o in menu.options} for ref, menu in menus.items()},
        answers={
            ref: PhraseIndex(
                (phrase, option.id) for option in node.options for phrase in _said_as(option)
            )
            for ref, node in nodes.items()
            if isinstance(node, Check)
        },
        everywhere=PhraseIndex(
            (phrase, target)
            for ref, menu in menus.items()
            for phrase, target in _phrases(menu)
            if not menu.personal
            and (ref != REMINDER_REPLY or target == CONFIRMED)
            and ref not in (CANNOT_COME, HAND_OFF, NUMBER)
        ),
        topics=topics,
        by_topic=_by_topic(nodes, topics),
        hints={
            (ref, language): _hints(menu, commands, language)
            for ref, menu in menus.items()
            for language in LANGUAGES
        },
    )


def _hints(
    menu: Menu | Ask, commands: dict[Command, dict[str, list[str]]], language: Language
) -> tuple[str, ...]:
    own = [
        phrase
        for option in menu.options
        for phrase in (
            *filter(None, [option.label.get(language)]),
            *option.aliases.get(language, []),
        )
    ]
    common = [phrase for words in commands.values() for phrase in words.get(language, [])]
    return tuple(dict.fromkeys(phrase[:100] for phrase in (*own, *common)))[:_MOST_HINTS]


def _phrases(menu: Menu | Ask) -> Iterable[tuple[str, NodeRef]]:
    """Every phrase that means an option: its labels and aliases in every language."""
    for option in menu.options:
        for phrase in _said_as(option):
            yield phrase, option.next


def _said_as(option: Option) -> Iterable[str]:
    yield from (*option.label.values(), *option.say_as.values())
    for phrases in option.aliases.values():
        yield from phrases


def _topics(nodes: Mapping[NodeRef, Node]) -> dict[NodeRef, Topic]:
    """The topic that each node answers; a switch has the topic of the node it leads to."""
    topics: dict[NodeRef, Topic] = {}
    for ref, own in nodes.items():
        leads_to = own.to.values() if isinstance(own, Switch) else ()
        node = next((nodes[to] for to in leads_to if to in nodes), own)
        if isinstance(node, Ask | Answer | Approved | Act) and node.topic:
            topics[ref] = node.topic
    return topics


def _by_topic(
    nodes: Mapping[NodeRef, Node], topics: Mapping[NodeRef, Topic]
) -> dict[Topic, tuple[NodeRef, ...]]:
    """The nodes that a question about each topic may lead to, the one named like it first.

    What a patient does rather than asks (reports that they ate) is not among them where the topic
    has an answer as well.
    """
    found: dict[Topic, list[NodeRef]] = {}
    for ref, topic in sorted(topics.items(), key=lambda item: item[0] != item[1]):
        asked = not isinstance(nodes[ref], Act) or topic not in found
        if asked:
            found.setdefault(topic, []).append(ref)
    return {topic: tuple(refs) for topic, refs in found.items()}

"""What is wrong with the content, found before a patient finds it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from flows import lint_texts
from flows.commands import OPTION_KEYS
from flows.library import HAND_OFF, NUMBER, READY, REMINDER_REPLY, START, Library
from flows.nodes import (
    Act,
    Answer,
    Ask,
    Check,
    Checklist,
    Menu,
    Node,
    NodeRef,
    Option,
    Switch,
    SwitchOn,
)
from flows.optout import carrier_keyword
from flows.text import normalise
from profiles import LANGUAGES, FirstScan, PerformedBy, Profile, Stay

FACTS: Final = frozenset(f"F{number:02d}" for number in range(1, 38))
_STEPS_TO_AN_ANSWER: Final = 3
_FACT: Final = re.compile(r"F\d\d\Z")
_VALUES: Final = {
    SwitchOn.FIRST_SCAN: frozenset(FirstScan),
    SwitchOn.PERFORMED_BY: frozenset(PerformedBy),
    SwitchOn.STAY: frozenset(Stay),
}
_STARTS: Final = (START, REMINDER_REPLY, HAND_OFF, NUMBER)
_ACTED_ON_BY_ENGINE: Final = (
    "reminder.confirmed",
    "reminder.cannot_come",
    "appointment.details",
    READY,
)


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake: where it is and what is wrong, in words that say how to mend it."""

    place: str
    what: str

    def __str__(self) -> str:
        return f"{self.place}: {self.what}"


def check(
    library: Library, profiles: Sequence[Profile], segments: Callable[[str], int]
) -> list[Problem]:
    """Every problem of the content, sorted by place; an empty list means that it is good.

    `profiles` are the clinics that the content must serve; `segments` counts the parts that a text
    is sent in.
    """
    found = [*_targets(library)]
    if not found:  # what follows walks the menus and needs every target to exist
        found += [*_reachability(library), *_facts(library, profiles)]
    found += _menus(library)
    found += (Problem(place, what) for place, what in lint_texts.check(library, profiles, segments))
    return sorted(set(found))


def _next_of(node: Node) -> Sequence[NodeRef]:
    if isinstance(node, Checklist):
        return [*node.items, node.done, node.otherwise]
    if isinstance(node, Menu | Check):
        return [option.next for option in node.options]
    if isinstance(node, Ask):
        leads_to = (*(option.next for option in node.options), node.then, node.none)
        return [ref for ref in leads_to if ref is not None]
    return list(node.to.values()) if isinstance(node, Switch) else []


def _targets(library: Library) -> Iterator[Problem]:
    for start in (*_STARTS, *_ACTED_ON_BY_ENGINE):
        if start not in library.nodes:
            yield Problem(start, "is missing; the conversation can't do without it")
    for ref, node in library.nodes.items():
        for target in _next_of(node):
            if target not in library.nodes:
                yield Problem(ref, f"leads to '{target}', which does not exist")
        if isinstance(node, Switch):
            missing = _VALUES[node.on] - set(node.to)
            if missing:
                yield Problem(ref, f"does not say where to go for {', '.join(sorted(missing))}")
    for old, new in library.moved.items():
        if new not in library.nodes:
            yield Problem(old, f"is said to have moved to '{new}', which does not exist")
        if old in library.nodes:
            yield Problem(old, "is said to have moved, but still exists")


def _distances(library: Library, starts: Sequence[NodeRef]) -> dict[NodeRef, int]:
    """How many texts it takes to reach each node; passing a switch takes none.

    What comes after a visit was told is not far from the main menu, but from that visit.
    """
    reached = dict.fromkeys(starts, 0)
    queue = list(starts)
    for ref in queue:
        node = library.nodes[ref]
        for target in _next_of(node):
            is_near = isinstance(node, Switch | Check | Checklist) or getattr(
                node, "personal", False
            )
            distance = reached[ref] + (0 if is_near else 1)
            if distance < reached.get(target, 1_000):
                reached[target] = distance
                queue.append(target)
    return reached


def _reachability(library: Library) -> Iterator[Problem]:
    reached = _distances(library, _STARTS)
    for ref in library.nodes.keys() - reached.keys() - set(_ACTED_ON_BY_ENGINE):
        yield Problem(ref, "can't be reached from the main menu")
    for ref, distance in _distances(library, [START]).items():
        is_list = isinstance(library.nodes[ref], Checklist)  # one leads to another: its review
        if distance > _STEPS_TO_AN_ANSWER and not is_list:
            yield Problem(ref, f"is {distance} texts from the main menu; at most 3 are allowed")


def _facts(library: Library, profiles: Sequence[Profile]) -> Iterator[Problem]:
    for ref, node in library.nodes.items():
        if not isinstance(node, Answer | Act | Check):
            continue
        for fact in node.source:
            if not _FACT.match(fact) or fact not in FACTS:
                yield Problem(ref, f"names the source '{fact}', which is not a known fact")
        if isinstance(node, Answer) and not node.source and not node.from_profile:
            yield Problem(ref, "states something without naming its source")
    told = {
        fact
        for ref in _distances(library, [START])
        for fact in getattr(library.nodes[ref], "source", ())
    }
    for fact in sorted(FACTS - told):
        yield Problem(fact, "is told nowhere")
    for profile in profiles:
        for fact in sorted((FACTS & told) - _told_at(library, profile) - _BY_PRACTICE):
            yield Problem(fact, f"is told nowhere at {profile.id}")


# The two practices differ here, and a clinic's profile decides which of the two it says.
_BY_PRACTICE: Final = frozenset({"F15"})


def _told_at(library: Library, profile: Profile) -> set[str]:
    """The facts that one clinic's patients can reach."""
    told: set[str] = set()
    queue, seen = [START], {START}
    for ref in queue:
        node = library.nodes[ref]
        told.update(getattr(node, "source", ()))
        targets = _next_of(node)
        if isinstance(node, Switch):
            targets = [node.to[getattr(profile.practice, node.on)]]
        queue.extend(target for target in targets if target not in seen)
        seen.update(targets)
    return told


def _menus(library: Library) -> Iterator[Problem]:
    for ref, node in library.nodes.items():
        if isinstance(node, Menu | Ask | Check):
            yield from _menu(library, ref, node)


def _menu(library: Library, ref: NodeRef, menu: Menu | Ask | Check) -> Iterator[Problem]:
    if not menu.options and not isinstance(menu, Ask):
        yield Problem(ref, "is a dead end: a menu needs options")
    by_key: dict[str, str] = {}
    by_words: dict[str, str] = {}
    for option in menu.options:
        place = f"{ref}.{option.id}"
        if option.key not in OPTION_KEYS:
            yield Problem(place, f"has the key '{option.key}'; options have the keys 1 to 8")
        if option.key in by_key:
            yield Problem(place, f"has the key {option.key}, as '{by_key[option.key]}' has")
        by_key.setdefault(option.key, option.id)
        for phrase in _phrases(option):
            words = normalise(phrase)
            if by_words.get(words, option.id) != option.id:
                yield Problem(place, f"says '{phrase}', as '{by_words[words]}' does")
            by_words.setdefault(words, option.id)
            if option.next.split(".")[-1] != "language" and words in library.commands:
                yield Problem(place, f"says '{phrase}', which is a command everywhere")
            if carrier_keyword(phrase) is not None:
                yield Problem(place, f"says '{phrase}', which switches messages off or on")
        for language in LANGUAGES:
            if not option.label.get(language):
                yield Problem(place, f"has no label in '{language}'")


def _phrases(option: Option) -> Iterator[str]:
    yield from dict.fromkeys(
        (*option.label.values(), *(p for phrases in option.aliases.values() for p in phrases))
    )

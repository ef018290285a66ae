"""The topics that a clinic's approved texts can answer, and what each of them is called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from admin.flow_map import approved_topic, titles_of
from flows.library import Library, default_library
from flows.nodes import Approved, NodeRef, Switch, Topic
from profiles import Profile


@dataclass(frozen=True, slots=True)
class TopicPlace:
    """Where an approved text is said: alone in place of a person's answer (`is_needed`), or after
    what the seed facts say. `refs` are the nodes that say it, `entry` the one that leads there."""

    topic: Topic
    title: str
    is_needed: bool
    refs: tuple[NodeRef, ...]
    entry: NodeRef


def topic_places(library: Library) -> dict[Topic, TopicPlace]:
    """All topics that take an approved text, those without any other answer first."""
    titles = titles_of(library)
    switches = {
        to: ref
        for ref, node in library.nodes.items()
        if isinstance(node, Switch)
        for to in node.to.values()
    }
    refs: dict[Topic, list[NodeRef]] = {}
    for ref, node in library.nodes.items():
        if topic := approved_topic(node):
            refs.setdefault(topic, []).append(ref)
    places = [
        TopicPlace(
            topic,
            titles[switches.get(found[0], found[0])],
            is_needed=isinstance(library.nodes[found[0]], Approved),
            refs=tuple(found),
            entry=switches.get(found[0], found[0]),
        )
        for topic, found in refs.items()
    ]
    return {each.topic: each for each in sorted(places, key=lambda each: not each.is_needed)}


@cache
def shipped_places() -> Mapping[Topic, TopicPlace]:
    """Those of the content that ships."""
    return topic_places(default_library())


def count_needed() -> int:
    """How many topics only a clinic's own text can answer."""
    return sum(each.is_needed for each in shipped_places().values())


def count_filled(profile: Profile) -> int:
    """How many of those a clinic has an approved text for."""
    return sum(
        each.is_needed and each.topic in profile.approved_texts
        for each in shipped_places().values()
    )

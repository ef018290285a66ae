"""What patients ask about, in the words of the menus that lead there."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final

from admin.words import gettext as _
from flows.library import START, Library, default_library
from flows.nodes import Ask, Menu, Option

_OWN: Final = {
    "appointment.change": _("Changing or calling off the visit"),
    "appointment.confirm": _("Coming to the visit"),
    "coordinator": _("Talking to a person"),
}
"""Topics that several options lead to, none of which names the whole."""


def topic_words(topic: str) -> str:
    """A topic as a coordinator says it: "How to get ready: Fasting". One that no menu leads to is
    told by its own name."""
    return _titles().get(topic) or topic.replace(".", ": ").replace("_", " ").capitalize()


@cache
def _titles() -> Mapping[str, str]:
    return titles(default_library())


def titles(library: Library) -> dict[str, str]:
    """For each topic that a menu leads to: the part of the content, and the option's own label.

    A topic of its whole part has the part's title. Of several options the one counts that leads to
    the node that is named as the topic is.
    """
    parts = {
        option.next.partition(".")[0]: option.label["en"] for option in _options(library, START)
    }
    found: dict[str, str] = {}
    for ref in library.nodes:
        for option in _options(library, ref):
            topic = library.topics.get(option.next)
            if topic is None or (topic in found and option.next != topic):
                continue
            part = parts.get(ref.partition(".")[0], "")
            label = option.label["en"]
            found[topic] = f"{part}: {label}" if part and part != label else label
    found |= {part: title for part, title in parts.items() if part in found}
    return found | _OWN


def _options(library: Library, ref: str) -> list[Option]:
    node = library.nodes[ref]
    return list(node.options) if isinstance(node, Menu | Ask) else []

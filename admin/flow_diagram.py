"""A stop of the conversation as SVG, drawn by the server: its box, and a box for each way on.

The boxes are links. The same information stands as text below each picture.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from admin.flow_map import Edge, Stop
from flows.nodes import NodeRef

_WIDTH: Final = 840
_BOX: Final = 270
_TARGET: Final = 300
_ROW: Final = 62
_HIGH: Final = 50
_RIGHT: Final = _WIDTH - _TARGET - 4
_LETTERS: Final = 32
_LINES: Final = 5
_LINE: Final = 20
_PAD: Final = 30


@dataclass(frozen=True, slots=True)
class Target:
    """A stop that an arrow leads to: what it is called, what it is, where it is read."""

    title: str
    kind: str
    address: str


def diagram(stop: Stop, target: Callable[[NodeRef], Target]) -> Markup:
    """The picture of one stop; empty for one that leads nowhere."""
    if not stop.edges:
        return Markup("")
    lines = textwrap.wrap(stop.said[0].text if stop.said else stop.kind, _LETTERS)
    if len(lines) > _LINES:
        lines = [*lines[: _LINES - 1], f"{lines[_LINES - 1][: _LETTERS - 1]}…"]
    own = _PAD + _LINE * len(lines) + 14
    height = max(_ROW * len(stop.edges), own) + 8
    top = (height - own) // 2
    head = Markup(
        '<svg class="flow" role="group" viewBox="0 0 {width} {height}" aria-labelledby="{key}-pic">'
        '<title id="{key}-pic">{title}</title>'
        '<rect class="flow-box" x="2" y="{top}" width="{box}" height="{own}" rx="8"/>'
        '<text class="flow-title" x="16" y="{first}">{title}</text>'
    ).format(
        width=_WIDTH,
        height=height,
        key=stop.ref.replace(".", "-"),
        title=stop.title,
        top=top,
        box=_BOX,
        own=own,
        first=top + 24,
    )
    words = [
        Markup('<text class="flow-words" x="16" y="{y}">{line}</text>').format(
            y=top + 24 + _LINE * number, line=line
        )
        for number, line in enumerate(lines, 1)
    ]
    start = (height - _ROW * len(stop.edges)) // 2
    ways = [
        _way(edge, start + _ROW * number + _ROW // 2, height // 2, target(edge.to))
        for number, edge in enumerate(stop.edges)
    ]
    return Markup("").join([head, *words, *ways, Markup("</svg>")])


def _way(edge: Edge, y: int, middle: int, to: Target) -> Markup:
    """A line from the box to the key, and the box that the key leads to."""
    is_key = len(edge.key) == 1
    label = edge.labels.get("en", "")
    end = _RIGHT - 56 if is_key else _RIGHT
    return Markup(
        '<path class="flow-line{off}" d="M{start} {middle} C{bend} {middle} {bend} {y} {end} {y}"/>'
        '{key}<a href="{address}"><rect class="flow-box flow-to{off}" x="{right}" y="{top}"'
        ' width="{wide}" height="{high}" rx="8"/>'
        '<text class="flow-title" x="{text}" y="{line1}">{said}</text>'
        '<text class="flow-words" x="{text}" y="{line2}">{where}</text></a>'
    ).format(
        off="" if edge.is_taken else " flow-off",
        start=_BOX + 2,
        middle=middle,
        bend=(_BOX + end) // 2,
        y=y,
        end=end,
        key=_key(edge.key, y) if is_key else "",
        address=to.address,
        right=_RIGHT,
        top=y - _HIGH // 2,
        wide=_TARGET,
        high=_HIGH,
        text=_RIGHT + 14,
        line1=y - 4,
        line2=y + 16,
        said=_short(label if is_key else f"{edge.key}: {label}"),
        where=_short(to.kind if to.title == label else f"{to.title} · {to.kind}", 38),
    )


def _key(key: str, y: int) -> Markup:
    return Markup(
        '<circle class="flow-key" cx="{x}" cy="{y}" r="16"/>'
        '<text class="flow-number" x="{x}" y="{base}" text-anchor="middle">{key}</text>'
    ).format(x=_RIGHT - 40, y=y, base=y + 6, key=key)


def _short(words: str, most: int = 34) -> str:
    return words if len(words) <= most else f"{words[: most - 1]}…"

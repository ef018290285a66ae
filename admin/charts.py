"""Charts as SVG, drawn by the server. Each bar carries its label and its value in words, so that
nothing depends on colour; the same numbers stand in a table beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

_ROW: Final = 34
_LABELS: Final = 390
_BARS: Final = 300
_WIDTH: Final = 780


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar; `words` is its value as it is written behind it."""

    label: str
    value: float
    words: str


def bar_chart(key: str, title: str, description: str, bars: Sequence[Bar]) -> Markup:
    """Horizontal bars below one another, the longest as wide as there is room.

    `key` makes the ids of title and description unique on the page.
    """
    highest = max((each.value for each in bars), default=0) or 1
    head = Markup(
        '<svg class="chart" role="img" viewBox="0 0 {width} {height}"'
        ' aria-labelledby="{key}-title {key}-desc"><title id="{key}-title">{title}</title>'
        '<desc id="{key}-desc">{description}</desc>'
    ).format(
        width=_WIDTH, height=_ROW * len(bars) + 4, key=key, title=title, description=description
    )
    rows = [_row(number, each, highest) for number, each in enumerate(bars)]
    return head + Markup("").join(rows) + Markup("</svg>")


def _row(number: int, bar: Bar, highest: float) -> Markup:
    top = number * _ROW
    wide = round(_BARS * bar.value / highest, 1)
    return Markup(
        '<text class="chart-label" x="{label_end}" y="{base}" text-anchor="end">{label}</text>'
        '<rect class="chart-bar" x="{start}" y="{top}" width="{wide}" height="22"/>'
        '<text class="chart-value" x="{value_start}" y="{base}">{words}</text>'
    ).format(
        label_end=_LABELS - 8,
        base=top + 20,
        label=bar.label,
        start=_LABELS,
        top=top + 4,
        wide=max(wide, 1),
        value_start=_LABELS + wide + 8,
        words=bar.words,
    )

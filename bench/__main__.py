"""`python -m bench [LANE ...] [--quick]`: measure, print a table, keep it as JSON."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import click

from bench import (
    backlog,
    claim,
    dispatch,
    engine,
    importing,
    prompts,
    site,
    turn,
    understanding,
    voice_turn,
)
from bench.measure import FULL, LONG, QUICK, Figure, Scale
from bench.places import VAR
from bench.report import machine, table, write_json

LANES: Final[dict[str, Callable[[Scale], Iterator[Figure]]]] = {
    lane.LANE: lane.measure
    for lane in (
        *(turn, voice_turn, engine, understanding, prompts),
        *(claim, dispatch, backlog, importing, site),
    )
}


@click.command()
@click.argument("lanes", nargs=-1, type=click.Choice(list(LANES)))
@click.option(
    "--quick", is_flag=True, help="Too few rounds for good figures; shows that all works."
)
@click.option("--long", is_flag=True, help="With millions of rows where that matters; minutes.")
@click.option(
    "--out",
    default=VAR,
    show_default="var/bench",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the JSON file goes.",
)
def main(lanes: tuple[str, ...], *, quick: bool, long: bool, out: Path) -> None:
    """Measure the named LANES, or all of them."""
    facts = machine(dt.datetime.now(dt.UTC))
    figures: list[Figure] = []
    for lane in lanes or LANES:
        click.echo(f"Measuring: {lane} ...", err=True)
        figures += LANES[lane](QUICK if quick else LONG if long else FULL)
    click.echo(table(figures))
    click.echo(
        f"\n{facts['cores']} cores, load {facts['load_1_minute']} at the start (figures waver "
        f"above 1), Python {facts['python']}, {facts['date']}"
    )
    click.echo(f"Written to {write_json(out, figures, facts, quick=quick)}")


if __name__ == "__main__":
    main()

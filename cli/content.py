"""Commands for the content: check it, draw it, and ask the bot something."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final, TextIO

import click

from carrier.segments import count, fit
from cli.common import plain_errors
from flows.engine import take_turn
from flows.library import CONTENT, Library, default_library, load_library
from flows.lint import check
from flows.model import Event, Facts, Kind, Session
from flows.nodes import Menu, Switch
from flows.says import sms_body
from flows.topics import evidence
from profiles import LANGUAGES, Profile, parse_profile
from scheduler.clocks import wall_clock

SAMPLES: Final = Path(__file__).parent.parent / "clinics"


def sample_profiles() -> list[Profile]:
    """The clinics that ship with the product, for trying the content out without a database."""
    return [
        parse_profile(path.read_text(encoding="utf-8"), path.name)
        for path in sorted(SAMPLES.glob("*.yaml"))
    ]


@click.group("flows")
def flows_group() -> None:
    """The conversation's content."""


@flows_group.command("check")
@click.option(
    "--with",
    "changes",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder of changed files to check as if they were in place.",
)
@plain_errors
def flows_check(changes: Path | None) -> None:
    """Look for mistakes in the content; exit code 1 if there are any."""
    library = load_library(CONTENT, changes)
    profiles = sample_profiles()
    problems = check(library, profiles, segments_of)
    for problem in problems:
        click.echo(str(problem), err=True)
    if problems:
        sys.exit(1)
    click.echo(f"{len(library.nodes)} nodes and {len(library.messages)} messages are in order.")


def segments_of(text: str) -> int:
    """The segments that a text takes once it is fitted as it is before sending."""
    return count(fit(text, keep_accents=False)).count


@flows_group.command("graph")
@plain_errors
def flows_graph() -> None:
    """Print the conversation as a Mermaid diagram."""
    click.echo("\n".join(mermaid(default_library())))


def mermaid(library: Library) -> Iterator[str]:
    """The lines of a Mermaid flowchart of all nodes; edges carry the key and the label."""
    yield "flowchart LR"
    for ref, node in library.nodes.items():
        name = ref.replace(".", "_")
        yield f'    {name}["{ref}<br/>{type(node).__name__.lower()}"]'
        if isinstance(node, Menu):
            for option in node.options:
                label = f"{option.key} {option.label[LANGUAGES[0]]}".replace('"', "'")
                yield f'    {name} -->|"{label}"| {option.next.replace(".", "_")}'
        elif isinstance(node, Switch):
            for value, target in node.to.items():
                yield f'    {name} -.->|"{value}"| {target.replace(".", "_")}'


@click.command("ask")
@click.argument("text", required=False)
@click.option("--lang", type=click.Choice(LANGUAGES), default="en", help="The language to answer.")
@click.option("--json", "as_json", is_flag=True, help="As one JSON object.")
@click.option(
    "--file", "source", type=click.File("r", "utf-8", errors="replace"), help="A text a line."
)
@plain_errors
def ask(text: str | None, lang: str, source: TextIO | None, *, as_json: bool) -> None:
    """What the bot makes of TEXT, without any state. `--file -` reads standard input."""
    if (text is None) == (source is None):
        raise click.UsageError("Give either a TEXT or --file.")
    profile = sample_profiles()[0]
    if source is not None:
        for line in source:
            click.echo(json.dumps(asked(line.rstrip("\r\n"), lang, profile), ensure_ascii=False))
        return
    outcome = asked(text or "", lang, profile)
    if as_json:
        click.echo(json.dumps(outcome, ensure_ascii=False))
    else:
        because = ", ".join([str(outcome["rule"]), *outcome["evidence"]])
        click.echo(f"{outcome['kind']}: {', '.join(outcome['labels'])}")
        click.echo(f"because of: {because}\n\n{outcome['reply']}")


def asked(text: str, language: str, profile: Profile) -> dict[str, str | list[str]]:
    """The engine's answer to one text at the main menu, in the public form."""
    session = Session(language, turn=1)
    turn = take_turn(default_library(), session, Event(text), Facts(profile, wall_clock()))
    understood = turn.understood
    labels = list(dict.fromkeys(understood.labels))
    label = labels[0] if labels else understood.kind.value
    if understood.kind is Kind.COMMAND and not labels:
        label = "command"
    return {
        "label": label,
        "labels": labels or [label],
        "kind": understood.kind.value,
        "reply": sms_body(turn.says),
        "rule": understood.rule,
        "evidence": list(evidence(text, understood.labels)) if understood.rule == "words" else [],
    }

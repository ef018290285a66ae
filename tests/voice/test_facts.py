"""Every clinical fact is heard, in both languages, within three keys of the greeting."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from db.clinics import store_profile
from flows.clinic_words import filled
from flows.library import START, default_library
from flows.lint import FACTS
from flows.model import Channel
from flows.nodes import Act, Answer, Menu, Switch
from tests.support.csv_files import NOW, sample_profiles
from tests.support.web import Bot

LIBRARY = default_library()
MOST_KEYS = 3


@dataclass(frozen=True)
class Heard:
    """An answer that a walk through the menus came to: its keys, words and facts."""

    keys: str
    words: str
    facts: frozenset[str] = field(default_factory=frozenset)


def routes(menu: str = START, keys: str = "") -> Iterator[tuple[str, str]]:
    """Every way of keys from the greeting to something that is not a menu, and where it ends."""
    node = LIBRARY.nodes[menu]
    assert isinstance(node, Menu)
    for option in node.options:
        if isinstance(LIBRARY.nodes[option.next], Menu):
            yield from routes(option.next, keys + option.key)
        else:
            yield keys + option.key, option.next


def walk(bot: Bot, clinic: str, language: str) -> list[Heard]:
    """What is heard at the end of every way, with the words of that answer checked."""
    profile = sample_profiles()[clinic]
    found: list[Heard] = []
    call = bot.call(to=profile.texting_number or "")
    if language == "es":
        call.presses("8")
    for keys, ref in routes():
        node = LIBRARY.nodes[ref]
        while isinstance(node, Switch):
            node = LIBRARY.nodes[node.to[getattr(profile.practice, node.on)]]
        if not isinstance(node, Answer | Act) or not node.source:
            continue
        call.presses("9")
        for key in keys:
            call.presses(key)
        words = filled(node.text, Channel.VOICE, language, profile)
        call.hears(words)
        found.append(Heard(keys, words, frozenset(node.source)))
    call.hangs_up()
    return found


@pytest.mark.parametrize("language", ["en", "es"])
def test_all_37_facts_are_heard_within_three_keys(lite_bot: Bot, language: str) -> None:
    with lite_bot.database.transaction() as session:
        for profile in sample_profiles().values():
            store_profile(session, profile, NOW)
    told: set[str] = set()
    for clinic in sample_profiles():
        heard = walk(lite_bot, clinic, language)
        facts = set().union(*(each.facts for each in heard))
        assert facts >= FACTS - {"F15"}  # in which the two practices differ
        assert max(len(each.keys) for each in heard) <= MOST_KEYS
        told |= facts
    assert told == FACTS

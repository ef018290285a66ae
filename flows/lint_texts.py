"""What is wrong with the wording of the content: languages, length, reading grade, speech."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from string import Formatter
from typing import Final

from flows.clinic_words import CLINIC_PLACEHOLDERS, filled
from flows.library import Library, wording_hash
from flows.model import Channel, Event, Facts, Say, Session
from flows.nodes import Act, Answer, Ask, Check, Menu, Texts
from flows.readability import grade
from flows.says import Context, answer_hint, menu_say, sms_body
from flows.visits import is_personal
from profiles import LANGUAGES, Profile

MOST_SEGMENTS: Final = 3
MOST_GRADE: Final = 6.0
MESSAGES: Final = frozenset(
    "not_understood_hint not_understood_menu needs_person needs_team handoff handoff_closed "
    "which_one expired nothing_waiting media empty help stopped stopped_cancel started "
    "calls_instead still_stopped language_switched emergency emergency_self_harm same_day whom "
    "too_long no_more_texts "
    "hint_menu hint_answer welcome identity_no_match identity_locked which_visit own_fast "
    "reason_noted checks_for_whom not_answered no_check_list your_answers "
    "fast_ahead fast_begun reminder_week_before reminder_day_before "
    "reminder_fasting_start notice_booked notice_moved notice_cancelled choice hint_alarm "
    "hint_reminder connecting closed_now nobody_free goodbye goodbye_alarm goodbye_task "
    "message_taken message_empty number_ask number_wrong number_read no_number start_over call_us "
    "no_more_calls line_down".split()
)
_STARTED_BY_US: Final = re.compile(r"(reminder|notice)_")
# What a text that we start must not give away to someone who looks over a shoulder.
_TELLS_TOO_MUCH: Final = re.compile(
    r"kypho|vertebro|cifoplast|fractur|spin[ae]|column|bone|hueso|cement|injection|osteop|cancer",
    re.IGNORECASE,
)
APPOINTMENT_WORDS: Final = {
    "first_name": "Maximiliana",
    "day": "Wed, Nov 25",
    "time": "12:30 PM",
    "arrive_time": "11:30 AM",
    "fast_moment": "Wed, Nov 25 at 12:30 AM (Tuesday night)",
    "fast": "",
}
# What a call puts into its own sentences.
CALL_WORDS: Final = {"choice": "X", "key": "1", "number": "(828) 555-0142"}
SPOKEN_SYMBOLS: Final = re.compile(r"https?:|www\.|[/&%#*@_<>\[\]~^|]")
_ANY_MOMENT: Final = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
_PLACEHOLDER: Final = re.compile(r"\{[^}]*\}")
_DIGITS: Final = re.compile(r"\d+")


def check(
    library: Library, profiles: Sequence[Profile], segments: Callable[[str], int]
) -> Iterator[tuple[str, str]]:
    """Pairs of place and problem, for every text of the library."""
    for name in sorted(MESSAGES - library.messages.keys()):
        yield f"messages.{name}", "is missing; the conversation can't do without it"
    for name in sorted(library.messages.keys() - MESSAGES):
        yield f"messages.{name}", "is used nowhere"
    complete = True
    for place, texts in _all_texts(library):
        problems = list(_text(place, texts, is_of_visit=_is_of_visit(library, place)))
        complete &= not problems
        yield from ((place, problem) for problem in problems)
    if complete and _has_all_labels(library) and library.messages.keys() >= MESSAGES:
        yield from _lengths(library, profiles, segments)


def _all_texts(library: Library) -> Iterator[tuple[str, Texts]]:
    for ref, node in library.nodes.items():
        if isinstance(node, Menu | Ask | Check | Answer | Act):
            yield ref, node.text
    for name, texts in library.messages.items():
        yield f"messages.{name}", texts


def _has_all_labels(library: Library) -> bool:
    """Whether every menu can be said at all; what is missing is named by `flows.lint`."""
    menus = (n for n in library.nodes.values() if isinstance(n, Menu | Ask | Check))
    return all(option.label.keys() >= set(LANGUAGES) for menu in menus for option in menu.options)


def _text(place: str, texts: Texts, *, is_of_visit: bool) -> Iterator[str]:
    missing = [language for language in LANGUAGES if language not in texts]
    if missing:
        yield f"has no wording in '{missing[0]}'"
        return
    torn = [
        language
        for language in LANGUAGES
        if not (_has_whole_fields(texts[language].sms) and _has_whole_fields(texts[language].voice))
    ]
    if torn:
        yield f"has a {{ or }} without its other half ({torn[0]}); a placeholder is {{phone}}"
        return
    yield from _translation(texts)
    source = texts[LANGUAGES[0]]
    for channel, text in (("sms", source.sms), ("voice", source.voice)):
        level = grade(text)
        if level > MOST_GRADE:
            yield f"reads at grade {level:.1f} ({channel}, en); {MOST_GRADE:.0f} is the most"
    for language in LANGUAGES:
        wording = texts[language]
        yield from _placeholders(place, wording.sms, wording.voice, is_of_visit=is_of_visit)
        symbol = SPOKEN_SYMBOLS.search(_PLACEHOLDER.sub("", wording.voice))
        if symbol and not _only_texted(place):
            yield f"has '{symbol[0]}' in its voice wording ({language}), which can't be spoken"
        if _STARTED_BY_US.match(place.removeprefix("messages.")):
            secret = _TELLS_TOO_MUCH.search(f"{wording.sms} {wording.voice}")
            if secret:
                yield f"says '{secret[0]}' ({language}); texts that we start never name the matter"


def _only_texted(place: str) -> bool:
    """Hints name the keys of a text; a call says its keys in other words."""
    return place.startswith(("messages.hint_", "messages.not_understood_hint"))


def _translation(texts: Texts) -> Iterator[str]:
    source = texts[LANGUAGES[0]]
    expected = wording_hash(texts)
    for language in LANGUAGES[1:]:
        wording = texts[language]
        if wording.of != expected:
            yield (
                f"'{language}' was translated from an older English wording; check it, then "
                f"write of: {expected}"
            )
        for ours, theirs in ((source.sms, wording.sms), (source.voice, wording.voice)):
            if Counter(_fields(ours)) != Counter(_fields(theirs)):
                yield f"'{language}' has other placeholders than the English wording"
            if Counter(digits(ours)) != Counter(digits(theirs)):
                yield f"'{language}' has other digits than the English wording"


def _has_whole_fields(text: str) -> bool:
    try:
        _fields(text)
    except ValueError:
        return False
    return True


def _fields(text: str) -> list[str]:
    return [name for _, name, _, _ in Formatter().parse(text) if name is not None]


def digits(text: str) -> list[str]:
    """The numbers in a text, without its placeholders."""
    return _DIGITS.findall(_PLACEHOLDER.sub("", text))


def _is_of_visit(library: Library, place: str) -> bool:
    """Whether a text may name the moments of a visit."""
    starts = ("messages.reminder_", "messages.notice_", "messages.fast_", "messages.own_fast")
    return place.startswith((*starts, "reminder.")) or is_personal(library, place)


def _placeholders(place: str, *wordings: str, is_of_visit: bool) -> Iterator[str]:
    allowed = CLINIC_PLACEHOLDERS
    if is_of_visit:
        allowed = allowed | APPOINTMENT_WORDS.keys()
    if place in ("messages.choice", "messages.number_read"):
        allowed = allowed | CALL_WORDS.keys()
    for name in sorted({name for text in wordings for name in _fields(text)} - allowed):
        yield f"has the placeholder '{{{name}}}', which stands for nothing here"


def _lengths(
    library: Library, profiles: Sequence[Profile], segments: Callable[[str], int]
) -> Iterator[tuple[str, str]]:
    for profile in profiles:
        for language in LANGUAGES:
            for place, body in _bodies(library, profile, language):
                count = segments(body)
                if count > MOST_SEGMENTS:
                    what = f"takes {count} segments ({language}, {profile.id})"
                    yield place, f"{what}; {MOST_SEGMENTS} is the most"


def _bodies(library: Library, profile: Profile, language: str) -> Iterator[tuple[str, str]]:
    """Every text as a patient of one clinic gets it, with its choices and hint."""
    context = Context(library, Session(language), Event(""), Facts(profile, now=_ANY_MOMENT))
    hint = answer_hint(context)
    words = (
        APPOINTMENT_WORDS
        | CALL_WORDS
        | {
            "fast": filled(
                library.messages["fast_ahead"], Channel.SMS, language, profile, APPOINTMENT_WORDS
            )
        }
    )
    for ref, node in library.nodes.items():
        if isinstance(node, Menu | Ask | Check):
            of_visit = words if _is_of_visit(library, ref) else None
            yield ref, sms_body([menu_say(context, ref, of_visit)])
        elif isinstance(node, Answer | Act):
            approved = profile.approved_texts.get(getattr(node, "approved", None) or "")
            text = filled(node.text, Channel.SMS, language, profile, words)
            more = f" {approved.text.in_language(language)}" if approved else ""
            yield ref, sms_body([Say(text + more, hint=hint)])
    for topic, approved in profile.approved_texts.items():
        yield (
            f"approved_texts.{topic}",
            sms_body([Say(approved.text.in_language(language), (), hint)]),
        )
    for name, texts in library.messages.items():
        yield f"messages.{name}", filled(texts, Channel.SMS, language, profile, words)

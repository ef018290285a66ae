"""Putting a clinic's own words into a text: its name, its desk's phone, its hours."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Final

from flows.model import Channel
from flows.nodes import Texts, Wording
from flows.spoken_times import spoken_hours
from profiles import LANGUAGES, WEEKDAYS, Language, Profile

_DAY_NAMES: Final = {
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "es": ("lun", "mar", "mié", "jue", "vie", "sáb", "dom"),
}
_DOCTORS: Final = {
    "interventional_radiologist": {
        "en": "interventional radiologists",
        "es": "radiólogos intervencionistas",
    },
    "neurointerventionalist": {
        "en": "neurointerventionalists",
        "es": "neurointervencionistas",
    },
}


def filled(
    texts: Texts,
    channel: Channel,
    language: Language,
    profile: Profile,
    extra: Mapping[str, str] | None = None,
) -> str:
    """The wording for a channel and language with its placeholders filled in."""
    template = template_of(texts, channel, language)
    if "{" not in template:
        return template
    return template.format_map(ClinicWords(profile, language, extra or {}, channel))


def template_of(texts: Texts, channel: Channel, language: Language) -> str:
    """The wording for a channel and language, English where the language is not served."""
    wording: Wording = texts.get(language) or texts[LANGUAGES[0]]
    return wording.voice if channel is Channel.VOICE else wording.sms


def hours_words(profile: Profile, language: Language, channel: Channel = Channel.SMS) -> str:
    """The desk's hours, days of equal hours together: `Mon-Fri 8:00 AM-5:00 PM`.

    Aloud: `Monday to Friday, from 8 AM to 5 PM`.
    """
    groups: list[tuple[int, int, list[str]]] = []
    for index, day in enumerate(WEEKDAYS):
        periods = profile.hours.get(day, [])
        if groups and groups[-1][1] == index - 1 and groups[-1][2] == periods:
            groups[-1] = (groups[-1][0], index, periods)
        elif periods:
            groups.append((index, index, periods))
    if channel is Channel.VOICE:
        return spoken_hours(groups, language)
    names = _DAY_NAMES[language]
    return ", ".join(
        f"{names[first]}{'' if first == last else '-' + names[last]} "
        + " / ".join(_period_words(period) for period in periods)
        for first, last, periods in groups
    )


def _period_words(period: str) -> str:
    opens, closes = (dt.time.fromisoformat(part) for part in period.split("-"))
    return f"{_clock(opens)}-{_clock(closes)}"


def _clock(time: dt.time) -> str:
    return f"{time.hour % 12 or 12}:{time.minute:02d} {'AM' if time.hour < 12 else 'PM'}"


def open_at(profile: Profile, moment: dt.datetime) -> bool:
    """Whether the coordinator's desk is open at an aware moment, by the clinic's own clock."""
    local = moment.astimezone(profile.zone)
    now = f"{local:%H:%M}"
    periods = profile.hours.get(WEEKDAYS[local.weekday()], [])
    return any(period[:5] <= now < period[6:] for period in periods)


_WORDS: Final[Mapping[str, Callable[[Profile, Language], str]]] = {
    "clinic": lambda profile, _: profile.name,
    "coordinator": lambda profile, _: profile.coordinator.name,
    "phone": lambda profile, _: profile.coordinator.phone,
    "doctors": lambda profile, language: _DOCTORS[profile.practice.performed_by][language],
    "fasting_hours": lambda profile, _: f"{profile.longest_fast:g}",
    "address": lambda profile, _: profile.address,
}
CLINIC_PLACEHOLDERS: Final = frozenset({*_WORDS, "hours"})


class ClinicWords(dict[str, str]):
    """The values of a text's placeholders in one language; the clinic's are worked out on use.

    An unknown placeholder raises `KeyError`.
    """

    def __init__(
        self,
        profile: Profile,
        language: Language,
        extra: Mapping[str, str],
        channel: Channel = Channel.SMS,
    ) -> None:
        super().__init__(extra)
        self._profile = profile
        self._language = language
        self._channel = channel

    def __missing__(self, name: str) -> str:
        if name == "hours":
            return hours_words(self._profile, self._language, self._channel)
        return _WORDS[name](self._profile, self._language)

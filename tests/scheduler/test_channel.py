"""By which channel, and when by none at all: the table of the common cases, then every case."""

from __future__ import annotations

from itertools import product

import pytest

from scheduler.channel import Channel, Reachability, choose_channel
from scheduler.policy import Reason

SMS, VOICE = Channel.SMS, Channel.VOICE
YES, NO = True, False

# preference, consent to texts, to calls, opted out, can get texts, number works
TABLE = [
    (("sms", YES, NO, NO, YES, YES), (SMS, None)),
    (("sms", YES, YES, NO, YES, YES), (SMS, None)),
    (("auto", YES, YES, NO, YES, YES), (SMS, None)),
    (("auto", YES, NO, NO, YES, YES), (SMS, None)),
    (("voice", YES, YES, NO, YES, YES), (VOICE, None)),
    (("voice", NO, YES, NO, YES, YES), (VOICE, None)),
    # the wish can't be met, and the other channel was agreed to
    (("voice", YES, NO, NO, YES, YES), (SMS, None)),
    (("sms", NO, YES, NO, YES, YES), (VOICE, None)),
    (("auto", NO, YES, NO, YES, YES), (VOICE, None)),
    # a landline
    (("auto", YES, YES, NO, NO, YES), (VOICE, None)),
    (("sms", YES, YES, NO, NO, YES), (VOICE, None)),
    (("sms", YES, NO, NO, NO, YES), (VOICE, Reason.NOT_TEXTABLE)),
    (("voice", YES, NO, NO, NO, YES), (VOICE, Reason.NOT_TEXTABLE)),
    (("auto", NO, NO, NO, NO, YES), (VOICE, Reason.NO_CONSENT)),
    # nothing agreed to
    (("sms", NO, NO, NO, YES, YES), (SMS, Reason.NO_CONSENT)),
    (("voice", NO, NO, NO, YES, YES), (VOICE, Reason.NO_CONSENT)),
    # left alone: the opt-out counts for calls as well, and before everything else
    (("sms", YES, YES, YES, YES, YES), (SMS, Reason.OPTED_OUT)),
    (("voice", YES, YES, YES, YES, YES), (VOICE, Reason.OPTED_OUT)),
    (("sms", NO, NO, YES, NO, NO), (VOICE, Reason.OPTED_OUT)),
    # a number that does not work
    (("sms", YES, YES, NO, YES, NO), (SMS, Reason.BAD_NUMBER)),
    (("voice", NO, NO, NO, YES, NO), (VOICE, Reason.BAD_NUMBER)),
]


@pytest.mark.parametrize(("known", "chosen"), TABLE)
def test_the_channel_of(
    known: tuple[str, bool, bool, bool, bool, bool], chosen: tuple[Channel, Reason | None]
) -> None:
    assert choose_channel(Reachability(*known)) == chosen


EVERY_CASE = [
    Reachability(preference, *facts)
    for preference in ("sms", "voice", "auto")
    for facts in product((YES, NO), repeat=5)
]


def test_nobody_is_reached_against_their_will() -> None:
    for known in EVERY_CASE:
        channel, obstacle = choose_channel(known)
        if obstacle is None:
            assert known.sms_consent if channel is SMS else known.voice_consent, known
            assert known.reachable, known
            assert not known.opted_out, known
        if channel is SMS:
            assert known.textable, known


def test_nobody_is_left_out_who_can_be_reached() -> None:
    for known in EVERY_CASE:
        by_text = known.sms_consent and known.textable
        if known.reachable and not known.opted_out and (by_text or known.voice_consent):
            assert choose_channel(known)[1] is None, known


def test_a_wish_that_can_be_met_is_met() -> None:
    for known in EVERY_CASE:
        channel, obstacle = choose_channel(known)
        if obstacle is None and known.sms_consent and known.textable and known.voice_consent:
            assert channel is (VOICE if known.preference == "voice" else SMS), known

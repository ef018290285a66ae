"""What random schedules of appointments are made of: people, times, texts and carrier faults."""

from __future__ import annotations

import datetime as dt
from typing import Final

from hypothesis import strategies as st

from appointment_csv import Channel
from tests.support.fake_calls import Met
from tests.support.fake_carrier import Fate, How

MINUTE: Final = dt.timedelta(minutes=1)
BEGINNINGS: Final = (  # an ordinary week, and the weeks in which the clocks change
    dt.datetime(2026, 11, 16, 15, 0, tzinfo=dt.UTC),
    dt.datetime(2026, 10, 27, 15, 0, tzinfo=dt.UTC),
    dt.datetime(2027, 3, 9, 15, 0, tzinfo=dt.UTC),
)
PHONES: Final = ("+18285550171", "+18285550172", "+18285550173")
NAMES: Final = ("Rosalind", "Edith", "Walter", "Ines")
CLINICS: Final = ("ara-health", "iowa-radiology")
VISITS: Final = 5
SYNC_CODES: Final = (21610, 21211, 21614, 20429, 21606, 20003, 20503, 21602, 30610, 12345, 21214)
ASYNC_CODES: Final = (30003, 30005, 30006, 30007, 30008, 30034, 30002, 30500, 30001, 99999)
WORDS: Final = ("STOP", "START", "1", "2", "español", "I can't feel my legs", "what time?")

SIP_CODES: Final = (None, 404, 480, 486, 487, 503, 603, 607)
WISHES: Final = (  # the channel a patient prefers, consent to texts, consent to calls
    (Channel.SMS, True, False),
    (Channel.SMS, True, True),
    (Channel.AUTO, True, True),
    (Channel.AUTO, False, True),
    (Channel.VOICE, True, True),
    (Channel.VOICE, False, True),
    (Channel.VOICE, True, False),
)

Wishes = tuple[Channel, bool, bool]
Person = tuple[int, str, str, Wishes]

visits = st.integers(0, VISITS - 1)
people = st.tuples(
    st.integers(0, len(NAMES) - 1),
    st.sampled_from(PHONES),
    st.sampled_from(CLINICS),
    st.sampled_from(WISHES),
)
minutes_ahead = st.one_of(
    st.integers(5, 600), st.integers(600, 3000), st.integers(3000, 9 * 24 * 60)
)
taken = st.builds(
    Fate,
    st.sampled_from((How.TAKEN, How.TAKEN, How.REPORTED_FIRST, How.ANSWER_LOST, How.CRASH_AFTER)),
    st.one_of(st.none(), st.none(), st.sampled_from(ASYNC_CODES)),
    st.sampled_from((0, 0, 1, 20, 90, 700, None)),
    st.sampled_from((*Met, Met.NO_ANSWER, Met.HANG_UP)),
    st.sampled_from((5, 5, 29, 100, 400)),
    st.sampled_from(SIP_CODES),
)
not_taken = st.builds(
    Fate, st.sampled_from((How.NO_ANSWER, How.NO_CONNECTION, How.CRASH_BEFORE)), st.none()
)
refused = st.builds(Fate, st.just(How.REFUSED), st.sampled_from(SYNC_CODES))
fates = st.lists(st.one_of(taken, taken, not_taken, refused), min_size=1, max_size=6)
jumps = st.one_of(st.integers(1, 16), st.integers(16, 240), st.integers(240, 3 * 24 * 60))
pauses = st.sampled_from((None, None, None, 1, 3, 4, 6, 30))
edges = st.builds(
    dt.time,
    st.sampled_from((7, 8, 20, 21)),
    st.sampled_from((0, 1, 30, 56, 59)),
    st.sampled_from((0, 30)),
)
echoes = st.sampled_from((None, None, None, "queued", "sent", "undelivered"))

"""A reply as TwiML that the carrier takes: short enough, broken where it reads well."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from emulator.twiml import read
from sms.render import LONGEST_BODY, SILENCE, parts_of, twiml
from tests.support.visits import make_profile

PROFILE = make_profile()


def sent(reply: str) -> list[str]:
    return [message.body for message in read(twiml(reply, PROFILE).encode())]


def test_an_empty_reply_says_nothing() -> None:
    assert twiml("", PROFILE) == SILENCE
    assert read(SILENCE.encode()) == []


def test_a_reply_comes_out_as_it_went_in() -> None:
    reply = "A <b> & \"c\" 'd' ]]>\n1 Sí 👍\n9 menu"
    assert sent(reply) == [reply]


def test_accents_that_cost_a_segment_are_dropped() -> None:
    reply = "Su fractura está más estable. " * 5
    assert sent(reply) == [reply.strip().replace("á", "a")]


def test_exactly_the_longest_body_is_one_message() -> None:
    assert parts_of("x" * LONGEST_BODY) == ["x" * LONGEST_BODY]
    assert parts_of("x" * (LONGEST_BODY + 1)) == ["x" * LONGEST_BODY, "x"]


def test_a_long_reply_breaks_between_lines() -> None:
    lines = [f"{number} " + "word " * 40 for number in range(30)]
    parts = parts_of("\n".join(lines))
    assert len(parts) > 2
    assert all(part.split(" ", 1)[0].isdigit() for part in parts)


def test_a_long_line_breaks_between_words() -> None:
    parts = parts_of("word " * 700)
    assert {word for part in parts for word in part.split()} == {"word"}


TEXTS = st.lists(
    st.one_of(
        st.text(max_size=30),
        st.builds(lambda c, n: c * n, st.sampled_from("x \n"), st.integers(1, 2000)),
    ),
    max_size=6,
).map("".join)


@given(TEXTS)
def test_no_part_is_empty_or_too_long_and_nothing_is_lost(body: str) -> None:
    parts = parts_of(body)
    assert all(0 < len(part) <= LONGEST_BODY for part in parts)
    assert "".join("".join(parts).split()) == "".join(body.split())

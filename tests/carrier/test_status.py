"""Reports come in any order and number; the state only ever moves forward."""

from __future__ import annotations

from functools import reduce
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.rest.api.v2010.account.message import MessageInstance

from carrier.status import MessageStatus, advance, recognise

S = MessageStatus
words = st.sampled_from([*S, "mangled", "", "DELIVERED"])
FAILURES = {S.CANCELED, S.FAILED, S.UNDELIVERED}


def after(*reports: str) -> MessageStatus | None:
    return reduce(advance, reports, None)


class TestAdvance:
    @pytest.mark.parametrize(
        ("reports", "state"),
        [
            (["queued"], S.QUEUED),
            (["accepted", "queued", "sending", "sent", "delivered"], S.DELIVERED),
            (["scheduled", "accepted", "queued"], S.QUEUED),
            (["delivered", "sent", "queued"], S.DELIVERED),
            (["sent", "undelivered"], S.UNDELIVERED),
            (["undelivered", "delivered"], S.DELIVERED),
            (["failed", "delivered"], S.DELIVERED),
            (["delivered", "undelivered"], S.DELIVERED),
            (["delivered", "failed"], S.DELIVERED),
            (["undelivered", "sent"], S.UNDELIVERED),
            (["failed", "queued", "sent"], S.FAILED),
            (["failed", "undelivered"], S.FAILED),
            (["canceled", "sent"], S.CANCELED),
            (["delivered", "read"], S.READ),
            (["read", "delivered"], S.READ),
            (["receiving", "received"], S.RECEIVED),
            (["received", "receiving"], S.RECEIVED),
            (["Delivered "], S.DELIVERED),
        ],
    )
    def test_by_example(self, reports: list[str], state: MessageStatus) -> None:
        assert after(*reports) is state

    def test_an_unknown_word_changes_nothing(self) -> None:
        assert advance(None, "teleported") is None
        assert advance(S.SENT, "teleported") is S.SENT

    def test_any_order_of_a_successful_send_ends_in_delivered(self) -> None:
        for reports in permutations(["accepted", "queued", "sending", "sent", "delivered"]):
            assert after(*reports) is S.DELIVERED

    @given(st.lists(words))
    def test_it_never_leaves_a_final_state_but_for_a_better_one(self, reports: list[str]) -> None:
        state: MessageStatus | None = None
        for report in reports:
            following = advance(state, report)
            if state is not None and state.is_final and following is not state:
                assert following is not None
                assert following.is_final
                assert following not in FAILURES
            state = following

    @given(st.lists(words), words)
    def test_a_repeated_report_changes_nothing(self, reports: list[str], last: str) -> None:
        assert after(*reports, last, last) is after(*reports, last)

    @given(st.lists(words), words)
    def test_once_arrived_it_stays_arrived(self, reports: list[str], more: str) -> None:
        state = after(*reports)
        if state is not None and state.arrived:
            following = advance(state, more)
            assert following is not None
            assert following.arrived

    @given(st.lists(words).flatmap(lambda seen: st.tuples(st.just(seen), st.permutations(seen))))
    def test_order_matters_only_between_kinds_of_failure(
        self, both: tuple[list[str], list[str]]
    ) -> None:
        # A message has one direction: the two inbound states never meet the outbound ones.
        one, other = (
            after(*(word for word in reports if not word.lower().startswith("recei")))
            for reports in both
        )
        assert one is other or {one, other} <= FAILURES


class TestStates:
    def test_every_state_is_known_by_its_word(self) -> None:
        assert [recognise(state.value) for state in S] == list(S)
        assert recognise("teleported") is None

    def test_what_each_state_means(self) -> None:
        assert {state for state in S if state.is_failure} == FAILURES
        assert {state for state in S if state.arrived} == {S.DELIVERED, S.READ}
        assert {state for state in S if not state.is_final} == {
            *(S.SCHEDULED, S.ACCEPTED, S.QUEUED, S.SENDING, S.SENT, S.RECEIVING),
        }

    def test_twilio_s_library_knows_no_other(self) -> None:
        theirs = {value for name, value in vars(MessageInstance.Status).items() if name.isupper()}
        assert {state.value for state in S} == theirs

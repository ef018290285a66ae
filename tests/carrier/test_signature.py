"""Signatures as Twilio computes them, on addresses and forms that trip implementations up."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import cast

import pytest
from flask import Flask, request
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import ImmutableMultiDict, MultiDict

from carrier.signature import SIGNATURE_HEADER, SignatureChecker, signed_target

TOKEN = "12345"
BASE = "https://bot.example.org"
FORM = MultiDict({"Body": "1", "From": "+18285550142", "MessageSid": "SM1"})


def sign(url: str, form: Mapping[str, str], token: str = TOKEN) -> str:
    """Twilio's published recipe, written without its library."""
    fields = form if isinstance(form, MultiDict) else MultiDict(form)
    text = url + "".join(
        name + value for name in sorted(fields) for value in sorted(set(fields.getlist(name)))
    )
    mac = hmac.new(token.encode(), text.encode(), hashlib.sha1)
    return base64.b64encode(mac.digest()).decode()


def genuine(
    path: str = "/sms/inbound",
    query: str = "",
    form: Mapping[str, str] = FORM,
    *,
    base: str = BASE,
    signed_as: str | None = None,
    signed_form: Mapping[str, str] | None = None,
) -> bool:
    """Whether a request passes whose signature was made for `signed_as` and `signed_form`."""
    address = base.rstrip("/") + path + (f"?{query}" if query else "")
    signature = sign(signed_as or address, form if signed_form is None else signed_form)
    return SignatureChecker(base, [TOKEN]).is_genuine(path, query, form, signature)


class TestPublishedVector:
    form = MultiDict(
        {
            "CallSid": "CA1234567890ABCDE",
            "Caller": "+14158675309",
            "Digits": "1234",
            "From": "+14158675309",
            "To": "+18005551212",
        }
    )
    signature = "RSOYDt4T1cUTdK1PDd93/VVr8B8="

    def test_it_passes(self) -> None:
        checker = SignatureChecker("https://mycompany.com", [TOKEN])
        assert checker.is_genuine("/myapp.php", "foo=1&bar=2", self.form, self.signature)

    @pytest.mark.parametrize("name", list(form))
    def test_a_change_in_any_field_fails(self, name: str) -> None:
        checker = SignatureChecker("https://mycompany.com", [TOKEN])
        changed = MultiDict(self.form) | {name: "x"}
        assert not checker.is_genuine("/myapp.php", "foo=1&bar=2", changed, self.signature)

    def test_a_field_more_or_less_fails(self) -> None:
        checker = SignatureChecker("https://mycompany.com", [TOKEN])
        more = MultiDict(self.form) | {"Body": "x"}
        less = MultiDict((key, value) for key, value in self.form.items() if key != "Digits")
        for form in (more, less, MultiDict[str, str]()):
            assert not checker.is_genuine("/myapp.php", "foo=1&bar=2", form, self.signature)


class TestAddress:
    @pytest.mark.parametrize(
        "query",
        [
            "o=1",
            "name=Pe%C3%B1a",
            "next=%2Fsms%2Finbound",
            "q=O%27Neil",
            "q=%7Ehome",
            "q=a+b",
            "q=a%20b",
            "blank=&o=1",
            "o=1&o=2&o=1",
            "q=100%25",
            "a=1;b=2",
            "o=%e2%80%a6",
            "flag",
        ],
    )
    def test_the_query_counts_as_it_was_sent(self, query: str) -> None:
        assert genuine(query=query)
        assert not genuine(query=query, signed_as=f"{BASE}/sms/inbound")

    @pytest.mark.parametrize("path", ["/sms/in%2Fbound", "/caf%C3%A9", "/a%20b", "/a;v=1", "//sms"])
    def test_the_path_counts_as_it_was_sent(self, path: str) -> None:
        assert genuine(path)

    def test_a_decoded_query_is_another_query(self) -> None:
        signed_as = f"{BASE}/sms/inbound?name=Pe%C3%B1a"
        assert not genuine(query="name=Peña", signed_as=signed_as)

    @pytest.mark.parametrize(
        "base",
        [
            "https://bot.example.org/",
            "https://bot.example.org/clinic",
            "https://bot.example.org/clinic/",
            "https://bot.example.org:8443",
            "http://127.0.0.1:8000",
            "https://user:secret@bot.example.org",
            "https://user:secret@bot.example.org:8443",
        ],
    )
    def test_any_shape_of_public_address(self, base: str) -> None:
        assert genuine(base=base, query="o=1")

    @pytest.mark.parametrize(
        ("base", "signed"),
        [
            ("https://bot.example.org", "https://bot.example.org:443"),
            ("http://bot.example.org", "http://bot.example.org:80"),
            ("https://bot.example.org:8443", "https://bot.example.org"),
        ],
    )
    def test_twilio_may_sign_with_or_without_the_port(self, base: str, signed: str) -> None:
        assert genuine(base=base, signed_as=f"{signed}/sms/inbound")

    @pytest.mark.parametrize(
        "signed",
        [
            "http://bot.example.org/sms/inbound",
            "https://other.example.org/sms/inbound",
            "https://bot.example.org:8443/sms/inbound",
            "https://bot.example.org/sms/inbound/",
            "https://bot.example.org/sms/status",
            "https://bot.example.org/clinic/sms/inbound",
        ],
    )
    def test_another_address_fails(self, signed: str) -> None:
        assert not genuine(signed_as=signed)


class TestForm:
    @pytest.mark.parametrize(
        "body",
        [
            "",
            " ",
            "  padded\t",
            "two\nlines\r\n",
            "Sí, mañana",
            "👍🏽",
            "1+1=2&x",
            "%41",
            "\u200b",
            "0",
        ],
    )
    def test_the_body_counts_untouched(self, body: str) -> None:
        assert genuine(form=MultiDict({"Body": body, "From": "+18285550142"}))

    def test_trimming_would_break_it(self) -> None:
        assert not genuine(form={"Body": "1"}, signed_form={"Body": " 1"})

    def test_blank_values_count(self) -> None:
        with_blank = MultiDict({"Body": "1", "FromCity": ""})
        assert genuine(form=with_blank)
        assert genuine(form=MultiDict({"Body": "1"}), signed_form=with_blank) is False

    def test_repeated_names_count_each_value_once(self) -> None:
        repeated = MultiDict([("Event", "b"), ("Event", "a"), ("Event", "b")])
        assert genuine(form=repeated)
        assert genuine(form=ImmutableMultiDict(repeated))
        assert not genuine(form={"Event": "b"}, signed_form=repeated)

    def test_names_sort_by_case(self) -> None:
        assert genuine(form={"b": "1", "B": "2", "a": "3", "Z": "4"})

    def test_parameters_nobody_knows_yet_count(self) -> None:
        unknown = MultiDict(FORM) | {"SomethingNew": "yes"}
        assert genuine(form=unknown)

    def test_a_plain_mapping_will_do(self) -> None:
        assert genuine(form={"Body": "1", "From": "+18285550142"})

    def test_no_form_at_all(self) -> None:
        assert genuine(query="o=1", form={})

    @given(
        st.lists(st.tuples(st.text(min_size=1, max_size=8), st.text(max_size=20)), max_size=8),
        st.text(alphabet="abc=&%20+", max_size=12),
    )
    def test_any_form_that_is_signed_rightly_passes(
        self, pairs: list[tuple[str, str]], query: str
    ) -> None:
        assert genuine(form=MultiDict(pairs), query=query)


class TestRefusal:
    checker = SignatureChecker(BASE, [TOKEN])

    @pytest.mark.parametrize(
        "signature", [None, "", " ", "x", "=", "ñ", "\udcff", "A" * 10_000, "RSOYDt4T1cUTdK1PDd93"]
    )
    def test_a_missing_or_odd_header(self, signature: str | None) -> None:
        assert self.checker.is_genuine("/sms/inbound", "", FORM, signature) is False

    @pytest.mark.parametrize(
        "form", [None, "Body=1", b"Body=1", 5, ["Body"], {"Body": None}, {5: 6}, {"Body": "\ud800"}]
    )
    def test_an_odd_form(self, form: object) -> None:
        signature = sign(f"{BASE}/sms/inbound", {"Body": "1"})
        odd = cast("Mapping[str, str]", form)
        assert self.checker.is_genuine("/sms/inbound", "", odd, signature) is False

    def test_a_json_webhook_whose_body_would_go_unchecked(self) -> None:
        query = "bodySHA256=" + "0" * 64
        signature = sign(f"{BASE}/sms/inbound?{query}", {})
        assert self.checker.is_genuine("/sms/inbound", query, {}, signature) is False

    @pytest.mark.parametrize("base", ["https://bot.example.org:99999", "https://[broken", "", "x"])
    def test_an_address_that_can_not_be_called(self, base: str) -> None:
        checker = SignatureChecker(base, [TOKEN])
        assert checker.is_genuine("/sms/inbound", "", FORM, "x" * 28) is False

    @given(st.text(), st.text(), st.dictionaries(st.text(), st.text()), st.text())
    def test_nothing_makes_it_raise_or_agree(
        self, path: str, query: str, form: dict[str, str], signature: str
    ) -> None:
        assert self.checker.is_genuine(path, query, form, signature) is False


class TestTokens:
    def test_both_tokens_pass_while_one_is_replaced(self) -> None:
        checker = SignatureChecker(BASE, ["old", "new"])
        for token in ("old", "new"):
            signature = sign(f"{BASE}/sms/inbound", FORM, token)
            assert checker.is_genuine("/sms/inbound", "", FORM, signature)

    def test_a_third_one_fails(self) -> None:
        signature = sign(f"{BASE}/sms/inbound", FORM, "third")
        checker = SignatureChecker(BASE, ["old", "new"])
        assert not checker.is_genuine("/sms/inbound", "", FORM, signature)

    @pytest.mark.parametrize("tokens", [[], [""], ["good", " "]])
    def test_no_token_is_no_checker(self, tokens: list[str]) -> None:
        with pytest.raises(ValueError, match="auth token"):
            SignatureChecker(BASE, tokens)


class TestThroughFlask:
    def test_a_signed_form_passes_and_a_changed_one_does_not(self) -> None:
        app = Flask(__name__)
        checker = SignatureChecker(BASE, [TOKEN])

        @app.post("/sms/<word>")
        def webhook(word: str) -> str:
            header = request.headers.get(SIGNATURE_HEADER)
            target = signed_target(request.environ)
            return f"{word} {checker.is_genuine(*target, request.form, header)}"

        url = "/sms/caf%C3%A9?name=Pe%C3%B1a%2F&blank="
        form = {"Body": " Sí 👍 ", "FromCity": "", "From": "+18285550142"}
        headers = {SIGNATURE_HEADER: sign(BASE + url, form)}
        with app.test_client() as client:
            sent = client.post(url, data=form, headers=headers)
            changed = client.post(url, data=form | {"Body": "Sí"}, headers=headers)
        assert (sent.text, changed.text) == ("café True", "café False")

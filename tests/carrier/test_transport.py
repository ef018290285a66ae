"""When a request is known not to have left, and where it goes."""

from __future__ import annotations

import socket
import ssl

import pytest
import requests
from urllib3 import HTTPConnectionPool
from urllib3.exceptions import MaxRetryError, ProtocolError, SSLError

from carrier.transport import Transport, never_left

POOL = HTTPConnectionPool("api.twilio.com")


def wrapped(reason: Exception) -> MaxRetryError:
    """The shape in which a failed attempt arrives from below."""
    return MaxRetryError(POOL, "/2010-04-01", reason)


class TestNeverLeft:
    def test_a_proxy_that_is_not_there(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{port}")
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        transport = Transport(None, 5)
        with pytest.raises(requests.RequestException) as raised:
            transport.request("GET", "https://api.twilio.com/")
        transport.close()
        assert isinstance(raised.value, requests.exceptions.ProxyError)
        assert never_left(raised.value)

    def test_a_certificate_that_is_not_trusted(self) -> None:
        # Built by hand: a real one would need a certificate and its key among the tests.
        untrusted = SSLError(ssl.SSLCertVerificationError(1, "self-signed certificate"))
        assert never_left(requests.exceptions.SSLError(wrapped(untrusted)))

    @pytest.mark.parametrize(
        "error",
        [
            requests.ConnectionError(ProtocolError("Connection aborted.", ConnectionResetError())),
            requests.exceptions.SSLError(wrapped(SSLError(ssl.SSLError(1, "bad record mac")))),
            requests.ConnectionError(wrapped(ProtocolError("broken"))),
            requests.ReadTimeout("slow"),
            requests.ConnectionError("words only"),
            requests.ConnectionError(),
            requests.RequestException(),
        ],
    )
    def test_everything_else_may_have_left(self, error: requests.RequestException) -> None:
        assert not never_left(error)


class TestProxies:
    @pytest.mark.parametrize(
        ("base", "trusted"),
        [(None, True), ("https://stand-in.example.org", True), ("http://127.0.0.1:8001", False)],
    )
    def test_a_plain_local_address_is_reached_directly(
        self, base: str | None, trusted: bool
    ) -> None:
        transport = Transport(base, 5)
        assert transport._session.trust_env is trusted
        transport.close()

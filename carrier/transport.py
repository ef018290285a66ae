"""Twilio's HTTP client with our time limit, connections and address."""

from __future__ import annotations

import logging
import ssl
from typing import Final
from urllib.parse import SplitResult, urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

_CONNECTIONS: Final = 32
"""Connections kept open: more than the threads that ever send at once."""

_TALKATIVE: Final = ("twilio.http_client", "urllib3.connectionpool")
"""Loggers that write whole addresses below WARNING, and with them patients' numbers."""


class Transport:
    """Carries the Twilio library's requests, to `base_url` where one is given.

    A base address replaces scheme and host of every request and goes before its path; the
    library's own regions and edges can't lead to a local stand-in. To a plain-http one, the
    environment's proxies do not apply. `timeout` is in seconds, for connecting and for each wait
    for an answer. Nothing is repeated: a repeated request could send a text twice.
    """

    def __init__(self, base_url: str | None, timeout: float) -> None:
        for name in _TALKATIVE:
            logging.getLogger(name).setLevel(logging.WARNING)
        self._base = urlsplit(base_url.rstrip("/")) if base_url else None
        self._timeout = timeout
        self._client = TwilioHttpClient(timeout=timeout)
        self._session: requests.Session = self._client.session
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, HTTPAdapter(pool_maxsize=_CONNECTIONS))
        if self._base is not None and self._base.scheme != "https":
            self._session.trust_env = False

    def request(self, method: str, url: str, *args: object, **kwargs: object) -> Response:
        """What the Twilio library calls, with the arguments of its own client."""
        target = url if self._base is None else _moved(url, self._base)
        return self._client.request(method, target, *args, **kwargs)

    def download(self, url: str, login: tuple[str, str]) -> requests.Response:
        """An answer whose body is read as it comes, for what is no JSON; whoever asks closes it.

        Redirects are followed, with the login to the same host alone. Raises what requests raises.
        """
        target = url if self._base is None else _moved(url, self._base)
        return self._session.get(target, auth=login, timeout=self._timeout, stream=True)

    def close(self) -> None:
        """Closes the connections that are kept open."""
        self._session.close()


def _moved(url: str, base: SplitResult) -> str:
    parts = urlsplit(url)
    return urlunsplit((base.scheme, base.netloc, base.path + parts.path, parts.query, ""))


def never_left(error: requests.RequestException) -> bool:
    """Whether it is certain that the request did not reach anybody.

    So it is when no connection came about: the name unknown, the port closed, no answer to the
    attempt, or a certificate that is not trusted. A connection that broke later raises the same
    `ConnectionError`, with another reason inside.
    """
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    reason = getattr(reason, "original_error", reason)  # what a proxy error wraps
    if isinstance(reason, NewConnectionError | ConnectTimeoutError):
        return True
    inner = reason.args[0] if isinstance(reason, Exception) and reason.args else None
    return isinstance(inner, ssl.SSLCertVerificationError)

"""Signed posts to the app, sent the way Twilio sends them."""

import base64
import string
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import SplitResult, quote, unquote, urlencode, urlsplit

from twilio.request_validator import RequestValidator

from emulator.options import Options

CONNECT_TIMEOUT = 5.0
"""Seconds that Twilio gives a connection attempt; a failed one is tried once more."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the app answered."""

    status: int
    content_type: str
    body: bytes


class NoAnswerError(Exception):
    """The app could not be reached or did not answer in time; `code` is Twilio's debugger code."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


def with_query(url: str, form: Mapping[str, str]) -> str:
    """An address with the fields of a form in its query, for requests with GET."""
    url = url.partition("#")[0]
    return url + ("&" if urlsplit(url).query else "?") + urlencode(form)


class Webhooks:
    """Posts forms to the app with the account's signature."""

    def __init__(self, options: Options) -> None:
        self.app_url = options.app_url.rstrip("/")
        self._public_url = options.public_url.rstrip("/")
        self._read_timeout = options.read_timeout
        self._validator = RequestValidator(options.auth_tokens[0])

    def url(self, path: str) -> str:
        """The address of a path as the app knows it."""
        return (self._public_url or self.app_url) + path

    def signature(self, url: str, form: Mapping[str, str]) -> str:
        """The value of X-Twilio-Signature for a form posted to an address."""
        return str(self._validator.compute_signature(url, form))

    def post(self, url: str, form: Mapping[str, str]) -> Answer:
        """Post a form; the fragment of the address is neither sent nor signed.

        Characters that no address may hold are percent-encoded before it is signed, since the app
        sees them so.

        Only a failed connection is tried again, as by default at Twilio. Raises NoAnswerError.
        """
        return self._send("POST", url, form)

    def get(self, url: str) -> Answer:
        """Get an address, whose query is signed with it. Raises NoAnswerError."""
        return self._send("GET", url, {})

    def _send(self, method: str, url: str, form: Mapping[str, str]) -> Answer:
        url = quote(url.partition("#")[0], safe=string.punctuation)
        target = urlsplit(self._reachable(url))
        headers = {
            "User-Agent": "TwilioProxy/1.1",
            "Accept": "*/*",
            "I-Twilio-Idempotency-Token": str(uuid.uuid4()),
            "X-Twilio-Signature": self.signature(url, form),
        }
        if method == "POST":
            headers["Content-Type"] = "application/x-www-form-urlencoded; charset=UTF-8"
        if target.username is not None:
            login = f"{unquote(target.username)}:{unquote(target.password or '')}"
            headers["Authorization"] = f"Basic {base64.b64encode(login.encode()).decode()}"
        connection = self._connect(target)
        try:
            path = (target.path or "/") + (f"?{target.query}" if target.query else "")
            body = urlencode(form).encode() if method == "POST" else None
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            content_type = response.headers.get_content_type() if response.headers else ""
            return Answer(response.status, content_type, response.read())
        except TimeoutError:
            raise NoAnswerError(11200, "did not answer in time") from None
        except (OSError, HTTPException):
            raise NoAnswerError(11200, "broke off the connection") from None
        finally:
            connection.close()

    def _reachable(self, url: str) -> str:
        if self._public_url and url.startswith(f"{self._public_url}/"):
            return self.app_url + url.removeprefix(self._public_url)
        return url

    def _connect(self, target: SplitResult) -> HTTPConnection:
        kind = HTTPSConnection if target.scheme == "https" else HTTPConnection
        connection = kind(target.hostname or "", target.port, timeout=CONNECT_TIMEOUT)
        try:
            connection.connect()
        except OSError:
            try:
                connection.connect()
            except OSError:
                connection.close()
                raise NoAnswerError(11205, "could not be reached") from None
        connection.sock.settimeout(self._read_timeout)
        return connection

"""Whether a webhook really comes from Twilio."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote, unquote, urlsplit

from twilio.request_validator import RequestValidator
from werkzeug.datastructures import MultiDict

SIGNATURE_HEADER: Final = "X-Twilio-Signature"

_JSON_BODY_MARK: Final = "bodySHA256"
_MALFORMED: Final = (AttributeError, LookupError, TypeError, ValueError)
"""All that the library raises for input it did not expect; each means: not from Twilio."""


class SignatureChecker:
    """Checks Twilio's signature on webhooks, with the clinic's public address as configured.

    `public_base_url` is what Twilio was told to call (scheme, host, perhaps a port and a path
    prefix; a trailing slash changes nothing). The request's own Host header is never believed.
    `auth_tokens` are the account's tokens: one, or two while one is being replaced.

    Raises `ValueError` without a token, or with an empty one, which anybody could sign with.
    """

    def __init__(self, public_base_url: str, auth_tokens: Sequence[str]) -> None:
        if not auth_tokens or not all(token.strip() for token in auth_tokens):
            raise ValueError("Checking signatures needs the account's auth token.")
        self._base = public_base_url.rstrip("/")
        self._validators = [RequestValidator(token) for token in auth_tokens]

    def is_genuine(
        self,
        path: str,
        query: str,
        form: MultiDict[str, str] | Mapping[str, str],
        signature: str | None,
    ) -> bool:
        """Whether the signature fits this request; anything missing or malformed does not.

        `path` and `query` are the raw, still percent-encoded parts that `signed_target` gives.
        `form` is the whole POST form as received: blanks, repeated names and unknown parameters
        are signed too. JSON webhooks are refused, for their body is signed in another way.
        """
        if not signature or _JSON_BODY_MARK in query:
            return False
        url = f"{self._base}{path}?{query}" if query else f"{self._base}{path}"
        return any(_fits(validator, url, form, signature) for validator in self._validators)


def _fits(validator: RequestValidator, url: str, form: Mapping[str, str], signature: str) -> bool:
    try:
        return bool(validator.validate(url, form, signature))
    except _MALFORMED:
        return False


def signed_target(environ: Mapping[str, Any]) -> tuple[str, str]:
    """The raw path and the raw query of a WSGI request, exactly as Twilio asked for them.

    Servers hand the undecoded target on as `RAW_URI` or `REQUEST_URI`; where neither is there,
    the path is encoded again. The part under which the app is mounted (`SCRIPT_NAME`) is taken
    off, because the configured address ends with it.
    """
    target = str(environ.get("RAW_URI") or environ.get("REQUEST_URI") or "")
    if not target:
        return quote(_utf8(environ.get("PATH_INFO", ""))), str(environ.get("QUERY_STRING", ""))
    target = target.partition("#")[0]
    path, _, query = target.partition("?")
    if not path.startswith("/"):  # a proxy may send the whole address as the target
        path = urlsplit(path).path
    return _below(_utf8(environ.get("SCRIPT_NAME", "")), path), query


def _below(mount: str, path: str) -> str:
    """The path without the prefix that decodes to `mount`, if it has one."""
    if not mount:
        return path
    depth = mount.rstrip("/").count("/") + 1
    parts = path.split("/")
    if unquote("/".join(parts[:depth])) != mount.rstrip("/"):
        return path
    return "/" + "/".join(parts[depth:])


def _utf8(wsgi_text: str) -> str:
    """WSGI carries bytes as latin-1 text; this is the text those bytes mean."""
    return wsgi_text.encode("latin-1", "replace").decode("utf-8", "replace")

"""JSON bodies of requests that change something, read with plain words about what is wrong.

No foreign web page can send one here, so a body of JSON is all the proof that is asked for.
"""

from collections.abc import Mapping
from typing import Any, TypeVar

from flask import Response, jsonify, request

from emulator.model import E164

_Value = TypeVar("_Value")


class BadRequestError(ValueError):
    """A request to the control interface or the phone page that makes no sense; says why."""


def explain(error: BadRequestError) -> Response:
    """Answer 400 with the reason."""
    answer = jsonify({"problem": str(error)})
    answer.status_code = 400
    return answer


def json_body() -> dict[str, Any]:
    """The JSON object of a request. Raises BadRequestError if there is none."""
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise BadRequestError("Send a JSON object, with content type application/json.")
    return body


def field(body: Mapping[str, Any], name: str, kind: type[_Value]) -> _Value:
    """A field of a JSON object that must be there. Raises BadRequestError."""
    value = body.get(name)
    if not isinstance(value, kind):
        raise BadRequestError(f"{name} must be given as {kind.__name__}.")
    return value


def number_field(body: Mapping[str, Any], name: str) -> str:
    """A phone number of a JSON object. Raises BadRequestError."""
    number = field(body, name, str)
    if not E164.fullmatch(number):
        raise BadRequestError(f"{name} must be a number like +18285550142.")
    return number

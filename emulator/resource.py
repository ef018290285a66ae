"""Messages as Twilio's REST interface shows them, and pages of them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import format_datetime
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict

from emulator.errors import CarrierError, words
from emulator.model import Message

API_VERSION = "2010-04-01"
_LARGEST_PAGE = 1000
_USUAL_PAGE = 50


def as_resource(message: Message, account_sid: str) -> dict[str, object]:
    """All fields of Twilio's Message resource."""
    uri = f"/{API_VERSION}/Accounts/{account_sid}/Messages/{message.sid}"
    return {
        "account_sid": account_sid,
        "api_version": API_VERSION,
        "body": message.body,
        "date_created": _rfc2822(message.created_at),
        "date_sent": _rfc2822(message.sent_at) if message.sent_at else None,
        "date_updated": _rfc2822(message.updated_at),
        "direction": message.direction.value,
        "error_code": message.error_code,
        "error_message": words(message.error_code) if message.error_code else None,
        "from": message.from_ or None,
        "messaging_service_sid": message.service_sid,
        "num_media": str(len(message.media)),
        # A service names no sender at first, and Twilio does not count segments until it does.
        "num_segments": str(message.segments) if message.from_ else "0",
        "price": None,
        "price_unit": "USD",
        "sid": message.sid,
        "status": message.status.value,
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": message.to,
        "uri": f"{uri}.json",
    }


def _rfc2822(moment: datetime) -> str:
    return format_datetime(moment.astimezone(UTC).replace(microsecond=0))


@dataclass(frozen=True, slots=True)
class Query:
    """What a list request asks for."""

    size: int
    page: int
    before: int | None
    filters: tuple[tuple[str, str], ...]


def read_query(args: MultiDict[str, str]) -> Query:
    """Read the parameters of a list request. Raises CarrierError if one makes no sense."""
    try:
        size = int(args.get("PageSize", _USUAL_PAGE))
        page = int(args.get("Page", 0))
        token = args.get("PageToken", "")
        before = int(token.removeprefix("PA"), 16) if token else None
    except ValueError:
        raise CarrierError(20001) from None
    if size < 1 or page < 0:
        raise CarrierError(20001)
    filters = tuple((name, args[name]) for name in _FILTERS if args.get(name))
    return Query(min(size, _LARGEST_PAGE), page, before, filters)


def as_page(messages: list[Message], query: Query, account_sid: str) -> dict[str, object]:
    """One page, newest messages first.

    A page's token is the serial number that its messages lie below, so messages that arrive between
    two pages neither repeat nor hide others.
    """
    fitting = [message for message in reversed(messages) if _fits(message, query.filters)]
    below = [m for m in fitting if query.before is None or m.serial < query.before]
    shown = below[: query.size]
    path = f"/{API_VERSION}/Accounts/{account_sid}/Messages.json"
    start = query.page * query.size

    def uri(page: int, before: int | None) -> str:
        turn = [("PageSize", str(query.size)), ("Page", str(page))]
        if before is not None:
            turn.append(("PageToken", f"PA{before:032x}"))
        return f"{path}?{urlencode([*query.filters, *turn])}"

    more = len(below) > len(shown)
    return {
        "end": start + max(len(shown) - 1, 0),
        "first_page_uri": uri(0, None),
        "messages": [as_resource(message, account_sid) for message in shown],
        "next_page_uri": uri(query.page + 1, shown[-1].serial) if more else None,
        "page": query.page,
        "page_size": query.size,
        "previous_page_uri": _previous(fitting, query, uri),
        "start": start,
        "uri": uri(query.page, query.before),
    }


def _previous(
    fitting: list[Message], query: Query, uri: Callable[[int, int | None], str]
) -> str | None:
    if query.page == 0 or query.before is None:
        return None
    above = [message for message in fitting if message.serial >= query.before]
    earlier = above[-query.size - 1 : -query.size] if len(above) > query.size else []
    return uri(query.page - 1, earlier[0].serial if earlier else None)


def _fits(message: Message, filters: tuple[tuple[str, str], ...]) -> bool:
    return all(_FILTERS[name](message, value) for name, value in filters)


def _sent(message: Message, value: str, compare: Callable[[date, date], bool]) -> bool:
    """Compare the day a message was sent (GMT), or the second if a time is given.

    A message that was not sent yet matches no such filter.
    """
    if message.sent_at is None:
        return False
    try:
        if len(value) == 10:
            return compare(message.sent_at.date(), date.fromisoformat(value))
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise CarrierError(20001) from None
    moment = moment.replace(tzinfo=moment.tzinfo or UTC)
    return compare(message.sent_at.replace(microsecond=0), moment)


def _same_day(sent: date, wanted: date) -> bool:
    return (sent.year, sent.month, sent.day) == (wanted.year, wanted.month, wanted.day)


_FILTERS: dict[str, Callable[[Message, str], bool]] = {
    "To": lambda message, value: message.to == value,
    "From": lambda message, value: message.from_ == value,
    "DateSent": lambda message, value: _sent(message, value, _same_day),
    "DateSent<": lambda message, value: _sent(message, value, lambda sent, limit: sent <= limit),
    "DateSent>": lambda message, value: _sent(message, value, lambda sent, limit: sent >= limit),
}

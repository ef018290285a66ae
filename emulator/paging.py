"""Lists of Twilio's REST interface: filters, and pages that neither repeat nor hide anything."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import format_datetime
from typing import Generic, Protocol, TypeVar
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict

from emulator.errors import CarrierError

API_VERSION = "2010-04-01"
_LARGEST_PAGE = 1000
_USUAL_PAGE = 50


class Listed(Protocol):
    """Something that has a place in the order of arrival."""

    @property
    def serial(self) -> int:
        """The place, from 1."""


Item = TypeVar("Item", bound=Listed)


@dataclass(frozen=True, slots=True)
class Query:
    """What a list request asks for."""

    size: int
    page: int
    before: int | None
    filters: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Listing(Generic[Item]):
    """One kind of list: its name in paths and in JSON, and what it can be narrowed down by."""

    path: str
    key: str
    as_resource: Callable[[Item, str], dict[str, object]]
    filters: Mapping[str, Callable[[Item, str], bool]]

    def read_query(self, args: MultiDict[str, str]) -> Query:
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
        filters = tuple((name, args[name]) for name in self.filters if args.get(name))
        return Query(min(size, _LARGEST_PAGE), page, before, filters)

    def as_page(self, items: list[Item], query: Query, account_sid: str) -> dict[str, object]:
        """One page, newest first.

        A page's token is the serial number that its items lie below, so items that arrive between
        two pages neither repeat nor hide others.
        """
        fitting = [item for item in reversed(items) if self._fits(item, query.filters)]
        below = [item for item in fitting if query.before is None or item.serial < query.before]
        shown = below[: query.size]
        path = f"/{API_VERSION}/Accounts/{account_sid}/{self.path}.json"
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
            self.key: [self.as_resource(item, account_sid) for item in shown],
            "next_page_uri": uri(query.page + 1, shown[-1].serial) if more else None,
            "page": query.page,
            "page_size": query.size,
            "previous_page_uri": _previous(fitting, query, uri),
            "start": start,
            "uri": uri(query.page, query.before),
        }

    def _fits(self, item: Item, filters: tuple[tuple[str, str], ...]) -> bool:
        return all(self.filters[name](item, value) for name, value in filters)


def _previous(
    fitting: list[Item], query: Query, uri: Callable[[int, int | None], str]
) -> str | None:
    if query.page == 0 or query.before is None:
        return None
    above = [item for item in fitting if item.serial >= query.before]
    earlier = above[-query.size - 1 : -query.size] if len(above) > query.size else []
    return uri(query.page - 1, earlier[0].serial if earlier else None)


def happened(moment: datetime | None, value: str, compare: Callable[[date, date], bool]) -> bool:
    """Compare the day of something (GMT), or its second if a time is given.

    What has not happened yet matches nothing. Raises CarrierError for a value that is no time.
    """
    if moment is None:
        return False
    try:
        if len(value) == 10:
            return compare(moment.date(), date.fromisoformat(value))
        wanted = datetime.fromisoformat(value)
    except ValueError:
        raise CarrierError(20001) from None
    wanted = wanted.replace(tzinfo=wanted.tzinfo or UTC)
    return compare(moment.replace(microsecond=0), wanted)


def same_day(one: date, other: date) -> bool:
    """Whether two moments are on one day."""
    return (one.year, one.month, one.day) == (other.year, other.month, other.day)


def not_after(one: date, other: date) -> bool:
    """Whether the first moment is not after the second."""
    return one <= other


def not_before(one: date, other: date) -> bool:
    """Whether the first moment is not before the second."""
    return one >= other


def rfc2822(moment: datetime) -> str:
    """A time as Twilio writes it in resources."""
    return format_datetime(moment.astimezone(UTC).replace(microsecond=0))

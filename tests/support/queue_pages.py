"""Reading the pages of tasks, as a coordinator would."""

from __future__ import annotations

import re
from html import unescape
from typing import Final

from tests.support.site import Visitor

QUEUE: Final = "/admin/attention"


def texts(page: str) -> str:
    """What a page says, without its markup."""
    return unescape(" ".join(re.sub(r"<[^>]+>", " ", page).split()))


def headings(page: str) -> list[str]:
    """What the tasks of a queue are called, from the top."""
    return re.findall(r'<h2><a href="[^"]+" id="open-\d+">(.*?)</a></h2>', page)


def watch(page: str) -> str:
    """The address that a page asks for news."""
    found = re.search(r'hx-get="([^"]+)" hx-trigger="every', page)
    assert found
    return unescape(found[1])


def stamp(visitor: Visitor, key: int) -> str:
    """The state of a task as its page shows it."""
    found = re.search(r'name="stamp" value="([^"]+)"', visitor.get(f"{QUEUE}/{key}").text)
    assert found
    return found[1]


def take(visitor: Visitor, key: int) -> None:
    """Make a task one's own."""
    visitor.post(f"{QUEUE}/{key}/take", {"stamp": stamp(visitor, key)})

"""Walking the coordinators' site in a browser: every page there is, and each page by keyboard."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from playwright.sync_api import Page, Request
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect, Rule

from admin.access import access_of
from admin.site import is_ours
from db.content_models import ProfileVersion
from db.models import Appointment, Contact, ImportDraft, Patient, Task
from db.staff import Role
from tests.support.site import TestSite, page_problems

_OPEN_ALL: Final = (
    "[...document.querySelectorAll('details:not([open])')].map(each => each.open = true).length"
)
_MARK: Final = """() => {
  const chosen = 'a[href], button, input:not([type=hidden]), select, textarea, summary,'
    + '[tabindex]:not([tabindex="-1"])';
  const able = each => !each.disabled && each.checkVisibility()
    && !(each.type === 'radio' && !each.checked);
  return [...document.querySelectorAll(chosen)].filter(able).map((each, number) => {
    each.dataset.walk = number;
    return each.outerHTML.slice(0, 120);
  });
}"""
_FOCUSED: Final = """() => {
  const there = document.activeElement, style = getComputedStyle(there);
  const box = there.getBoundingClientRect();
  return {
    number: there.dataset.walk === undefined ? -1 : Number(there.dataset.walk),
    outlined: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
    onScreen: box.width > 1 && box.bottom > 0 && box.top < innerHeight
      && box.right > 0 && box.left < innerWidth,
  };
}"""
_AT_CARRIER: Final = "admin.voice_message.listen"  # no page; the carrier keeps what it gives
_TOKEN: Final = re.compile(r'name="csrf-token" content="([^"]+)"')
_HEAD: Final = re.compile(r'<header class="site.*?</header>', re.DOTALL)
_HERE: Final = re.compile(r' aria-current="\w+"|(?<=name="next" value=")[^"]*')
_FURTHER_STOPS: Final = 4  # the parts of a date or a time each take a press of the key


@dataclass
class Walk:
    """One person's way through the site. `seen` are the endpoints that were asked for, `problems`
    what is wrong with which page. `looked_at` are the pages that need no second look, here or in
    the walk of somebody else who is shown word for word the same."""

    site: TestSite
    page: Page
    seen: set[str] = field(default_factory=set)
    looked_at: set[tuple[str, bool]] = field(default_factory=set)
    problems: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Keep watch of what the browser asks for, redirects included."""
        self.page.on("request", self._note)

    def visit(self, address: str, *, by_keyboard: bool = False) -> None:
        """Look at a page, also with everything opened that can be; or fetch what is no page."""
        status, text = self._asked(address)
        if status not in (200, 204):
            self.problems[address] = [f"answered with {status}"]
        parts = {(part, by_keyboard) for part in self._parts(text)}
        if "<html" in text and not parts <= self.looked_at:
            self.looked_at |= parts
            self.page.goto(self.site.url(address))
            self.look(address)
            if by_keyboard:
                self.problems.setdefault(address, []).extend(keyboard_problems(self.page))

    def look(self, name: str) -> None:
        """Look at what is on screen, and again with everything opened that can be."""
        found = page_problems(self.page)
        if self.page.evaluate(_OPEN_ALL):  # how many were closed until now
            found += [each for each in page_problems(self.page) if each not in found]
        self.problems.setdefault(name, []).extend(found)

    def found(self) -> Mapping[str, Sequence[str]]:
        """What was wrong, by page."""
        return {name: problems for name, problems in self.problems.items() if problems}

    def _parts(self, text: str) -> Sequence[str]:
        """A page's head, without what says on which page it stands, and all the rest; of both only
        what does not differ each time that it is asked for."""
        token = _TOKEN.search(text)
        same = text.replace(token[1], "") if token else text
        same = same.replace(self.site.base, "")
        return [*(_HERE.sub("", head) for head in _HEAD.findall(same)), _HEAD.sub("", same)]

    def _asked(self, address: str) -> tuple[int, str]:
        answer = self.page.request.get(self.site.url(address))
        self.seen.add(self._endpoint(address))
        return answer.status, answer.text()

    def _note(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if request.method == "GET" and is_ours(parts.path):
            self.seen.add(self._endpoint(parts.path))

    def _endpoint(self, address: str) -> str:
        try:
            found = self.site.app.url_map.bind("127.0.0.1").match(urlsplit(address).path)
            return str(found[0])
        except (HTTPException, RequestRedirect):
            return ""


def pages_of(site: TestSite, role: Role | None) -> dict[str, Rule]:
    """What there is to open for a role, by endpoint; `None` is somebody who is not signed in."""
    found = {}
    for rule in site.app.url_map.iter_rules():
        is_opened = "GET" in (rule.methods or ()) and rule.endpoint != _AT_CARRIER
        if is_ours(rule.rule) and is_opened:
            allowed = access_of(site.app, rule.endpoint)
            if allowed is None if role is None else allowed is not None and role in allowed:
                found[rule.endpoint] = rule
    return found


Values = Callable[[Session], Collection[object]]


def filled(site: TestSite, rule: Rule) -> list[str]:
    """The addresses of a page: one for each of the values that stand for its argument."""
    names = sorted(rule.arguments)
    lacking = [name for name in names if name not in _VALUES]
    assert not lacking, f"{rule.rule}: give the walk values for {lacking} in {__name__}"
    with site.database.reading() as session:
        values = {name: list(_VALUES[name](session)) for name in names}
    for name in names:
        assert values[name], f"{rule.rule}: nothing is stored that could stand for {name}"
    addresses = site.app.url_map.bind("127.0.0.1")
    most = max((len(each) for each in values.values()), default=1)
    return [
        addresses.build(rule.endpoint, {name: of[at % len(of)] for name, of in values.items()})
        for at in range(most)
    ]


def _one_of_each(
    *kinds: Select[int],
) -> Values:
    def found(session: Session) -> Collection[object]:
        keys = [key for kind in kinds for key in session.scalars(kind)]
        return dict.fromkeys(keys)

    return found


_IS_SHUT: Final = (
    Contact.opted_out_at.is_not(None),
    Contact.held_until.is_not(None),
    Contact.identity_locked_until.is_not(None),
    Contact.paused_until.is_not(None),
    ~Contact.reachable,
    ~Contact.textable,
)
_OF_PHONE: Final = (Patient.clinic_id == Contact.clinic_id) & (Patient.phone == Contact.phone)
_SHARED: Final = select(Patient.phone).group_by(Patient.phone).having(func.count() > 1)
_VALUES: Final[Mapping[str, Values]] = {
    "visit_id": _one_of_each(
        select(func.min(Appointment.id)).group_by(Appointment.status, Appointment.answer),
        select(func.min(Appointment.id)).where(Appointment.version > 1),
        select(func.min(Appointment.id)).group_by(Appointment.clinic_id),
    ),
    "task_id": _one_of_each(
        select(func.min(Task.id)).group_by(Task.kind, Task.done_at.is_(None)),
    ),
    "contact_id": _one_of_each(
        *(select(func.min(Contact.id)).where(shut) for shut in _IS_SHUT),
        select(func.min(Contact.id)).where(Contact.phone.in_(_SHARED)),
    ),
    "patient_id": _one_of_each(
        *(select(func.min(Patient.id)).join(Contact, _OF_PHONE).where(shut) for shut in _IS_SHUT),
        select(func.min(Patient.id)).where(Patient.phone.in_(_SHARED)),
        select(func.min(Patient.id)).where(~Patient.sms_consent, ~Patient.voice_consent),
    ),
    "draft_id": lambda session: session.scalars(select(ImportDraft.id)).all(),
    "name": lambda _: ("patients", "lateness", "unprepared", "questions", "messages", "outcomes"),
    "clinic": lambda _: ("ara-health",),
    "number": _one_of_each(select(func.max(ProfileVersion.number))),
    "flow": lambda _: ("prep", "reminder"),
    "topic": lambda _: ("prep.drinks", "clinic.parking"),
}
"""What stands for each argument of an address."""


def keyboard_problems(page: Page) -> list[str]:
    """What is wrong with a page for somebody who has no mouse: the first key press leads to the
    link that skips the head, every control is come to, and one sees where one is."""
    page.reload()
    controls: list[str] = page.evaluate(_MARK)
    reached: set[int] = set()
    problems = []
    for press in range(len(controls) * _FURTHER_STOPS + _FURTHER_STOPS):
        page.keyboard.press("Tab")
        there = page.evaluate(_FOCUSED)
        number: int = there["number"]
        if press == 0 and (number != 0 or 'class="skip"' not in controls[0]):
            problems.append("the first control is not the link that skips the head")
        if number in reached and number == 0:
            break
        if number < 0:
            if reached >= set(range(len(controls))):
                break
            continue
        if number not in reached and not there["outlined"]:
            problems.append(f"one does not see that this has the focus: {controls[number]}")
        if number not in reached and not there["onScreen"]:
            problems.append(f"this has the focus and is not on screen: {controls[number]}")
        reached.add(number)
    missed = set(range(len(controls))) - reached
    return problems + [f"not reached by keyboard: {controls[number]}" for number in sorted(missed)]


def each_once(rules: Mapping[str, Rule], site: TestSite) -> Iterator[str]:
    """One address of each page."""
    for rule in rules.values():
        yield filled(site, rule)[0]

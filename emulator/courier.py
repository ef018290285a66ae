"""Brings status callbacks to the app: in which order, how often and how late they go out."""

import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace

from emulator.background import Background
from emulator.faults import Fault, FaultKind
from emulator.model import Callback
from emulator.webhook import Answer, NoAnswerError, Webhooks, with_query

Keep = Callable[[Callback], None]


@dataclass(frozen=True, slots=True)
class Report:
    """One callback about a message or call: `status_fields` are the form's fields that hold it."""

    sid: str
    status: str
    url: str
    form: dict[str, str]
    status_fields: tuple[str, ...]
    method: str = "POST"

    def saying(self, status: str) -> "Report":
        """The same with another status."""
        changed = dict.fromkeys(self.status_fields, status)
        return replace(self, status=status, form={**self.form, **changed})


class Courier:
    """Posts reports; those of one message or call do not overtake each other by themselves."""

    def __init__(self, background: Background, webhooks: Webhooks, keep: Keep) -> None:
        self._background = background
        self._webhooks = webhooks
        self._keep = keep
        self._held: dict[str, list[Report]] = defaultdict(list)
        self._lock = threading.Lock()
        self._waiting: list[Report] | None = None  # for `release`, while somebody holds them

    def hold(self) -> None:
        """Send no report before `release`."""
        with self._lock:
            self._waiting = self._waiting or []

    def release(self) -> None:
        """Send what was held, in its order, and hold nothing any more."""
        with self._lock:
            waiting, self._waiting = self._waiting or [], None
            for report in waiting:
                self._post_soon(report)

    def send(self, report: Report, fault: Fault | None, *, last: bool) -> None:
        """Send a report, unless a fault has other plans; `last` says that no more follows."""
        kind = fault.kind if fault else None
        if fault is None:
            self._later(0, report)
        elif kind is FaultKind.CALLBACK_DROP and fault.status in ("", report.status):
            return
        elif kind is FaultKind.CALLBACK_REORDER:
            self._hold(report, last=last)
        elif kind is FaultKind.CALLBACK_STATUS and last:
            self._later(0, report.saying(fault.status))
        else:
            for _ in range(fault.count if kind is FaultKind.CALLBACK_REPEAT else 1):
                self._later(fault.seconds, report)

    def _hold(self, report: Report, *, last: bool) -> None:
        held = self._held[report.sid]
        held.insert(0, report)
        if last:
            for each in held:
                self._later(0, each)
            del self._held[report.sid]

    def _later(self, seconds: float, report: Report) -> None:
        """Send through the lane of its own message or call."""
        if seconds > 0:
            self._background.after(seconds, lambda: self._later(0, report))
            return
        with self._lock:
            if self._waiting is None:
                self._post_soon(report)
            else:
                self._waiting.append(report)

    def _post_soon(self, report: Report) -> None:
        self._background.post(report.sid, lambda: self._post(report))

    def _post(self, report: Report) -> None:
        try:
            answered = self._ask(report).status
        except NoAnswerError:
            answered = 0
        self._keep(Callback(report.sid, report.status, answered, report.url))

    def _ask(self, report: Report) -> Answer:
        if report.method == "POST":
            return self._webhooks.post(report.url, report.form)
        return self._webhooks.get(with_query(report.url, report.form))

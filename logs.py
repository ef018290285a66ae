"""Logs: one JSON object a line, without anything personal."""

from __future__ import annotations

import logging
import sys

import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, Processor, WrappedLogger

from private import redact_processor


def set_up_logging() -> None:
    """Send this process's logs to standard error as JSON lines; personal data is left out.

    Libraries' own loggers are kept to warnings, and go through the same sieve: some write addresses
    with phone numbers in them.
    """
    first: list[Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: list[Processor] = [
        without_exception_text,
        redact_processor,
        structlog.processors.JSONRenderer(),
    ]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *first],
            processors=[ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    structlog.configure(
        processors=[*first, *last],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


def without_exception_text(
    _logger: WrappedLogger, _method: str, event_dict: EventDict
) -> EventDict:
    """Of an exception, keep its kind and where it happened, not what it says: that may be what a
    patient wrote."""
    given = event_dict.get("exc_info")
    if given is True:
        given = sys.exc_info()
    error = given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        named = RuntimeError(type(error).__name__).with_traceback(error.__traceback__)
        event_dict["exc_info"] = named
    return event_dict

"""A local stand-in for Twilio, and a phone in the browser.

For the demo, for development and for tests: `python -m emulator`, or `Emulator` from Python. It
imports nothing of the app and needs no internet.
"""

from emulator.faults import Fault, FaultKind, Faults, Operation
from emulator.inbound import InboundResult
from emulator.model import Callback, Direction, Message, Note, Reach, Status
from emulator.options import Options, OptionsError
from emulator.server import Emulator

__all__ = [
    "Callback",
    "Direction",
    "Emulator",
    "Fault",
    "FaultKind",
    "Faults",
    "InboundResult",
    "Message",
    "Note",
    "Operation",
    "Options",
    "OptionsError",
    "Reach",
    "Status",
]

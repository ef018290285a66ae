"""A local stand-in for Twilio, and a phone in the browser.

For the demo, for development and for tests: `python -m emulator`, or `Emulator` from Python. It
imports nothing of the app and needs no internet.
"""

from emulator.faults import Fault, FaultKind, Faults, Operation
from emulator.inbound import InboundResult
from emulator.model import Callback, Direction, Message, Note, Reach, Status
from emulator.options import Options, OptionsError
from emulator.server import Emulator
from emulator.voice_call import Call, CallError, FellThroughError
from emulator.voice_model import CallRecord, CallStatus, Pickup
from emulator.voice_twiml import BadTwiML

__all__ = [
    "BadTwiML",
    "Call",
    "CallError",
    "CallRecord",
    "CallStatus",
    "Callback",
    "Direction",
    "Emulator",
    "Fault",
    "FaultKind",
    "Faults",
    "FellThroughError",
    "InboundResult",
    "Message",
    "Note",
    "Operation",
    "Options",
    "OptionsError",
    "Pickup",
    "Reach",
    "Status",
]

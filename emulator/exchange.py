"""The telephone exchange: one carrier's parts, put together."""

from emulator.background import Background
from emulator.callbacks import Callbacks
from emulator.courier import Courier
from emulator.delivery import Delivery
from emulator.faults import Faults
from emulator.inbound import Inbound, InboundResult, TextDetails
from emulator.options import Options
from emulator.state import State
from emulator.validation import Account
from emulator.voice_book import CallBook
from emulator.voice_model import Pickup
from emulator.voice_switchboard import Switchboard
from emulator.webhook import Webhooks


class Exchange:
    """What the REST interface, the phone page and the control interface work on."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.state = State(options)
        self.faults = Faults()
        self.background = Background()
        self.webhooks = Webhooks(options)
        self.courier = Courier(self.background, self.webhooks, self.state.add_callback)
        self.callbacks = Callbacks(self.courier, options.account_sid)
        self.delivery = Delivery(
            self.state, self.faults, self.background, self.callbacks, options.pace
        )
        self.inbound = Inbound(options, self.state, self.webhooks, self.delivery)
        self.calls = CallBook(self.state, Pickup(by=options.pickup))
        self.switchboard = Switchboard(
            options, self.calls, self.faults, self.background, self.courier, self.webhooks
        )
        self.account = Account(self.state.owns, options.service_sid, options.strict_numbers)

    def text(self, from_: str, to: str, body: str, details: TextDetails) -> InboundResult:
        """Send a text from a phone and wait for the app's answer."""
        return self.inbound.hand_over(self.inbound.write(from_, to, body, details))

    def text_later(self, from_: str, to: str, body: str, details: TextDetails) -> str:
        """Send a text from a phone without waiting; texts of one phone go one after the other."""
        text = self.inbound.write(from_, to, body, details)
        self.background.post(from_, lambda: _ignore(self.inbound.hand_over(text)))
        return text.message.sid

    def reset(self) -> None:
        """Forget all messages, calls, faults and later steps."""
        self.background.clear()
        self.faults.clear()
        self.switchboard.reset()
        self.state.reset()

    def stop(self) -> None:
        """End everything that runs in the background."""
        self.state.close()
        self.background.stop()


def _ignore(_: object) -> None:
    """Whoever texts without waiting sees the outcome on the phone."""

"""Messages as Twilio's REST interface shows them."""

from emulator.errors import words
from emulator.model import Message
from emulator.paging import (
    API_VERSION,
    Listing,
    happened,
    not_after,
    not_before,
    rfc2822,
    same_day,
)


def as_resource(message: Message, account_sid: str) -> dict[str, object]:
    """All fields of Twilio's Message resource."""
    uri = f"/{API_VERSION}/Accounts/{account_sid}/Messages/{message.sid}"
    return {
        "account_sid": account_sid,
        "api_version": API_VERSION,
        "body": message.body,
        "date_created": rfc2822(message.created_at),
        "date_sent": rfc2822(message.sent_at) if message.sent_at else None,
        "date_updated": rfc2822(message.updated_at),
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


MESSAGES: Listing[Message] = Listing(
    "Messages",
    "messages",
    as_resource,
    {
        "To": lambda message, value: message.to == value,
        "From": lambda message, value: message.from_ == value,
        "DateSent": lambda message, value: happened(message.sent_at, value, same_day),
        "DateSent<": lambda message, value: happened(message.sent_at, value, not_after),
        "DateSent>": lambda message, value: happened(message.sent_at, value, not_before),
    },
)

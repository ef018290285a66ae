"""The error codes of Twilio that the stand-in can give, each in words of its own."""

from collections.abc import Mapping

CATALOGUE: Mapping[int, tuple[int, str]] = {
    12100: (400, "The TwiML cannot be carried out."),
    13224: (400, "To is not a number that can be called."),
    20001: (400, "A field holds a value that is not allowed for it."),
    20003: (401, "The account SID and the auth token do not belong together."),
    20009: (409, "The message is still on its way; try again once its status is final."),
    20404: (404, "There is nothing at this address."),
    20429: (429, "Too many requests at once; this one was not processed."),
    20500: (500, "Something broke inside the carrier."),
    20503: (503, "The carrier is not available at the moment."),
    21201: (400, "A call needs a To."),
    21205: (400, "Url is not a usable http or https address."),
    21207: (400, "SendDigits may hold only 0 to 9, *, # and w."),
    21209: (400, "StatusCallback is not a usable http or https address."),
    21210: (400, "From is not a number of this account, nor verified for it."),
    21211: (400, "To is not a phone number."),
    21212: (400, "From is not a phone number."),
    21213: (400, "A call needs a From."),
    21214: (400, "To cannot be reached."),
    21215: (400, "This account may not call that region."),
    21216: (400, "This account may not call that number."),
    21217: (400, "To does not look like a phone number."),
    21220: (400, "The call is not in a state in which this can be done."),
    21266: (400, "To and From are the same number."),
    21408: (400, "This account may not text to that region."),
    21602: (400, "A message needs a Body, a MediaUrl or a ContentSid."),
    21603: (400, "A message needs a From or a MessagingServiceSid."),
    21604: (400, "A message needs a To."),
    21606: (400, "From cannot send texts."),
    21609: (400, "StatusCallback is not a usable http or https address."),
    21610: (400, "The phone has opted out of this sender."),
    21611: (429, "The queue of this sender is full."),
    21612: (400, "There is no route between From and To."),
    21614: (400, "To is not a mobile number."),
    21617: (400, "Body is longer than 1600 characters."),
    21626: (400, "StatusCallbackEvent may be initiated, ringing, answered and completed."),
    21659: (400, "From is not a number of this account."),
    21701: (404, "There is no such messaging service."),
    21704: (400, "The messaging service has no number to send from."),
    21712: (400, "From is not a number of that messaging service."),
    30003: (400, "The phone is switched off or out of reach."),
    30004: (400, "The phone or its network blocks this sender."),
    30005: (400, "The number is unknown or no longer in service."),
    30006: (400, "The number is a landline, or its network takes no texts."),
    30007: (400, "The text was filtered as unwanted."),
    30008: (400, "Delivery failed for an unknown reason."),
    30036: (400, "The text waited in the queue for longer than its ValidityPeriod."),
    30409: (409, "Only a scheduled message can be canceled."),
    35111: (400, "A scheduled message needs both SendAt and ScheduleType."),
    35114: (400, "SendAt must be a UTC time between 15 minutes and 35 days ahead."),
    35118: (400, "Only a MessagingServiceSid can send at a later time."),
    90007: (400, "ValidityPeriod must be whole seconds from 1 to 36000."),
}
"""Code: HTTP status of the request that it refuses, and what happened."""

MORE_INFO = "https://www.twilio.com/docs/errors/"


def words(code: int) -> str:
    """Say what a code means; a code outside the catalogue is named only."""
    return CATALOGUE.get(code, (400, f"The carrier gave error {code}."))[1]


class CarrierError(Exception):
    """A request that the carrier refuses. Its text never repeats what the request held."""

    def __init__(self, code: int, *, http_status: int | None = None, text: str = "") -> None:
        super().__init__(text or words(code))
        self.code = code
        self.http_status = http_status or CATALOGUE.get(code, (400, ""))[0]

    def as_json(self) -> dict[str, object]:
        """The body of Twilio's error answers: exactly these four keys."""
        return {
            "code": self.code,
            "message": str(self),
            "more_info": f"{MORE_INFO}{self.code}",
            "status": self.http_status,
        }

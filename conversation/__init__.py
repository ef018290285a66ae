"""One turn of a conversation, from the text that came in to the answer, in one transaction."""

from conversation.turn import Conversations, NotInServiceError, TextIn

__all__ = ["Conversations", "NotInServiceError", "TextIn"]

"""Calling: the webhook, spoken TwiML, calls of ours."""

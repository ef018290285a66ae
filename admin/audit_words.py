"""What the audit's entries are called."""

from __future__ import annotations

from typing import Final

from admin.words import gettext as _
from db.audit import Action

ACTION_WORDS: Final = {
    Action.SIGNED_IN: _("Signed in"),
    Action.SIGN_IN_FAILED: _("Sign-in refused"),
    Action.ACCOUNT_LOCKED: _("Account locked after too many tries"),
    Action.SIGNED_OUT: _("Signed out"),
    Action.SIGNED_OUT_EVERYWHERE: _("Signed out everywhere"),
    Action.PASSWORD_SET: _("Password set"),
    Action.SECOND_STEP_ON: _("Second step turned on"),
    Action.SECOND_STEP_OFF: _("Second step turned off"),
    Action.STAFF_ADDED: _("Account added"),
    Action.STAFF_ROLE_CHANGED: _("Role changed"),
    Action.STAFF_DEACTIVATED: _("Account deactivated"),
    Action.STAFF_REACTIVATED: _("Account reactivated"),
    Action.STAFF_UNLOCKED: _("Account unlocked"),
    Action.STAFF_LINK_MADE: _("One-time link made"),
    Action.AUDIT_EXPORTED: _("Audit exported"),
    Action.IMPORT_PREVIEWED: _("File of appointments looked through"),
    Action.IMPORT_APPLIED: _("File of appointments applied"),
    Action.IMPORT_DISCARDED: _("File of appointments discarded"),
    Action.IMPORT_BAD_ROWS_EXPORTED: _("Bad rows of a file exported"),
    Action.FINDINGS_VIEWED: _("Patients with data to check viewed"),
    Action.FINDINGS_EXPORTED: _("Patients with data to check exported"),
    Action.FINDING_CHECKED: _("Patient's data found to be fine"),
    Action.FINDING_REOPENED: _("Patient's data put up for checking again"),
    Action.FORECAST_VIEWED: _("Tomorrow's messages viewed"),
    Action.FORECAST_EXPORTED: _("Tomorrow's messages exported"),
    Action.NUMBERS_EXPORTED: _("Numbers exported"),
}


def action_words(action: str) -> str:
    """An action in words; one of another release by its own name."""
    return ACTION_WORDS[Action(action)] if action in set(Action) else action

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
    Action.APPOINTMENTS_LISTED: _("Appointments listed"),
    Action.PATIENTS_SEARCHED: _("Patients searched"),
    Action.PATIENT_VIEWED: _("Patient viewed"),
    Action.APPOINTMENT_VIEWED: _("Appointment viewed"),
    Action.APPOINTMENT_BOOKED: _("Appointment booked"),
    Action.APPOINTMENT_CHANGED: _("Appointment changed"),
    Action.APPOINTMENT_CANCELLED: _("Appointment cancelled"),
    Action.APPOINTMENT_MARKED: _("Appointment marked"),
    Action.TASKS_LISTED: _("Tasks listed"),
    Action.TASK_VIEWED: _("Task looked at"),
    Action.TASK_TAKEN: _("Task taken"),
    Action.TASK_HANDED_ON: _("Task handed on"),
    Action.TASK_NOTED: _("Note written on a task"),
    Action.TASK_ACKNOWLEDGED: _("Emergency acknowledged"),
    Action.TASK_DONE: _("Task done"),
    Action.TASK_REOPENED: _("Task opened again"),
    Action.HOLD_RELEASED: _("Messages released after a warning sign"),
    Action.THREAD_VIEWED: _("Conversation looked at"),
    Action.CONVERSATION_TAKEN: _("Automatic answers paused"),
    Action.CONVERSATION_HANDED_BACK: _("Automatic answers switched on again"),
    Action.TEXT_SENT: _("Text written to a patient"),
    Action.VOICE_MESSAGE_PLAYED: _("Voice message listened to"),
    Action.CONSENT_CHANGED: _("Consent changed"),
    Action.WISHES_CHANGED: _("Language or channel changed"),
    Action.CAREGIVER_CHANGED: _("Caregiver entered or changed"),
    Action.CAREGIVER_REMOVED: _("Caregiver removed"),
    Action.IMPORT_VIEWED: _("What a file does looked at"),
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
    Action.PROFILE_LOADED: _("Clinic's file loaded"),
    Action.APPROVED_TEXT_CHANGED: _("Approved text changed"),
    Action.APPROVED_TEXT_REMOVED: _("Approved text taken back"),
    Action.RULES_PREVIEWED: _("Change of reminder rules tried out"),
    Action.RULES_CHANGED: _("Reminder rules changed"),
    Action.PROFILE_RESTORED: _("Earlier version brought back"),
}


def action_words(action: str) -> str:
    """An action in words; one of another release by its own name."""
    return ACTION_WORDS[Action(action)] if action in set(Action) else action

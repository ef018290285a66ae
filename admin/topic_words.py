"""What patients ask about, in a coordinator's words."""

from __future__ import annotations

from typing import Final

from admin.words import gettext as _

TOPIC_WORDS: Final = {
    "appointment.change": _("another time, or not coming"),
    "appointment.confirm": _("will come"),
    "appointment.details": _("their appointment"),
    "bone_health": _("bone health"),
    "clinic.cost": _("cost and insurance"),
    "clinic.location": _("where to come"),
    "clinic.parking": _("parking"),
    "coordinator": _("a person"),
    "diagnosis": _("scans and diagnosis"),
    "fracture.causes": _("causes of a fracture"),
    "fracture.symptoms": _("signs of a fracture"),
    "fracture.untreated": _("a fracture that is not treated"),
    "fracture.what": _("what a fracture is"),
    "prep.allergies": _("allergies"),
    "prep.blood_thinners": _("blood thinners"),
    "prep.bring": _("what to bring"),
    "prep.diabetes": _("diabetes medicines"),
    "prep.drinks": _("drinks while fasting"),
    "prep.driver": _("a ride home"),
    "prep.fasting": _("fasting"),
    "prep.illness": _("being ill before the visit"),
    "prep.medications": _("medicines before the visit"),
    "prep.overview": _("how to prepare"),
    "recovery.aftercare": _("care afterwards"),
    "recovery.relief": _("pain relief afterwards"),
    "recovery.stay": _("going home"),
    "recovery.warning_signs": _("when to call afterwards"),
    "treatment.anesthesia": _("pain and sleep during the procedure"),
    "treatment.benefits": _("benefits of the treatment"),
    "treatment.compare": _("which treatment"),
    "treatment.kyphoplasty": _("kyphoplasty"),
    "treatment.risks": _("risks"),
    "treatment.vertebroplasty": _("vertebroplasty"),
    "treatment.who": _("who does the procedure"),
}
"""For each topic of the content: what it is about, to stand in the middle of a sentence."""


def topic_words(topic: str) -> str:
    """A topic in words; one of another release by its own name."""
    return TOPIC_WORDS.get(topic) or topic.replace("_", " ").replace(".", ": ")

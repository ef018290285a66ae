"""Content and rules: what patients are told, where their keys lead, and when they hear of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from flask import Blueprint, abort, url_for
from markupsafe import Markup

from admin import access
from admin.clinic_choice import shown_clinics
from admin.content_topics import count_filled, count_needed
from admin.flow_diagram import Target, diagram
from admin.flow_map import (
    Stop,
    flow_words,
    flows_of,
    said_of,
    short_kind,
    stop_of,
    stops_of,
    titles_of,
)
from admin.pages import render
from admin.site import site
from db.content_models import ProfileVersion
from db.profile_versions import versions_of
from flows.library import START, default_library
from flows.nodes import NodeRef
from profiles import Profile

pages = Blueprint("content", __name__)


@dataclass(frozen=True, slots=True)
class Clinic:
    """What a clinic has of its own: how many of the topics without an answer have an approved
    text, how many further texts there are, and who changed something last."""

    profile: Profile
    filled: int
    needed: int
    further: int
    newest: ProfileVersion | None


@dataclass(frozen=True, slots=True)
class Flow:
    """One flow in the list."""

    name: str
    title: str
    count: int


@pages.get("/content")
@access.for_staff
def index() -> str:
    """Everything there is to read and, for managers, to edit."""
    library, clinics = default_library(), shown_clinics()
    with site().database.reading() as db:
        newest = {each.id: next(iter(versions_of(db, each.id, 1)), None) for each in clinics}
    start = stop_of(library, START, clinics[0] if clinics else None, _titles())
    names = [ref.partition(".")[0] for ref in library.nodes]
    return render(
        "admin/content.html",
        cards=[_clinic(each, newest[each.id]) for each in clinics],
        flows=[Flow(each, flow_words(each), names.count(each)) for each in flows_of(library)],
        picture=_picture(start),
    )


def _clinic(profile: Profile, newest: ProfileVersion | None) -> Clinic:
    filled, needed = count_filled(profile), count_needed()
    return Clinic(profile, filled, needed, len(profile.approved_texts) - filled, newest)


@pages.get("/content/flows/<flow>")
@access.for_staff
def show(flow: str) -> str:
    """One flow: a picture and the words of each stop."""
    library, clinics = default_library(), shown_clinics()
    if flow not in flows_of(library):
        abort(404)
    profile = clinics[0] if clinics else None
    stops = stops_of(library, flow, profile)
    return render(
        "admin/content_flow.html",
        title=flow_words(flow),
        stops=stops,
        pictures={stop.ref: _picture(stop) for stop in stops},
        titles=_titles(),
        link=link,
        profile=profile,
    )


@pages.get("/content/messages")
@access.for_staff
def messages() -> str:
    """What is said outside the menus: reminders, red flags, hints, the words of calls."""
    clinics = shown_clinics()
    profile = clinics[0] if clinics else None
    texts = {
        name.replace("_", " ").capitalize(): said_of(each, profile)
        for name, each in default_library().messages.items()
    }
    return render("admin/content_messages.html", texts=texts, profile=profile)


def link(ref: NodeRef) -> str:
    """Where a stop of the conversation is read."""
    flow, _point, name = ref.partition(".")
    return url_for("admin.content.show", flow=flow, _anchor=f"stop-{name}")


def _picture(stop: Stop) -> Markup:
    return diagram(stop, _target)


def _target(ref: NodeRef) -> Target:
    library = default_library()
    return Target(_titles()[ref], short_kind(library.nodes[ref]), link(ref))


@cache
def _titles() -> dict[NodeRef, str]:
    return titles_of(default_library())

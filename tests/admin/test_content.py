"""The conversation on the site: every node in words, and every key's way in picture and text."""

from __future__ import annotations

import re
from html import unescape
from xml.etree import ElementTree

import pytest
from sqlalchemy import delete

from admin.flow_map import flows_of
from db.models import Clinic
from flows.clinic_words import filled
from flows.library import default_library
from flows.model import Channel
from flows.nodes import Check, Menu
from tests.admin.test_today import text_of
from tests.support.site import TestSite

LIBRARY = default_library()
_SVG = re.compile(r"<svg class=\"flow\".*?</svg>", re.DOTALL)
_STOP = re.compile(r'id="stop-([\w]+)"')
_LINK = re.compile(r'href="/admin/content/flows/(\w+)#stop-(\w+)"')
LEADING = (Menu, Check)


def page(site: TestSite, path: str) -> str:
    answer = site.visitor().get(path)
    assert answer.status_code == 200
    return answer.text


def squeezed(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("flow", flows_of(LIBRARY))
def test_every_stop_of_a_flow_is_told_in_both_languages(lite_site: TestSite, flow: str) -> None:
    html = page(lite_site, f"/admin/content/flows/{flow}")
    told = squeezed(text_of(html))
    profile = lite_site.profiles["ara-health"]
    here = {ref: node for ref, node in LIBRARY.nodes.items() if ref.startswith(f"{flow}.")}
    assert set(_STOP.findall(html)) == {ref.partition(".")[2] for ref in here}
    for ref, node in here.items():
        assert ref in told
        for fact in getattr(node, "source", ()):
            assert fact in told
        texts = getattr(node, "text", {})
        for language in texts:
            for channel in Channel:
                words = texts[language].voice if channel is Channel.VOICE else texts[language].sms
                if "{" not in words:
                    assert squeezed(words) in told, (ref, language)
                elif not getattr(node, "personal", False) and not ref.startswith("reminder."):
                    whole = filled(texts, channel, language, profile, _Brackets())
                    assert squeezed(whole) in told, (ref, language)


class _Brackets(dict[str, str]):
    """What differs from visit to visit, as the page writes it."""

    def __missing__(self, name: str) -> str:
        return f"[{name.replace('_', ' ')}]"

    def __bool__(self) -> bool:
        return True


@pytest.mark.parametrize("flow", flows_of(LIBRARY))
def test_the_pictures_lead_where_the_keys_do(lite_site: TestSite, flow: str) -> None:
    html = page(lite_site, f"/admin/content/flows/{flow}")
    pictures = [ElementTree.fromstring(each) for each in _SVG.findall(html)]  # noqa: S314 - our own page
    by_title = {each.attrib["aria-labelledby"].removesuffix("-pic"): each for each in pictures}
    for ref, node in LIBRARY.nodes.items():
        if not ref.startswith(f"{flow}.") or not isinstance(node, LEADING):
            continue
        picture = by_title.pop(ref.replace(".", "-"))
        links = [each.attrib["href"] for each in picture.iter("a")]
        wanted = [
            "/admin/content/flows/{}#stop-{}".format(*option.next.split(".", 1))
            for option in node.options
        ]
        assert links == wanted
        keys = [e.text for e in picture.iter("text") if e.attrib["class"] == "flow-number"]
        assert keys == [option.key for option in node.options]


def test_every_link_leads_to_a_stop_that_is_there(lite_site: TestSite) -> None:
    stops, links = set(), set()
    for flow in flows_of(LIBRARY):
        html = page(lite_site, f"/admin/content/flows/{flow}")
        stops |= {(flow, name) for name in _STOP.findall(html)}
        links |= set(_LINK.findall(html))
    assert links <= stops
    assert len(stops) == len(LIBRARY.nodes)


def test_a_switch_shows_the_way_that_is_this_clinic_s(lite_site: TestSite) -> None:
    lite_site.load("iowa-radiology")
    visitor = lite_site.visitor()
    for clinic, other in (("ara-health", "mri or ct"), ("iowa-radiology", "xray")):
        visitor.post("/admin/clinic", {"clinic": clinic})
        told = squeezed(text_of(visitor.get("/admin/content/flows/diagnosis").text))
        assert told.count("not at this clinic") == 1
        assert f"{other} not at this clinic" in told


def test_what_is_said_outside_the_menus(lite_site: TestSite) -> None:
    told = squeezed(text_of(page(lite_site, "/admin/content/messages")))
    assert "This may be an emergency. Call 911 now." in told
    assert "[first name]" in told
    assert all(name.replace("_", " ").capitalize() in told for name in LIBRARY.messages)


def test_the_overview_names_every_flow_and_what_is_missing(lite_site: TestSite) -> None:
    html = page(lite_site, "/admin/content")
    assert all(f"/admin/content/flows/{flow}" in html for flow in flows_of(LIBRARY))
    assert "1 of 8 filled in" in text_of(html)
    assert 'href="/admin/content" aria-current="page"' in unescape(html)


def test_unknown_flows_clinics_and_topics(lite_site: TestSite) -> None:
    visitor = lite_site.visitor()
    for path in (
        *("flows/nothing", "nowhere/texts", "ara-health/texts/nothing", "nowhere/rules"),
        *("nowhere/history", "ara-health/history/7"),
    ):
        assert visitor.get(f"/admin/content/{path}").status_code == 404, path


def test_without_a_clinic_the_words_are_shown_as_they_are_written(lite_site: TestSite) -> None:
    with lite_site.database.transaction() as session:
        session.execute(delete(Clinic))
    assert "No clinic is loaded yet." in page(lite_site, "/admin/content")
    assert "{fasting_hours} hours" in page(lite_site, "/admin/content/flows/prep")
    assert "No clinic is loaded yet." in page(lite_site, "/admin/content/simulator")

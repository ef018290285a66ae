"""Who may see which page. Every route declares it; one that doesn't is an error at start."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from flask import (
    Flask,
    abort,
    after_this_request,
    current_app,
    flash,
    make_response,
    redirect,
    request,
    session,
    url_for,
)
from flask import Response as FlaskResponse
from flask_wtf import CSRFProtect
from werkzeug.wrappers import Response

from admin import sessions
from admin.sessions import Ending
from admin.site import ROOT, is_ours
from admin.words import gettext as _
from db.staff import Role

View = TypeVar("View", bound=Callable[..., Any])
Access = frozenset[Role] | None
"""The roles that may; `None` for everybody, also strangers."""

_declared: Final[dict[Callable[..., Any], Access]] = {}
_largest: Final[dict[Callable[..., Any], int]] = {}
_losing_nothing: Final[set[Callable[..., Any]]] = set()
_csrf: Final = CSRFProtect()
POLL_HEADER: Final = "Prepline-Poll"
"""A request that a page makes by itself carries it, and does not keep a session alive."""
LEFT_HEADER: Final = "Prepline-Session-Left"
"""How many seconds the session still lasts, said to every request of a page's scripts."""
ENDING_HEADER: Final = "Prepline-Session-Ending"
"""A word of `sessions.Ending`: what ends it then."""


class UndeclaredRouteError(Exception):
    """A route of the site that does not say who may see it."""


def for_everybody(view: View) -> View:
    """Strangers too: signing in, and what the sign-in page is made of."""
    return _declare(view, None)


def for_staff(view: View) -> View:
    """Everyone who is signed in."""
    return _declare(view, frozenset(Role))


def for_managers(view: View) -> View:
    """Managers only."""
    return _declare(view, frozenset({Role.MANAGER}))


def takes_up_to(size: int) -> Callable[[View], View]:
    """For a page that takes files: the largest request, in bytes, where the app's limit is too
    small. Strangers stay below that one."""

    def declare(view: View) -> View:
        _largest[view] = size
        return view

    return declare


def loses_nothing(view: View) -> View:
    """For what a page sends beside its forms: whoever is signed out by then has lost nothing that
    they entered, and is not told so."""
    _losing_nothing.add(view)
    return view


def _declare(view: View, access: Access) -> View:
    _declared[view] = access
    return view


def access_of(app: Flask, endpoint: str) -> Access:
    """Who may see a route. Raises `UndeclaredRouteError`."""
    view = app.view_functions[endpoint]
    if view not in _declared:
        raise UndeclaredRouteError(
            f"{endpoint} does not say who may see it: put @for_staff, @for_managers or "
            "@for_everybody between its route and its function"
        )
    return _declared[view]


def put_guard(app: Flask) -> None:
    """Check every request under the site's root, known address or not."""
    for rule in app.url_map.iter_rules():
        if is_ours(rule.rule):
            access_of(app, rule.endpoint)
    app.config.update(
        WTF_CSRF_CHECK_DEFAULT=False,  # checked below, for the site alone
        WTF_CSRF_TIME_LIMIT=None,  # a token is good for as long as its session
        WTF_CSRF_SSL_STRICT=False,  # it would compare with a Host that proxies may change
    )
    _csrf.init_app(app)
    app.before_request(_check)


def _check() -> Response | None:
    if not is_ours(request.path):
        return None
    access = access_of(current_app, request.endpoint) if request.endpoint else frozenset(Role)
    if access is None:
        _csrf.protect()
        return None
    member = sessions.signed_in()
    if member is None:
        return _to_sign_in()
    view = current_app.view_functions.get(request.endpoint or "")
    if view in _largest:
        request.max_content_length = _largest[view]
    _csrf.protect()
    if member.role not in access:
        abort(403)
    if POLL_HEADER not in request.headers:
        sessions.keep_alive()
    if "HX-Request" in request.headers:
        _tell(sessions.time_left())
    return None


def _tell(left: sessions.TimeLeft) -> None:
    @after_this_request
    def tell(response: FlaskResponse) -> FlaskResponse:
        response.headers[LEFT_HEADER] = str(left.seconds)
        response.headers[ENDING_HEADER] = left.ending
        return response


def _to_sign_in() -> Response:
    """Ask a stranger to sign in first, and lead them back afterwards."""
    why = sessions.ending()
    if why is not None:
        session.clear()
    view = current_app.view_functions.get(request.endpoint or "")
    sends = request.method not in ("GET", "HEAD")
    lost = sends and view not in _losing_nothing
    if why is not None or lost:
        flash(_reason(why, lost=lost), "warning")
    if request.headers.get("HX-Request"):
        current = urlsplit(request.headers.get("HX-Current-URL", ""))
        answer = make_response("", 401)
        answer.headers["HX-Redirect"] = _sign_in_address(_readable(current.path, current.query))
        return answer
    wanted = (
        "" if sends else _path(request.script_root + request.path, request.query_string.decode())
    )
    return redirect(_sign_in_address(wanted), 303)


def _reason(why: Ending | None, *, lost: bool) -> str:
    words = {
        Ending.IDLE: _("You were signed out because nothing was done for 30 minutes."),
        Ending.WHOLE: _("You were signed out because 12 hours have passed."),
        Ending.REVOKED: _("You were signed out because your account was changed or signed out."),
        None: _("You are not signed in."),
    }[why]
    kept = _("What you just sent was not stored; please enter it again after signing in.")
    return f"{words} {kept}" if lost else words


def _sign_in_address(wanted: str) -> str:
    start = url_for("admin.today.index")
    return url_for(
        "admin.sign_in.form", next=wanted if is_own(wanted) and wanted != start else None
    )


def _readable(path: str, query: str) -> str:
    """A page's own address; for one that came as the answer to a form, the page above it."""
    addresses = current_app.url_map.bind("")
    page = path
    while "/" in page and not addresses.test(page.removeprefix(request.script_root), "GET"):
        page = page.rpartition("/")[0]
    return _path(page, query if page == path else "")


def _path(path: str, query: str) -> str:
    return f"{path}?{query}" if query else path


def is_own(address: str) -> bool:
    """Whether an address may be gone to after signing in: a path of this site and nothing else."""
    root = f"{request.script_root}{ROOT}/"
    return (
        address.startswith(root)
        and address.isascii()
        and address.isprintable()
        and not any(sign in address for sign in ("\\", "//", " ", ".."))
        and len(address) <= 500
    )

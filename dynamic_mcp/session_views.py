"""The session pages: the list, one session with its servers, their configuration and secrets, and the end."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from catalog.selectors import schema_worded
from dynamic_mcp import selectors, services
from dynamic_mcp.catalog_views import server_page
from dynamic_mcp.forms import SecretsForm, SessionForm
from dynamic_mcp.models import Session, SessionState
from dynamic_mcp.presentation import CONFIG, ServerCard, card_of, changed, seen_of
from dynamic_mcp.schema_forms import SchemaForm
from foundation.access import page, require
from foundation.errors import ConsoleError, Invalid, NotFound
from people.models import User

_HISTORY = 8


@page()
@require_http_methods(["GET", "HEAD", "POST"])
def sessions(request: HttpRequest) -> HttpResponse:
    """The list, live ones first; POST creates one."""
    if request.method == "POST":
        require(request.user, "use")
    form = SessionForm(request.POST or None)
    error: ConsoleError | None = None
    if request.method == "POST" and form.is_valid():
        try:
            made = services.session_create(user=_user(request), name=form.cleaned_data["name"])
            return redirect("dynamic_mcp:session", made.pk)
        except ConsoleError as refusal:
            error = refusal
    found = list(selectors.sessions_of(_user(request)).prefetch_related("servers")[:200])
    live = [each for each in found if each.state != SessionState.ENDED]
    ended = [each for each in found if each.state == SessionState.ENDED]
    context = {"form": form, "error": error, "live": live, "ended": ended, "may_use": _user(request).may_use}
    status = error.status if error else 422 if form.errors else 200
    return render(request, "dynamic_mcp/sessions.html", context, status=status)


@page()
@require_GET
def session(request: HttpRequest, session_id: str) -> HttpResponse:
    """One session: its gateway, its servers, its runs; an ended one is its receipt."""
    return _session_page(request, selectors.session_of(_user(request), session_id))


@page()
@require_GET
def session_servers(request: HttpRequest, session_id: str) -> HttpResponse:
    """What changed since the page last asked (`seen`); 204 when nothing did."""
    found = selectors.session_of(_user(request), session_id)
    cards = [card_of(row) for row in selectors.servers_in(found)]
    status, body, other = changed(cards, request.GET.get("seen", ""))
    if other or found.state != request.GET.get("state", found.state):
        return HttpResponse(headers={"HX-Refresh": "true"})
    if found.state != SessionState.ACTIVE or not (status or body):
        return HttpResponse(status=204)
    context = {**_context(request, found, cards), "status_cards": status, "body_cards": body}
    return render(request, "dynamic_mcp/partials/servers_changed.html", context)


@page("use")
@require_POST
def session_end(request: HttpRequest, session_id: str) -> HttpResponse:
    """End a session and show its receipt."""
    found = selectors.session_own(_user(request), session_id)
    services.session_end_and_wait(session=found, actor=_user(request))
    return redirect("dynamic_mcp:session", found.pk)


@page("use")
@require_POST
def server_add(request: HttpRequest) -> HttpResponse:
    """Add a catalogue server to `session`, or to the newest active one, or to a new one."""
    user, name = _user(request), request.POST.get("server", "")
    chosen = request.POST.get("session", "")
    found: Session | None
    if chosen and chosen != "new":
        found = selectors.session_own(user, chosen)
    else:
        own = selectors.sessions_of(user).filter(owner=user, state=SessionState.ACTIVE)
        found = None if chosen else own.first()
    made = None if found else services.session_create(user=user)
    into = found or made
    assert into is not None  # noqa: S101  (one of the two is)
    try:
        services.server_add(user=user, session_id=into.pk, server=name)
    except NotFound:
        _take_back(made, user)
        raise
    except ConsoleError as refusal:
        _take_back(made, user)
        return server_page(request, name, refusal)
    return redirect(_server_url(into, name))


@page("use")
@require_POST
def server_config(request: HttpRequest, session_id: str, server: str) -> HttpResponse:
    """Store a server's configuration; a row button only changes the form."""
    found = selectors.session_active(_user(request), session_id)
    row = selectors.server_in(found, server)
    card = card_of(row)
    schema = schema_worded(row.entry.get("config_schema"))
    form = SchemaForm.of_post(schema, request.POST.dict(), name=f"{CONFIG}-{row.pk}")
    card.config_form, card.open_part = form.with_rows_changed() or form, "config"
    if card.config_form is not form:
        return _session_page(request, found, card)
    if form.valid():
        try:
            applied = services.config_set(row=row, user=_user(request), config=form.value)
            _say_applied(request, card, str(applied))
            return redirect(_server_url(found, server))
        except Invalid as refusal:
            form.refuse(refusal.errors or [{"path": "", "message": refusal.detail}])
        except ConsoleError as refusal:
            return _session_page(request, found, card, error=refusal)
    return _session_page(request, found, card, status=422)


@page("use")
@require_POST
def server_secrets(request: HttpRequest, session_id: str, server: str) -> HttpResponse:
    """Store or remove a server's secrets; they are never shown again."""
    found = selectors.session_active(_user(request), session_id)
    row = selectors.server_in(found, server)
    form = SecretsForm(row, request.POST)
    card = card_of(row)
    card.secrets_form, card.open_part = form, "secrets"
    if form.is_valid():
        try:
            services.secrets_set(row=row, user=_user(request), values=form.values())
            messages.success(request, _("The secrets of %(server)s are stored.") % {"server": card.title})
            return redirect(_server_url(found, server))
        except Invalid as refusal:
            form.refuse(refusal.errors)
    return _session_page(request, found, card, status=422)


@page("use")
@require_POST
def server_remove(request: HttpRequest, session_id: str, server: str) -> HttpResponse:
    """Remove a server and show what that left behind."""
    found = selectors.session_own(_user(request), session_id)
    receipt = services.server_remove(session=found, user=_user(request), name=server)
    return _session_page(request, found, removed={"server": server, "receipt": receipt})


@page("use")
@require_POST
def server_retry(request: HttpRequest, session_id: str, server: str) -> HttpResponse:
    """Start a server again that failed or waited."""
    services.server_add(user=_user(request), session_id=session_id, server=server)
    return redirect(_server_url(selectors.session_own(_user(request), session_id), server))


def _session_page(
    request: HttpRequest, found: Session, shown: ServerCard | None = None, *, status: int = 200, **extra: Any
) -> HttpResponse:
    """Render the session's page; `shown` is the card with what was typed, in place of its fresh one."""
    cards = [shown if shown and row.pk == shown.row.pk else card_of(row) for row in selectors.servers_in(found)]
    context = {**_context(request, found, cards), **extra}
    error = extra.get("error")
    status = error.status if isinstance(error, ConsoleError) else status
    template = "session.html" if found.state == SessionState.ACTIVE else "session_ended.html"
    return render(request, f"dynamic_mcp/{template}", context, status=status)


def _context(request: HttpRequest, found: Session, cards: list[ServerCard]) -> dict[str, Any]:
    for card in cards:
        card.tool_filter = request.GET.get("q", "")[:100]
    return {
        "tool_filter": request.GET.get("q", "")[:100],
        "session": found,
        "catalog_url": f"{reverse('dynamic_mcp:catalog')}?session={found.pk}",
        "gateway": found.gateway,
        "cards": cards,
        "seen": seen_of(cards),
        "unsettled": any(card.unsettled for card in cards),
        "history": selectors.executions_in(found)[:_HISTORY],
        "may_change": found.owner_id == _user(request).pk and found.state == SessionState.ACTIVE,
    }


def _take_back(made: Session | None, user: User) -> None:
    """End a session that was made for a server which was then refused."""
    if made is not None:
        services.session_end_and_wait(session=made, actor=user)


def _say_applied(request: HttpRequest, card: ServerCard, applied: str) -> None:
    words = {
        "live": _("The configuration of %(server)s is stored and in use."),
        "restarted": _("The configuration of %(server)s is stored; the server starts again with it."),
    }
    text = words.get(applied, _("The configuration of %(server)s is stored."))
    messages.success(request, text % {"server": card.title})


def _server_url(found: Session, server: str) -> str:
    return f"{reverse('dynamic_mcp:session', args=[found.pk])}#server-{server}"


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101  (the decorator let nobody else in)
    return request.user

"""Who may do what: every address of the console, tried by everybody. A new address without its row fails the suite.

The rows are in `access_table.txt`: method, path pattern, then one mark each for stranger, colleague, operator (whose
things they are), officer, auditor and administrator: `+` let in (whatever the answer says then), `L` asked to log in,
`-` forbidden (403), `0` not there (404). Programs (`/api/`) are tried with a token of every scope but `agent`.
"""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from dynamic_mcp.models import Execution, ExecutionState, Session, SessionServer, SessionState
from people import services as people
from people.models import ApiToken, Notice, User
from tests.support.cast import Cast
from tests.support.sessions import entry_make

TABLE = Path(__file__).with_name("access_table.txt")
ACTORS = ("stranger", "colleague", "operator", "officer", "auditor", "administrator")
MARKS = {"L": "asked to log in", "-": "forbidden", "0": "not there", "+": "let in"}
ADMIN = "admin/"  # Django's admin has its own walk in tests/audit/test_admin.py


def rows() -> list[tuple[str, str, str]]:
    """Return (method, pattern, six marks) of each line."""
    lines = [line.split("#")[0].split() for line in TABLE.read_text().splitlines()]
    return [(line[0], line[1], "".join(line[2:])) for line in lines if line]


def patterns(resolver: URLResolver, before: str = "") -> Iterator[tuple[str, URLPattern]]:
    for entry in resolver.url_patterns:
        path = before + str(entry.pattern)
        if isinstance(entry, URLResolver):
            if path != ADMIN:
                yield from patterns(entry, path)
        else:
            yield "/" + path, entry


def known() -> set[tuple[str, str]]:
    """Return (method, pattern) of all that the console answers to: the API's operations, pages by what they allow."""
    return {(method, path) for path, entry in patterns(get_resolver()) for method in _methods(entry) - {"HEAD"}}


def _methods(entry: URLPattern) -> set[str]:
    """Return the methods of an API path's operations, or those that a page's `require_…` lets through."""
    view: object = entry.callback
    while view is not None:
        for cell in getattr(view, "__closure__", None) or ():
            content = cell.cell_contents
            if hasattr(content, "operations"):
                return {method for operation in content.operations for method in operation.methods}
            if isinstance(content, list | tuple) and content and set(content) <= {"GET", "HEAD", "POST"}:
                return set(content)
        view = getattr(view, "__wrapped__", None)
    return {"GET"} if str(entry.pattern) in ("docs", "openapi.json", "") else {"GET", "POST"}


def test_every_address_has_its_row() -> None:
    told = {(method, path) for method, path, _marks in rows()}
    assert told == known(), f"without a row: {sorted(known() - told)}; no longer there: {sorted(told - known())}"


@pytest.fixture
def things(cast: Cast) -> dict[str, str]:
    """The operator's things, by the name of the path parameter that they fill."""
    now = timezone.now()
    receipt = {"processes_stopped": 1, "containers_removed": 0, "files_removed": 1, "left_over": 0}
    entry_make("echo")
    session = Session.objects.create(
        owner=cast.operator, name="ended", state=SessionState.ENDED, last_used_at=now, expires_at=now, receipt=receipt
    )
    live = Session.objects.create(
        owner=cast.operator, name="live", last_used_at=now, expires_at=now + timedelta(hours=1)
    )
    tools = [{"name": "echo", "description": "", "input_schema": {"type": "object"}, "annotations": {}}]
    entry = {"name": "echo", "kind": "package"}
    for each in (session, live):
        SessionServer.objects.create(session=each, server="echo", entry=entry, state="ready", tools=tools)
    execution = Execution.objects.create(
        owner=cast.operator, session=session, server="echo", tool="echo", state=ExecutionState.FINISHED, exit_code=0
    )
    notice = Notice.objects.create(user=cast.operator, code="session.failed", context={"session": "ended"})
    token = ApiToken.objects.create(
        user=cast.operator, name="theirs", token_hash="0" * 64, last4="0000", expires_at=now + timedelta(days=1)
    )
    return {
        "session_id": session.pk,
        "live": live.pk,
        "server": "echo",
        "tool": "echo",
        "name": "echo",
        "execution_id": execution.pk,
        "notice_id": notice.pk,
        "token_id": token.pk,
        "gateway_id": "none",
        "user_id": str(cast.operator.pk),
        "token": people.setup_link_create() or "gone",
    }


def filled(pattern: str, things: dict[str, str]) -> str:
    # A tool's page is there in a live session only; what changes something is tried on an ended one.
    path = pattern.replace("<str:session_id>/tools/", f"{things['live']}/tools/")
    for name, value in things.items():
        for kind in ("", "str:", "int:", "slug:", "path:"):
            path = path.replace(f"<{kind}{name}>", value)
    assert "<" not in path, f"no thing for a parameter of {pattern}"
    return path


def client_of(actor: str, path: str, cast: Cast) -> Client:
    user: User | None = getattr(cast, actor, None)
    if user is not None and path.startswith("/api/"):
        return cast.program(user, "read", "use", "manage", "policy")
    return cast.browser(user)


def body_of(method: str, path: str, things: dict[str, str]) -> tuple[str, str]:
    """Return content type and body: what a call or form needs to get past its own reading of the request."""
    if method in ("GET", "DELETE"):
        return "text/plain", ""
    if path.startswith("/api/"):
        values = {"server": "echo", "tool": "echo", "arguments": {}, "config": {}, "name": "n"}
        values |= {"url": "https://h.example/mcp", "token": "t", "image": "mcp/time"}
        return "application/json", json.dumps({} if path.endswith("/secrets") else values)
    return "application/x-www-form-urlencoded", f"server=echo&session={things['session_id']}&name=n&decision=reject"


def mark_of(response: HttpResponse) -> str:
    if response.status_code == 401 or (response.status_code == 302 and response["Location"].startswith("/login/")):
        return "L"
    return {403: "-", 404: "0"}.get(response.status_code, "+")


@pytest.mark.parametrize(("method", "pattern", "marks"), rows(), ids=lambda part: str(part).replace("/", "_"))
def test_each_of_them_may_do_just_what_the_row_says(
    method: str, pattern: str, marks: str, cast: Cast, things: dict[str, str]
) -> None:
    got = ""
    for actor in ACTORS:
        path = filled(pattern, things)
        client = client_of(actor, path, cast)
        kind, body = body_of(method, path, things)
        response = client.generic(method, path, data=body, content_type=kind)
        assert response.status_code != 500, response.content[:500]
        got += mark_of(response)
    assert dict(zip(ACTORS, got, strict=True)) == dict(zip(ACTORS, marks, strict=True))

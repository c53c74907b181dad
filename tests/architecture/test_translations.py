"""Every text has its Japanese, and every page shows nothing but it: walked as the pages come out, in both languages."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from audit import services as audit
from audit.models import Verb
from catalog import selectors as catalogue
from catalog.models import CatalogServer
from dynamic_mcp.models import Execution, ServerState, Session, SessionServer, SessionState
from dynamic_mcp.states import EXECUTION_OPEN
from gateways.models import Gateway
from people import services as people
from people.models import ApiToken, Notice, User
from tests.architecture.test_access_walk import filled, rows
from tests.support import messages
from tests.support.cast import Cast
from tests.support.sessions import entry_make, source_make
from tests.support.visible import visible

JAPANESE = re.compile(r"[぀-ヿ一-鿿]")
LATIN = re.compile(r"[A-Za-z]{2,}")
NAMES = """MCP Catalog Console API JSON OAuth PyPI npm curl Docker URL UTC KiB ms ID HTTP OK OpenAPI NULL Python GMT
colleague operator officer auditor administrator stranger uvx npx pypi page api agent task command"""
MINE = "xx"  # what a person named is written with it, and is in no language
PAGES_APART = {"/healthz", "/readyz", "/metrics", "/i18n/setlang/", "/people/<int:user_id>/export/"}


def test_every_text_has_its_translation_and_the_compiled_file_is_made_from_it() -> None:
    assert messages.problems() == []


@pytest.fixture(autouse=True)
def _fresh_catalogue() -> Iterator[None]:
    catalogue.forget()  # entries made past the services do not change the catalogue's revision
    yield
    catalogue.forget()


@pytest.fixture
def things(cast: Cast) -> dict[str, str]:
    """One session with a server in every state, runs with every end, and the administrator's other things."""
    owner, now = cast.administrator, timezone.now()
    source_make().__class__.objects.update(
        name="xx-own", last_report={"added": 1, "changed": 0, "removed": 0, "unchanged": 2, "refused": 0}
    )
    for kind in CatalogServer._meta.get_field("kind").flatchoices:
        for approval in CatalogServer._meta.get_field("approval").flatchoices:
            entry_make(f"xx-{kind[0]}-{approval[0]}", kind=kind[0], approval=approval[0])
    entry_make("xx", requires_oauth=True)
    gateway = Gateway.objects.create(owner=owner)
    live = session_make(owner, "xx live", gateway=gateway)
    empty = session_make(owner, "xx empty")
    receipt = {"processes_stopped": 1, "containers_removed": 0, "files_removed": 1, "left_over": 0}
    ended = session_make(owner, "xx ended", state=SessionState.ENDED, receipt=receipt)
    ending = session_make(owner, "xx ending", state=SessionState.ENDING, receipt={**receipt, "left_over": 2})
    tools = [{"name": "xx", "description": "", "input_schema": {"type": "object"}, "annotations": {}}]
    for state in ServerState.values:
        SessionServer.objects.create(session=live, server=f"xx-{state}", entry={"kind": "package"}, state=state)
    SessionServer.objects.create(session=live, server="xx", entry={"kind": "package"}, state="ready", tools=tools)
    for state in EXECUTION_OPEN:
        Execution.objects.create(owner=owner, session=live, server="xx", tool="xx", state=state, started_at=now)
    for code in (0, 1, 2, 124, 125, 126, 127, 130, 137):
        run = Execution.objects.create(
            owner=owner, session=live, server="xx", tool="xx", state="finished", exit_code=code, duration_ms=5
        )
    for verb in Verb:
        audit.record(verb, actor=owner, obj=live)
    notice = Notice.objects.create(user=owner, code="session.failed", context={"session": "xx", "server": "xx"})
    Notice.objects.create(user=owner, code="session.failed", context={}, read_at=now)
    token = ApiToken.objects.create(
        user=owner, name="xx", token_hash="0" * 64, last4="0000", expires_at=now + timedelta(days=1)
    )
    return {
        "session_id": live.pk,
        "live": live.pk,
        "others": f"{empty.pk} {ended.pk} {ending.pk}",
        "server": "xx",
        "tool": "xx",
        "name": "xx",
        "execution_id": run.pk,
        "notice_id": notice.pk,
        "token_id": token.pk,
        "user_id": str(cast.operator.pk),
        "token": people.setup_link_create() or "gone",
        "gateway_id": gateway.pk,
    }


def session_make(owner: User, name: str, **more: object) -> Session:
    now = timezone.now()
    return Session.objects.create(owner=owner, name=name, last_used_at=now, expires_at=now + timedelta(hours=1), **more)


def page_paths(things: dict[str, str]) -> list[str]:
    """Return the address of every page, of those with an object in several states, and of the admin."""
    patterns = [pattern for method, pattern, _marks in rows() if method == "GET" and "/api/" not in pattern]
    paths = [filled(pattern, things) for pattern in patterns if pattern not in PAGES_APART]
    paths += [f"/sessions/{pk}/" for pk in things["others"].split()]
    paths += [f"/executions/{run.pk}/" for run in Execution.objects.all()]
    paths += [f"/catalog/{server.name}/" for server in CatalogServer.objects.all()]
    paths += ["/catalog/?q=nothing-has-this", "/audit/?q=nothing-has-this", "/audit/?since=nonsense", "/nowhere/"]
    return [*paths, reverse("admin:index")]


@pytest.mark.usefixtures("db")
def test_no_page_shows_english_to_a_japanese_browser(cast: Cast, things: dict[str, str]) -> None:
    english = {text for message in messages.found() for text in messages.texts_of(message.id)}
    english -= messages.SAME_IN_BOTH
    left: set[str] = set()
    for actor in (cast.administrator, None):
        browser = cast.browser(actor)
        for path in page_paths(things):
            response = browser.get(path, headers={"Accept-Language": "ja"})
            if not is_page(response.content):
                continue
            lang, texts = visible(response.content.decode(), "ja")
            assert lang == "ja", path
            left |= {f"{path}: {text}" for text in texts if text in english or is_foreign(text)}
    assert not left, "\n".join(sorted(left))


def is_page(content: bytes) -> bool:
    return b"<html" in content


def is_foreign(text: str) -> bool:
    """Whether a text has words and no Japanese, its names apart."""
    if MINE in text or text.startswith(("nothing-has", "suite")):
        return False
    words = [word for word in LATIN.findall(text) if word not in NAMES.split()]
    return bool(words) and not JAPANESE.search(text)


@pytest.mark.usefixtures("db")
def test_no_page_shows_japanese_to_an_english_browser(cast: Cast, things: dict[str, str]) -> None:
    browser = cast.browser(cast.administrator)
    for path in page_paths(things):
        response = browser.get(path, headers={"Accept-Language": "en-GB,en;q=0.8"})
        if is_page(response.content):
            lang, texts = visible(response.content.decode(), "en")
            assert (lang, [text for text in texts if JAPANESE.search(text)]) == ("en", []), path

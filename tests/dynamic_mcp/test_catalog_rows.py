"""What a row of the catalogue offers, and what becomes of an offer that is refused."""

from collections.abc import Iterator

import pytest

from catalog import selectors
from dynamic_mcp import services
from dynamic_mcp.models import Session, SessionState
from tests.support.cast import Cast
from tests.support.sessions import entry_make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh_catalogue() -> Iterator[None]:
    selectors.forget()  # entries made past the services do not change the catalogue's revision
    yield
    selectors.forget()


def shown(cast: Cast, who: str, query: str = "") -> str:
    answer = cast.browser(getattr(cast, who)).get(f"/catalog/{query}", headers={"accept-language": "en"})
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_a_row_offers_to_add_the_server_to_the_session_one_came_from(cast: Cast) -> None:
    entry_make("echo")
    session = services.session_create(user=cast.operator, name="here")
    page = shown(cast, "operator", f"?session={session.pk}")
    assert 'form="add" name="server" value="echo"' in page
    assert f'<option value="{session.pk}" selected>' in page
    assert f"/catalog/echo/?session={session.pk}" in page


def test_an_auditor_is_offered_nothing_that_changes_anything(cast: Cast) -> None:
    entry_make("echo")
    assert 'name="server"' not in shown(cast, "auditor")


def test_a_server_nobody_reviewed_is_for_the_administrator_to_review(cast: Cast) -> None:
    entry_make("fresh", approval="unreviewed")
    assert "Review<span" in shown(cast, "administrator")
    assert "Details<span" in shown(cast, "operator")


def test_an_image_that_cannot_run_here_is_not_offered(cast: Cast) -> None:
    entry_make("boxed", kind="image", image="mcp/boxed")
    page = shown(cast, "operator")
    assert "Cannot run here" in page
    assert 'value="boxed"' not in page


def test_a_server_that_needs_a_sign_in_does_not_lead_to_a_page_that_is_not_there(cast: Cast) -> None:
    entry_make("cloud", kind="remote", remote_url="https://cloud.example/mcp", requires_oauth=True)
    page = shown(cast, "operator")
    assert "Needs sign-in" in page
    assert "/connections/" not in page
    told = cast.browser(cast.operator).get("/catalog/cloud/", headers={"accept-language": "en"}).content.decode()
    assert "not built in this version" in told


def test_a_refused_add_says_why_in_its_place_and_leaves_no_session(cast: Cast) -> None:
    entry_make("boxed", kind="image", image="mcp/boxed")
    answer = cast.browser(cast.operator).post(
        "/sessions/add/", {"server": "boxed", "session": "new"}, headers={"accept-language": "en"}
    )
    assert answer.status_code == 409
    assert b"runtime.unavailable" in answer.content
    assert not Session.objects.filter(owner=cast.operator, state=SessionState.ACTIVE).exists()


def test_a_package_says_when_it_would_run_with_the_consoles_rights(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    entry_make("echo")
    monkeypatch.setattr("gateways.isolation._answer", None)
    monkeypatch.setenv("PATH", "/nowhere")
    page = cast.browser(cast.operator).get("/catalog/echo/", headers={"accept-language": "en"}).content.decode()
    assert "Package servers run with the console&#x27;s rights" in page

"""A secret whose value the vault no longer has: its server asks again, and nobody else notices."""

from typing import Any

from dynamic_mcp.listeners import secrets_of
from dynamic_mcp.models import SessionServer
from gateways import services as gateways
from people.models import Notice
from tests.support.sessions import Api, entry_make
from vault.models import StoredSecret

KEYED: dict[str, Any] = {"secrets": [{"name": "keyed.token", "env": "TOKEN", "required": True}]}
CANARY = "canary-value-1"


def _two_servers(live: Api) -> str:
    entry_make("keyed", **KEYED)
    entry_make("echo")
    session = live.session()
    assert live.add(session, "keyed", secrets={"keyed.token": CANARY})["state"] == "ready"
    assert live.add(session, "echo")["state"] == "ready"
    return session


def _restart(session: str) -> None:
    row = SessionServer.objects.select_related("session__gateway").get(session_id=session, server="keyed")
    gateway = row.session.gateway
    assert gateway is not None
    gateways.gateway_stop(gateway_id=gateway.pk, close=False)


def test_a_lost_secret_does_not_stop_the_runs_of_the_session(live: Api) -> None:
    session = _two_servers(live)
    StoredSecret.objects.all().delete()
    assert live.run(session, "echo", {"text": "on"}, server="echo")["output"] == "on"
    assert live.run(session, "environment", {"name": "TOKEN"}, server="keyed")["output"] == "[secret keyed.token]"


def test_a_server_with_a_lost_secret_asks_for_it_at_its_next_start_and_tells_its_owner(live: Api) -> None:
    session = _two_servers(live)
    StoredSecret.objects.all().delete()
    _restart(session)
    assert live.run(session, "echo", {"text": "on"}, server="echo")["output"] == "on"
    assert live.run(session, "echo", {"text": "on"}, server="keyed")["exit_code"] == 126
    states = {row["server"]: row for row in live.call("GET", f"/sessions/{session}")[1]["servers"]}
    assert (states["echo"]["state"], states["keyed"]["state"]) == ("ready", "needs_input")
    assert states["keyed"]["missing"] == {"config": [], "secrets": ["keyed.token"]}
    notice = Notice.objects.get(user=live.user)
    assert (notice.code, notice.context["server"]) == ("session.server.waits", "keyed")


def test_a_lost_secret_can_be_given_again(live: Api) -> None:
    session = _two_servers(live)
    StoredSecret.objects.all().delete()
    path = f"/sessions/{session}/servers/keyed/secrets"
    assert live.call("PUT", path, {"keyed.token": "another-value-2"}) == (204, None)
    assert live.run(session, "environment", {"name": "TOKEN"}, server="keyed")["output"] == "[secret keyed.token]"


def test_what_is_left_of_several_secrets_is_still_masked(live: Api) -> None:
    two = [{"name": f"keyed.{n}", "env": n.upper(), "required": False} for n in ("one", "two")]
    entry_make("keyed", secrets=two)
    session = live.session()
    live.add(session, "keyed", secrets={"keyed.one": "first-canary", "keyed.two": "second-canary"})
    row = SessionServer.objects.get(session_id=session)
    StoredSecret.objects.filter(key=row.secret_keys["keyed.one"]).delete()
    assert secrets_of([row], owner=live.user) == {"keyed.two": "second-canary"}


def test_a_row_without_its_copy_of_the_entry_fails_alone(live: Api) -> None:
    session = _two_servers(live)
    SessionServer.objects.filter(session_id=session, server="keyed").update(entry={})
    _restart(session)
    assert live.run(session, "echo", {"text": "on"}, server="echo")["output"] == "on"
    assert SessionServer.objects.get(session_id=session, server="keyed").state == "failed"

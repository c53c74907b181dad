"""The contract of what this version does not have: who may ask comes first, then 501 with a code."""

import pytest

from tests.support.cast import Cast

GATEWAY = {"name": "e2b", "url": "https://gateway.example/mcp", "token": "t"}
READS = [
    "/gateways",
    "/gateways/x",
    "/signing/policy",
    "/signing/records",
    "/servers/notion/oauth/status",
    "/oauth/connections",
]
USES = [
    ("post", "/gateways", GATEWAY),
    ("patch", "/gateways/x", {"name": "new"}),
    ("delete", "/gateways/x", None),
    ("post", "/gateways/x/test", None),
    ("post", "/gateways/x/enable", None),
    ("post", "/gateways/x/disable", None),
    ("post", "/signing/verify", {"image": "docker.io/mcp/time@sha256:0"}),
    ("post", "/servers/notion/oauth/authorize", None),
    ("post", "/servers/notion/oauth/authorize", {"return_to": "/"}),
    ("post", "/servers/notion/oauth/revoke", None),
]


@pytest.mark.parametrize("path", READS)
def test_reading_needs_the_scope_and_answers_501(cast: Cast, path: str) -> None:
    assert cast.browser(None).get(f"/api/v1{path}").status_code == 401
    assert cast.program(cast.operator, "use").get(f"/api/v1{path}").status_code == 403
    answer = cast.program(cast.auditor, "read").get(f"/api/v1{path}")
    assert answer.status_code == 501
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "api.not_built"


@pytest.mark.parametrize(("method", "path", "body"), USES)
def test_changing_needs_scope_and_role_and_answers_501(
    cast: Cast, method: str, path: str, body: dict[str, str] | None
) -> None:
    def status(client: object) -> int:
        sent = {"data": "" if body is None else body, "content_type": "application/json"}
        return int(getattr(client, method)(f"/api/v1{path}", **sent).status_code)

    assert status(cast.browser(None)) == 401
    assert status(cast.program(cast.operator, "read")) == 403
    assert status(cast.program(cast.auditor, "read", "use")) == 403
    assert status(cast.program(cast.operator, "agent")) == 403
    assert status(cast.program(cast.operator)) == 501


def test_only_a_security_officer_gets_as_far_as_the_policy(cast: Cast) -> None:
    def put(client: object) -> int:
        body = {"verify_signatures": False}
        return int(client.put("/api/v1/signing/policy", body, content_type="application/json").status_code)  # type: ignore[attr-defined]

    assert put(cast.program(cast.operator, "read", "use", "policy")) == 403
    assert put(cast.program(cast.officer)) == 403
    assert put(cast.program(cast.officer, "policy")) == 501
    assert put(cast.program(cast.administrator, "policy")) == 501


def test_a_body_that_does_not_fit_is_422_before_501(cast: Cast) -> None:
    answer = cast.program(cast.operator).post("/api/v1/gateways", {"name": "x"}, content_type="application/json")
    assert answer.status_code == 422
    assert {error["path"] for error in answer.json()["errors"]} == {"body.url", "body.token"}

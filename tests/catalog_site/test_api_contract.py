"""The JSON API as other programs know it: every call of the contract is in the OpenAPI document, typed."""

import json
from typing import Any

import pytest

from tests.support.cast import Cast

CONTRACT = [
    "",
    "GET /catalog/servers",
    "GET /catalog/servers/{name}",
    "POST /catalog/servers/{name}/approve",
    "POST /catalog/servers/{name}/reject",
    "POST /servers/{name}/oauth/authorize",
    "GET /servers/{name}/oauth/status",
    "POST /servers/{name}/oauth/revoke",
    "GET /oauth/connections",
    "POST /sessions",
    "GET /sessions",
    "GET /sessions/{id}",
    "DELETE /sessions/{id}",
    "POST /sessions/{id}/servers",
    "DELETE /sessions/{id}/servers/{server}",
    "GET /sessions/{id}/servers/{server}/config",
    "PUT /sessions/{id}/servers/{server}/config",
    "PUT /sessions/{id}/servers/{server}/secrets",
    "GET /sessions/{id}/tools",
    "GET /sessions/{id}/resources",
    "GET /sessions/{id}/prompts",
    "POST /sessions/{id}/exec",
    "GET /sessions/{id}/executions",
    "GET /executions/{id}",
    "POST /executions/{id}/cancel",
    "POST /executions/{id}/input",
    "GET /signing/policy",
    "PUT /signing/policy",
    "POST /signing/verify",
    "GET /signing/records",
    "GET /gateways",
    "POST /gateways",
    "GET /gateways/{id}",
    "PATCH /gateways/{id}",
    "DELETE /gateways/{id}",
    "POST /gateways/{id}/test",
    "POST /gateways/{id}/enable",
    "POST /gateways/{id}/disable",
    "GET /notices",
    "POST /notices/{id}/read",
    "",
][1:-1]

# What the contract names and this version does not have yet. A line goes when its part is built.
NOT_BUILT: dict[str, Any] = {
    "POST /servers/time/oauth/authorize": {},
    "GET /servers/time/oauth/status": None,
    "POST /servers/time/oauth/revoke": {},
    "GET /oauth/connections": None,
    "GET /signing/policy": None,
    "PUT /signing/policy": {"verify_signatures": True},
    "POST /signing/verify": {"image": "docker.io/mcp/time"},
    "GET /signing/records": None,
    "GET /gateways": None,
    "POST /gateways": {"name": "e2b", "url": "https://50005-x.e2b.app/mcp", "token": "a-token"},
    "GET /gateways/x": None,
    "PATCH /gateways/x": {"name": "other"},
    "DELETE /gateways/x": None,
    "POST /gateways/x/test": {},
    "POST /gateways/x/enable": {},
    "POST /gateways/x/disable": {},
}


@pytest.fixture
def document(cast: Cast) -> dict[str, Any]:
    answer = cast.program(cast.operator).get("/api/v1/openapi.json")
    assert answer.status_code == 200
    return dict(answer.json())


def operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found = {}
    for path, methods in document["paths"].items():
        plain = path.removeprefix("/api/v1")
        for known in ("session_id", "execution_id", "gateway_id", "notice_id"):
            plain = plain.replace(f"{{{known}}}", "{id}")
        found |= {f"{method.upper()} {plain}": operation for method, operation in methods.items()}
    return found


@pytest.mark.parametrize("call", CONTRACT)
def test_the_document_names_every_call_of_the_contract(call: str, document: dict[str, Any]) -> None:
    assert call in operations(document)


def test_every_answer_and_body_is_typed(document: dict[str, Any]) -> None:
    for call, operation in operations(document).items():
        for status, answer in operation["responses"].items():
            if status not in ("204",):
                assert answer.get("content", {}).get("application/json", {}).get("schema"), f"{call} {status}"


@pytest.mark.parametrize("call", NOT_BUILT)
def test_what_is_not_built_says_so(call: str, cast: Cast) -> None:
    method, path = call.split(" ")
    program = cast.program(cast.officer, "read", "use", "policy", "manage")
    body = NOT_BUILT[call]
    answer = program.generic(
        method, f"/api/v1{path}", data="" if body is None else json.dumps(body), content_type="application/json"
    )
    assert answer.status_code == 501
    assert answer.json()["code"] == "api.not_built"


def test_nothing_else_answers_not_built() -> None:
    """The list above is whole: no other source of the API raises NotBuilt."""
    from pathlib import Path

    root = Path(__file__).resolve().parent.parent.parent
    users = {path.parent.name for path in root.glob("*/*.py") if "NotBuilt" in path.read_text()}
    assert users == {"foundation", "oauth_connect", "signing", "gateways"}


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/nothing/here", "", 404, "access.not_found"),
        ("DELETE", "/catalog/servers", "", 405, "request.method"),
        ("POST", "/sessions", "{broken", 400, "request.malformed"),
        ("POST", "/sessions", json.dumps({"name": "x" * 1_100_000}), 413, "request.too_large"),
        ("POST", "/sessions", json.dumps({"name": 7}), 422, "request.invalid"),
    ],
)
def test_the_frameworks_own_refusals_are_problem_documents(
    method: str, path: str, body: str, status: int, code: str, cast: Cast
) -> None:
    answer = cast.program(cast.operator).generic(method, f"/api/v1{path}", data=body, content_type="application/json")
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    problem = answer.json()
    assert problem["code"] == code
    assert set(problem) >= {"type", "title", "status", "detail", "code", "retry_steps"}
    assert answer["X-Request-ID"]


def test_a_bearer_needs_no_csrf_token_and_a_cookie_does(cast: Cast) -> None:
    from django.test import Client

    browser = Client(enforce_csrf_checks=True)
    browser.force_login(cast.operator)
    refused = browser.post("/api/v1/notices/x/read")
    assert (refused.status_code, refused.json()["code"]) == (403, "access.forbidden")
    assert cast.program(cast.operator).post("/api/v1/notices/x/read").status_code == 404

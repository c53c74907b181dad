"""The catalogue over HTTP: API and pages, as the people of the cast meet them."""

import pytest

from catalog import services
from catalog.models import CatalogServer
from tests.catalog.files import docker, image, remote, sync

MARKUP = "<img src=x onerror=alert(1)>"
FIELDS = {
    "name", "title", "description", "kind", "source", "required_secrets", "requires_oauth", "config_schema", "image",
    "remote_url", "package", "categories", "icon", "connection_status", "approval",
}  # fmt: skip


@pytest.fixture
def starter(db):
    services.source_sync(source="starter")


def test_the_list_has_exactly_the_promised_fields(cast, starter):
    answer = cast.program(cast.operator).get("/api/v1/catalog/servers?q=time").json()
    assert set(answer) == {"results", "count", "next_cursor"}
    first = answer["results"][0]
    assert set(first) == FIELDS
    assert first["package"] == {
        "registry": "pypi",
        "name": "mcp-server-time",
        "version": first["package"]["version"],
        "runner": "uvx",
    }
    assert (first["name"], first["connection_status"], first["approval"]) == ("time", None, "approved")


def test_filters_and_cursor_lead_through_all_without_repeating(cast, starter):
    client, seen, cursor = cast.program(cast.operator), [], ""
    while cursor is not None:
        answer = client.get("/api/v1/catalog/servers", {"limit": 10, "cursor": cursor}).json()
        seen += [row["name"] for row in answer["results"]]
        cursor = answer["next_cursor"]
    assert sorted(seen) == sorted(CatalogServer.objects.values_list("name", flat=True))
    oauth = client.get("/api/v1/catalog/servers?requires_oauth=true&kind=remote").json()["results"]
    assert {row["connection_status"] for row in oauth} == {"not_connected"}


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "cursor=zzz", "requires_oauth=maybe", "q=" + "x" * 201])
def test_it_refuses_values_that_do_not_fit(cast, query):
    answer = cast.program(cast.operator).get(f"/api/v1/catalog/servers?{query}")
    assert (answer.status_code, answer.json()["code"]) == (422, "request.invalid")


def test_one_server_tells_its_tools_and_an_unknown_one_is_404(cast, starter):
    client = cast.program(cast.operator)
    detail = client.get("/api/v1/catalog/servers/time").json()
    assert [tool["name"] for tool in detail["tools"]] == ["get_current_time", "convert_time"]
    assert detail["signature_coverage"] is None
    missing = client.get("/api/v1/catalog/servers/nothing")
    assert (missing.status_code, missing.json()["code"]) == (404, "catalog.server.unknown")


def test_only_an_administrator_with_the_scope_approves(cast, starter):
    path = "/api/v1/catalog/servers/time/reject"
    assert cast.browser(None).post(path).status_code == 401
    for person in (cast.operator, cast.officer, cast.auditor):
        assert cast.program(person, "read", "use", "manage").post(path).status_code == 403
    assert cast.program(cast.administrator, "read", "use").post(path).status_code == 403
    assert cast.program(cast.administrator, "agent").post(path).status_code == 403
    answer = cast.program(cast.administrator, "manage").post(path)
    assert (answer.status_code, answer.json()["approval"]) == (200, "rejected")
    assert (
        cast.program(cast.administrator, "manage").post("/api/v1/catalog/servers/time/approve").json()["approval"]
        == "approved"
    )


def test_another_process_sees_a_change_at_once(cast, starter, tmp_path):
    client = cast.program(cast.operator)
    assert client.get("/api/v1/catalog/servers?q=zebra").json()["count"] == 0
    sync(tmp_path, "docker", docker({"zebra": image()}))
    assert client.get("/api/v1/catalog/servers?q=zebra").json()["count"] == 1


def test_markup_in_names_texts_and_tools_is_escaped_on_pages(cast, tmp_path):
    tools = [{"name": "t", "description": MARKUP}]
    secrets = [{"name": "a", "env": "A", "description": MARKUP}]
    marked = image(title=MARKUP, description=MARKUP, tools=tools, secrets=secrets, icon="https://evil.example/i.png")
    sync(tmp_path, "docker", docker({"marked": {**marked, "metadata": {"category": MARKUP, "tags": [MARKUP]}}}))
    browser = cast.browser(cast.operator)
    for path in ("/catalog/", "/catalog/marked/", "/catalog/?q=" + MARKUP):
        page = browser.get(path)
        assert page.status_code == 200
        assert b"<img src=x" not in page.content
        assert b"evil.example" not in page.content, "icons of third parties are never loaded"


def test_the_page_is_small_and_htmx_gets_the_results_alone(cast, starter):
    browser = cast.browser(cast.operator)
    page = browser.get("/catalog/?q=time")
    assert len(page.content) < 60_000
    assert b"/catalog/time/" in page.content
    part = browser.get("/catalog/?q=time", headers={"hx-request": "true", "hx-target": "results"})
    assert part.content.strip().startswith(b'<div id="results"')
    assert b"<html" not in part.content


def test_reading_pages_costs_few_queries(cast, starter, django_assert_max_num_queries):
    browser = cast.browser(cast.operator)
    browser.get("/catalog/")
    with django_assert_max_num_queries(5):
        browser.get("/catalog/")


def test_a_rejected_server_offers_no_button(cast, starter):
    services.server_reject(name="time", actor=cast.administrator)
    page = cast.browser(cast.operator).get("/catalog/time/", headers={"accept-language": "en"})
    assert b'name="server"' not in page.content


def test_sources_are_for_administrators_and_a_bad_one_is_told_in_place(cast, tmp_path):
    assert cast.browser(None).get("/sources/").status_code == 302
    assert cast.browser(cast.operator).get("/sources/").status_code == 403
    browser = cast.browser(cast.administrator)
    for location in ("", "/no/such/file", "https://169.254.169.254/c.yaml"):
        answer = browser.post("/sources/add/", {"location": location, "name": "bad"})
        assert answer.status_code == 422
    file = tmp_path / "mine.yaml"
    file.write_text(docker({"far": remote()}))
    assert browser.post("/sources/add/", {"location": str(file)}).status_code == 302
    assert browser.post("/sources/mine/sync/").status_code == 302
    assert browser.post("/sources/none/sync/").status_code == 404
    assert b"mine" in browser.get("/sources/").content

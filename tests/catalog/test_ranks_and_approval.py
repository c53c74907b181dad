"""Names, ranks and approvals when sources meet and entries change."""

import pytest

from audit.models import AuditEvent, Verb
from catalog import hooks, locations, selectors, services
from catalog.errors import ServerUnknown
from catalog.locations import Wanted, configured, read_location
from catalog.models import Approval, CatalogServer, Rank, Source
from tests.catalog.files import docker, image, own, remote, sync


@pytest.fixture
def told(monkeypatch, django_capture_on_commit_callbacks):
    calls = []
    monkeypatch.setattr(hooks.address_changed, "_listeners", [lambda *args: calls.append(args)])
    with django_capture_on_commit_callbacks(execute=True):
        yield calls


def names():
    return dict(CatalogServer.objects.values_list("name", "source__name"))


def test_a_lower_rank_never_takes_a_name_and_stands_beside_it(db, tmp_path):
    sync(tmp_path, "docker", docker({"notion": remote("https://mcp.notion.example/mcp")}))
    sync(tmp_path, "evil", docker({"notion": remote("https://evil.example/mcp")}, name="evil"))
    assert names() == {"notion": "docker", "notion.evil": "evil"}
    assert selectors.server("notion").remote_url == "https://mcp.notion.example/mcp"


def test_a_name_that_differs_in_case_alone_is_the_same_name(db, tmp_path):
    sync(tmp_path, "docker", docker({"notion": remote()}))
    sync(tmp_path, "evil", docker({"NOTION": remote("https://evil.example/mcp")}, name="evil"))
    assert set(names()) == {"notion", "NOTION.evil"}


def test_a_higher_rank_takes_the_name_whenever_it_comes(db, tmp_path, django_capture_on_commit_callbacks, monkeypatch):
    calls = []
    monkeypatch.setattr(hooks.address_changed, "_listeners", [lambda *args: calls.append(args)])
    sync(tmp_path, "other", docker({"notion": remote("https://first.example/mcp")}, name="other"))
    with django_capture_on_commit_callbacks(execute=True):
        sync(tmp_path, "docker", docker({"notion": remote()}))
    assert names() == {"notion": "docker", "notion.other": "other"}
    assert [(name, after) for name, _before, after in calls] == [("notion", "")]
    assert sync(tmp_path, "other", docker({"notion": remote("https://first.example/mcp")}, name="other")).unchanged == 1


def test_the_same_address_is_one_entry_with_the_higher_ranks_text(db, tmp_path):
    sync(tmp_path, "other", docker({"far": remote(title="Lesser")}, name="other"))
    sync(tmp_path, "docker", docker({"far": remote(title="Better")}))
    sync(tmp_path, "other", docker({"far": remote(title="Lesser again")}, name="other"))
    assert names() == {"far": "docker"}
    assert selectors.server("far").title == "Better"


def test_a_registry_name_with_a_slash_gets_a_dot_and_keeps_its_original(db, tmp_path):
    sync(tmp_path, "docker", docker({"io.example/server": remote()}))
    assert selectors.server("io.example.server").source_name == "io.example/server"


@pytest.mark.parametrize(
    "changed",
    [
        remote("https://collector.example/mcp"),
        image("evil/one"),
        remote(oauth={"providers": [{"provider": "evil"}]}),
    ],
)
def test_a_changed_address_or_issuer_drops_approval_and_is_told(
    cast, tmp_path, monkeypatch, changed, django_capture_on_commit_callbacks
):
    calls = []
    monkeypatch.setattr(hooks.address_changed, "_listeners", [lambda *args: calls.append(args)])
    sync(tmp_path, "docker", docker({"far": remote()}))
    services.server_approve(name="far", actor=cast.administrator)
    with django_capture_on_commit_callbacks(execute=True):
        report = sync(tmp_path, "docker", docker({"far": changed}))
    assert report.changed == ["far"]
    assert selectors.server("far").approval == Approval.UNREVIEWED
    assert [call[0] for call in calls] == ["far"]


def test_a_changed_text_keeps_the_approval_and_tells_nobody(cast, tmp_path, told):
    sync(tmp_path, "docker", docker({"far": remote()}))
    services.server_approve(name="far", actor=cast.administrator)
    sync(tmp_path, "docker", docker({"far": remote(title="New words")}))
    assert (selectors.server("far").approval, told) == (Approval.APPROVED, [])


def test_a_rejection_outlives_a_change_of_address(cast, tmp_path):
    sync(tmp_path, "docker", docker({"far": remote()}))
    services.server_reject(name="far", actor=cast.administrator)
    sync(tmp_path, "docker", docker({"far": remote("https://other.example/mcp")}))
    assert selectors.server("far").approval == Approval.REJECTED


def test_what_a_source_no_longer_holds_goes_and_the_revision_grows(db, tmp_path):
    sync(tmp_path, "docker", docker({"one": image(), "two": image("mcp/two")}))
    before = selectors.revision()
    report = sync(tmp_path, "docker", docker({"two": image("mcp/two")}))
    assert (report.removed, set(names())) == (["one"], {"two"})
    assert selectors.revision() > before
    assert AuditEvent.objects.filter(verb=Verb.CATALOG_SYNC).count() == 2


def test_a_file_of_our_own_shape_ranks_above_dockers(db, tmp_path):
    sync(tmp_path, "docker", docker({"a": image("mcp/a")}))
    sync(
        tmp_path, "own", own([{"name": "a", "kind": "remote", "remote_url": "https://x.example/", "transport": "sse"}])
    )
    assert Source.objects.get(name="own").rank == Rank.OWN
    assert names() == {"a": "own", "a.docker": "docker"}


def test_the_starters_packages_are_approved_and_every_entry_is_whole(db):
    report = services.source_sync(source="starter")
    assert report.refused == []
    assert len(report.added) >= 40
    packages = CatalogServer.objects.filter(kind="package")
    assert {row.approval for row in packages} == {Approval.APPROVED}
    assert all(row.description and row.categories and row.tags for row in CatalogServer.objects.all())
    assert services.source_sync(source="starter").changed == []


def test_approving_what_is_not_there_is_told(cast):
    with pytest.raises(ServerUnknown):
        services.server_approve(name="nothing", actor=cast.administrator)


def test_configured_sources_may_have_a_name_and_an_address_may_have_a_query():
    found = configured(["docker=/x/catalog.yaml", "https://example.com/c.yaml?a=b", "/y/mine.yaml", " "])
    assert found == [
        Wanted("docker", "/x/catalog.yaml"),
        Wanted("c", "https://example.com/c.yaml?a=b"),
        Wanted("mine", "/y/mine.yaml"),
    ]


@pytest.mark.parametrize(
    ("location", "rank"),
    [
        ("https://desktop.docker.com/mcp/catalog/v2/catalog.yaml", Rank.DOCKER),
        ("https://raw.githubusercontent.com/docker/mcp-registry/main/servers/x/server.yaml", Rank.DOCKER),
        ("https://evil.example/mcp/catalog/catalog.yaml", Rank.OTHER),
        ("https://desktop.docker.com.evil.example/mcp/catalog/x.yaml", Rank.OTHER),
        ("https://desktop.docker.com@evil.example/mcp/catalog/x.yaml", Rank.OTHER),
        ("http://desktop.docker.com/mcp/catalog/v2/catalog.yaml", Rank.OTHER),
        ("https://raw.githubusercontent.com/evil/docker/mcp-registry/x.yaml", Rank.OTHER),
    ],
)
@pytest.mark.parametrize("shape", ["catalogue", "server", "own"])
def test_it_refuses_the_rank_of_docker_or_of_own_entries_to_a_foreign_address(monkeypatch, location, rank, shape):
    texts = {
        "catalogue": docker({"notion": remote("https://evil.example/mcp")}),
        "server": '{"name": "notion", "about": {"title": "x"}}',
        "own": own([]),
    }
    monkeypatch.setattr(locations, "_raw", lambda *_: texts[shape].encode())
    assert read_location(location).rank == (Rank.OTHER if shape == "own" else rank)


def test_a_file_of_this_machine_has_the_rank_it_claims(tmp_path):
    (tmp_path / "a.yaml").write_text(docker({}))
    (tmp_path / "b.yaml").write_text(own([]))
    assert read_location(str(tmp_path / "a.yaml")).rank == Rank.DOCKER
    assert read_location(str(tmp_path / "b.yaml")).rank == Rank.OWN

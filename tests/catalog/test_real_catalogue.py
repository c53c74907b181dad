"""The 328 real entries, in both shapes."""

from django.core.management import call_command

from catalog.locations import STARTER_FILE, read_location
from catalog.models import CatalogServer, Kind
from catalog.services import source_sync
from tests.catalog.files import DATA, needs_data

pytestmark = needs_data
# Secrets that the repository marks `required: false`; the published catalogue has no such member.
OPTIONAL_ONLY_IN_THE_FOLDER = {"context7", "smartbear", "victorialogs", "victoriametrics", "victoriatraces"}


def _without_required(columns):
    secrets = [{key: value for key, value in item.items() if key != "required"} for item in columns["secrets"]]
    return {**columns, "secrets": secrets}


def test_both_shapes_give_the_same_entries_field_by_field():
    catalogue = {entry.name: entry for entry in read_location(str(DATA / "docker-catalog.yaml")).parsed.entries}
    folder = {entry.name: entry for entry in read_location(str(DATA / "docker-mcp-registry")).parsed.entries}
    assert len(catalogue) == len(folder) == 328
    for name, entry in catalogue.items():
        assert _without_required(entry.columns()) == _without_required(folder[name].columns())
    differing = {name for name, entry in catalogue.items() if entry.fingerprint != folder[name].fingerprint}
    assert differing == OPTIONAL_ONLY_IN_THE_FOLDER


def test_nothing_of_the_real_catalogue_is_refused_and_the_counts_are_right(db):
    report = source_sync(source=str(DATA / "docker-catalog.yaml"))
    assert (len(report.added), report.refused) == (328, [])
    rows = list(CatalogServer.objects.all())
    kinds = [row.kind for row in rows]
    assert (kinds.count(Kind.IMAGE), kinds.count(Kind.REMOTE), kinds.count(Kind.POCI)) == (249, 76, 3)
    assert sum(bool(row.oauth) for row in rows) == sum(row.requires_oauth for row in rows) == 41
    assert sum(bool(row.secrets) for row in rows) == 168
    assert sum(bool(row.config_schema) for row in rows) == 144
    assert all(row.config_schema == {} or "properties" in row.config_schema for row in rows)


def test_a_second_run_and_the_other_shape_change_nothing(db):
    source_sync(source=str(DATA / "docker-catalog.yaml"))
    again = source_sync(source=str(DATA / "docker-catalog.yaml"))
    other = source_sync(source=str(DATA / "docker-mcp-registry"))
    assert (again.unchanged, other.unchanged, CatalogServer.objects.count()) == (328, 328, 328)
    for report in (again, other):
        assert [report.added, report.changed, report.removed] == [[], [], []]


def test_the_starter_stays_beside_dockers_catalogue_in_either_order(db):
    source_sync(source="starter")
    source_sync(source=str(DATA / "docker-catalog.yaml"))
    first = set(CatalogServer.objects.values_list("name", "source__name"))
    CatalogServer.objects.all().delete()
    source_sync(source=str(DATA / "docker-catalog.yaml"))
    source_sync(source="starter")
    assert set(CatalogServer.objects.values_list("name", "source__name")) == first
    assert CatalogServer.objects.get(name="time").kind == Kind.IMAGE
    assert CatalogServer.objects.get(name="time-package").package["name"] == "mcp-server-time"
    assert CatalogServer.objects.get(name="sqlite-package").source.name == "starter"  # Docker's is `SQLite`
    assert CatalogServer.objects.get(name="notion-remote").source.name == "docker-catalog"
    assert read_location(str(STARTER_FILE)).parsed.refused == []


def test_a_dry_run_says_what_would_change_and_changes_nothing(db, capsys):
    call_command("catalog_sync", f"docker={DATA / 'docker-catalog.yaml'}", "--dry-run")
    assert "328 added" in capsys.readouterr().out
    assert CatalogServer.objects.count() == 0

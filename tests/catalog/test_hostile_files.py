"""Catalogue files written by an attacker: what is bad is named and left out, the rest is read."""

import pytest

from audit.models import AuditEvent, Verb
from catalog import services
from catalog.errors import SourceUnreadable
from catalog.locations import read_location
from catalog.models import CatalogServer
from foundation.errors import ConsoleError
from foundation.http_errors import OutboundRefused
from tests.catalog.files import docker, image, own, remote, sync

BAD_IMAGES = [
    "--privileged",
    "mcp/one;id",
    "mcp/$(id)",
    "mcp/one\nx",
    "mcp/one\x00",
    "-v",
    "mcp/one --net=host",
    "../x",
    "",
]
BAD_URLS = [
    "javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "https://u:p@example.com/", "https://a b/", "ftp://x/",
    "https://example.com/\r\nX: y", "//example.com", "https://",
]  # fmt: skip


def entries_of(tmp_path, entries):
    file = tmp_path / "hostile.yaml"
    file.write_text(docker({**entries, "good": image()}))
    parsed = read_location(str(file)).parsed
    assert [entry.name for entry in parsed.entries][-1:] == ["good"], "the good entry must not be lost"
    return parsed


@pytest.mark.parametrize("reference", BAD_IMAGES)
def test_it_refuses_an_image_that_would_be_a_flag_or_a_command(tmp_path, reference):
    (refusal,) = entries_of(tmp_path, {"bad": image(reference)}).refused
    assert (refusal.name, refusal.reason_code) in {("bad", "image.invalid"), ("bad", "kind.mismatch")}


@pytest.mark.parametrize("url", BAD_URLS)
def test_it_refuses_a_remote_address_that_is_not_plain_http(tmp_path, url):
    (refusal,) = entries_of(tmp_path, {"bad": remote(url)}).refused
    assert refusal.reason_code == "url.invalid"


@pytest.mark.parametrize("name", ["--privileged", ";id", "$(id)", "a\nb", "a\x00b", "-v", "a/b/c", "é", "x" * 121])
def test_it_refuses_a_name_that_is_not_one(tmp_path, name):
    (refusal,) = entries_of(tmp_path, {name: image()}).refused
    assert refusal.reason_code in {"name.invalid", "name.too_long"}
    assert refusal.name.isprintable()


@pytest.mark.parametrize(
    "package",
    [
        {"registry": "pypi", "name": "--index-url=http://evil", "version": "1"},
        {"registry": "npm", "name": "../../x", "version": "1"},
        {"registry": "npm", "name": "ok;id", "version": "1"},
        {"registry": "pypi", "name": "ok", "version": "latest"},
        {"registry": "pypi", "name": "ok", "version": "1 --with evil"},
        {"registry": "cargo", "name": "ok", "version": "1"},
    ],
)
def test_it_refuses_a_package_that_is_a_flag_or_is_not_pinned(tmp_path, package):
    file = tmp_path / "own.yaml"
    file.write_text(own([{"name": "bad", "kind": "package", "package": package}]))
    (refusal,) = read_location(str(file)).parsed.refused
    assert refusal.reason_code.startswith("package.")


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"command": ["a\nb"]}, "command.invalid"),
        ({"command": "not a list"}, "entry.type"),
        ({"env": [{"name": "LD_PRELOAD", "value": "x"}]}, "env.forbidden"),
        ({"secrets": [{"name": "a", "env": "DOCKER_HOST"}]}, "env.forbidden"),
        ({"env": [{"name": "A=B", "value": "x"}]}, "env.invalid"),
        ({"volumes": ["--privileged"]}, "volume.invalid"),
        ({"volumes": ["/etc:/etc:rw,z"]}, "volume.invalid"),
        ({"volumes": ["/etc:/x:shared"]}, "volume.options"),
        ({"user": "0 --privileged"}, "user.invalid"),
        ({"config": [{"name": "a", "type": "object", "properties": {"a": {"$ref": "http://x/"}}}]}, "config.schema"),
        ({"config": [{"type": "object", "properties": {"a": {"pattern": "(a+)+$"}}}]}, "config.schema"),
        ({"config": "text"}, "config.schema"),
        ({"title": ["a"]}, "text.type"),
        ({"longLived": "yes please"}, "entry.type"),
        ({"remote": {"url": "https://x.example", "transport_type": "sse"}}, "kind.mismatch"),
    ],
)
def test_it_refuses_a_hostile_member(tmp_path, more, code):
    (refusal,) = entries_of(tmp_path, {"bad": image(**more)}).refused
    assert refusal.reason_code == code


@pytest.mark.parametrize("headers", [{"X\r\nY": "z"}, {"X": "a\r\nB: c"}, {"Host": "evil"}, {"Mcp-Session-Id": "1"}])
def test_it_refuses_headers_that_break_out_of_their_line(tmp_path, headers):
    entry = remote()
    entry["remote"]["headers"] = headers
    (refusal,) = entries_of(tmp_path, {"bad": entry}).refused
    assert refusal.reason_code.startswith("header.")


def test_markup_stays_text_and_control_characters_go(tmp_path):
    title = "<img src=x onerror=alert(1)>\x1b[31m red\x00\u202e"
    parsed = entries_of(tmp_path, {"marked": image(title=title, icon="javascript:alert(1)")})
    assert parsed.entries[0].title == "<img src=x onerror=alert(1)> red"
    assert parsed.entries[0].icon == ""


def test_it_refuses_aliases_without_expanding_them(tmp_path):
    file = tmp_path / "bomb.yaml"
    levels = "\n".join(f"    l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 30))
    file.write_text(
        f"registry:\n  bomb:\n    l0: &l0 [x]\n{levels}\n  good: {{type: server, image: mcp/a, title: A}}\n"
    )
    parsed = read_location(str(file)).parsed
    assert [(item.name, item.reason_code) for item in parsed.refused] == [("bomb", "yaml.alias")]
    assert [entry.name for entry in parsed.entries] == ["good"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[" * 100_000, "yaml.depth"),
        ("a: b: c", "yaml.invalid"),
        ("x" * (20 * 1024 * 1024 + 1), "file.too_large"),
        ("hello: world", "source.shape"),
    ],
)
def test_it_refuses_a_file_that_is_of_no_use_as_a_whole(tmp_path, text, code):
    file = tmp_path / "whole.yaml"
    file.write_text(text)
    with pytest.raises(SourceUnreadable) as caught:
        read_location(str(file))
    assert caught.value.extra["reason_code"] == code


def test_it_refuses_huge_deep_doubled_and_tagged_entries_by_name(tmp_path):
    file = tmp_path / "odd.yaml"
    good = "{type: server, image: mcp/a, title: A}"
    deep = "[" * 60 + "]" * 60
    file.write_text(
        f"registry:\n  huge: {{title: {'x' * 300_000}}}\n  deep: {{title: {deep}}}\n  twice: {good}\n  twice: {good}\n"
        f"  key: {{title: a, title: b}}\n  tag: !!python/object/apply:os.system [id]\n  last: {good}\n"
    )
    parsed = read_location(str(file)).parsed
    assert {item.name: item.reason_code for item in parsed.refused} == {
        "huge": "entry.too_large", "deep": "yaml.depth", "twice": "name.twice", "key": "yaml.duplicate_key",
        "tag": "yaml.invalid",
    }  # fmt: skip
    assert [entry.name for entry in parsed.entries] == ["twice", "last"]


def test_it_does_not_follow_a_link_out_of_the_folder(tmp_path):
    (tmp_path / "secret.txt").write_text("name: leaked\nabout: {title: leaked}\n")
    folder = tmp_path / "registry"
    folder.mkdir()
    (folder / "evil.yaml").symlink_to(tmp_path / "secret.txt")
    (folder / "good.yaml").write_text("name: good\ntype: server\nimage: mcp/a\nabout: {title: A}\n")
    parsed = read_location(str(folder)).parsed
    assert ([entry.name for entry in parsed.entries], parsed.refused) == (["good"], [])


@pytest.mark.parametrize(
    "address",
    [
        "http://169.254.169.254/latest/meta-data", "https://127.0.0.1/c.yaml", "https://10.0.0.1/c.yaml", "https://[::1]/c",
        "https://2130706433/c", "https://0x7f.1/c", "https://[::ffff:10.0.0.1]/c", "https://[64:ff9b::a00:1]/c",
        "https://100.64.0.1/c", "HTTPS://localhost./c", "https://user@10.0.0.1/c",
    ],
)  # fmt: skip
def test_it_refuses_a_source_address_inside_the_network(cast, address):
    with pytest.raises(OutboundRefused):
        services.source_add(location=address, name="inside", actor=cast.administrator)
    with pytest.raises(ConsoleError):
        services.source_sync(source=address)
    assert CatalogServer.objects.count() == 0
    assert AuditEvent.objects.filter(verb=Verb.CATALOG_SYNC, outcome="failed").exists()


def test_what_was_there_stays_when_a_file_becomes_unreadable_or_an_entry_bad(db, tmp_path):
    sync(tmp_path, "docker", docker({"one": image(), "two": image("mcp/two")}))
    with pytest.raises(SourceUnreadable):
        sync(tmp_path, "docker", "[[[")
    report = sync(tmp_path, "docker", docker({"one": image("--privileged"), "two": image("mcp/two")}))
    assert [item.name for item in report.refused] == ["one"]
    assert set(CatalogServer.objects.values_list("name", "image")) == {("one", "mcp/one"), ("two", "mcp/two")}

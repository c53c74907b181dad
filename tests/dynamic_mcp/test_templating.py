"""Templates of catalogue entries, filled with configuration."""

from pathlib import Path

import pytest
import yaml

from dynamic_mcp.templating import Values, fill, fill_all, fill_secrets, missing_paths

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "docker-catalog.yaml"


def values(**config: object) -> Values:
    return Values(config, prefixes=("files", "org.files"))


def test_it_fills_nested_keys_numbers_and_truth() -> None:
    assert fill("--a={{files.a.b}} {{files.n}} {{ files.yes }}", values(a={"b": "x"}, n=3, yes=True)) == "--a=x 3 true"


def test_a_name_with_a_dot_is_still_only_the_servers_name() -> None:
    assert fill("{{org.files.path}}", values(path="/data")) == "/data"


def test_a_list_becomes_separate_arguments_only_with_into() -> None:
    assert fill_all("{{files.paths|into}}", values(paths=["/a", "/b"])) == ["/a", "/b"]
    assert fill_all("{{files.paths}}", values(paths=["/a", "/b"])) == ["/a,/b"]
    assert fill_all("{{files.paths|into}}", values(paths=[])) == []


def test_a_path_becomes_a_volume_or_its_target() -> None:
    assert fill_all("{{files.paths|volume|into}}", values(paths=["/a", "/b:/c"])) == ["/a:/a", "/b:/c"]
    assert fill_all("{{files.paths|volume-target|into}}", values(paths=["/a", "/b:/c"])) == ["/a", "/c"]


def test_a_key_without_a_value_is_reported_and_never_left_in() -> None:
    assert fill("--zone={{files.zone}}", values()) is None
    assert missing_paths(["{{files.zone}}", "{{files.zone}} {{files.a.b}}"], values(a={})) == ["zone", "a.b"]
    assert fill_all("{{files.paths|or:[]|volume|into}}", values()) == []


def test_a_value_is_never_read_as_a_template_again() -> None:
    assert fill("{{files.a}}", values(a="{{files.b}}", b="secret")) == "{{files.b}}"


def test_secrets_fill_headers_by_their_variable() -> None:
    assert fill_secrets("Bearer ${TOKEN}", {"TOKEN": "t"}) == "Bearer t"
    assert fill_secrets("Bearer $OTHER", {"TOKEN": "t"}) is None


@pytest.mark.catalogue_data
@pytest.mark.skipif(not DATA.exists(), reason="the real catalogue data is not beside the repository")
def test_every_template_of_the_real_catalogue_is_understood() -> None:
    for name, entry in yaml.safe_load(DATA.read_text())["registry"].items():
        templates = [*(entry.get("command") or []), *(entry.get("volumes") or [])]
        templates += [str(item.get("value", "")) for item in entry.get("env") or []]
        for template in templates:
            for path in missing_paths([template], Values({}, prefixes=(name,))):
                assert "|" not in path
                assert "{" not in path

"""The rules of the house that an import linter cannot hold: doors, vocabulary, sizes, names, annotations."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
APPS = (
    "catalog_site", "dynamic_mcp", "gateways", "oauth_connect", "signing", "catalog", "vault", "audit", "people",
    "foundation",
)  # fmt: skip
MODULES = sorted(
    path for app in APPS for path in (ROOT / app).rglob("*.py") if not {"migrations", "__pycache__"} & set(path.parts)
)
OFFERED = {"services", "selectors", "models", "errors", "hooks"}  # what an app may import from another one
EMBEDDED = "gateways/embedded/"  # a program of its own, with doors of its own
LINES_MAX, FUNCTION_LINES_MAX = 350, 60


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def imports(path: Path) -> Iterator[str]:
    """Yield the dotted names that a module imports at run time; what only its annotations need is no door."""
    skipped = {
        id(inner)
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree_of(path)):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def importing(*packages: str) -> set[str]:
    """Return the modules that import one of the packages."""
    found = re.compile(rf"(?:{'|'.join(map(re.escape, packages))})(?:\.|\Z)")
    return {name_of(path) for path in MODULES if any(found.match(name) for name in imports(path))}


def test_only_the_outbound_door_opens_http() -> None:
    clients = ("requests", "urllib3", "urllib.request", "http.client", "httpx", "aiohttp", "websockets", "ftplib")
    doors = {"foundation/http.py", "foundation/http_transport.py", "foundation/http_local.py"}
    assert {name for name in importing(*clients) if not name.startswith(EMBEDDED)} <= doors


def test_only_the_process_door_starts_processes() -> None:
    starts = re.compile(
        r"\b(?:subprocess\.(?:Popen|run|call|check_\w+|getoutput|getstatusoutput)|Popen|os\.(?:system|popen|spawn\w*"
        r"|exec[lv]\w*|fork|forkpty|posix_spawn\w*)|pty\.\w+|multiprocessing\.\w+)\("
    )
    calling = {
        name_of(path)
        for path in MODULES
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call) and starts.match(ast.unparse(node.func) + "(")
    }
    assert {name for name in calling if not name.startswith(EMBEDDED)} == {"foundation/processes.py"}


def test_nothing_runs_text_as_code_or_unpickles() -> None:
    assert importing("pickle", "marshal", "shelve", "dill") == set()
    for path in MODULES:
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                assert called not in ("eval", "exec", "__import__", "yaml.load"), name_of(path)
                drawn = name_of(path).startswith("dynamic_mcp/rendering/")  # escapes, or passes an allow list
                assert called != "mark_safe" or drawn, name_of(path)
                shell = [word for word in node.keywords if word.arg == "shell"]
                assert not shell, f"{name_of(path)} names a shell"


def test_only_vault_and_signing_use_cryptography() -> None:
    assert {name.split("/")[0] for name in importing("cryptography", "nacl", "sigstore")} <= {"vault", "signing"}


def test_apps_offer_each_other_their_services_selectors_models_errors_and_hooks_only() -> None:
    """`foundation` is for everybody; `catalog_site` composes, so it may take routers and schedules too."""
    wrong = []
    for path in MODULES:
        own = path.relative_to(ROOT).parts[0]
        for imported in imports(path):
            app, _dot, rest = imported.partition(".")
            part = rest.split(".")[0]
            if app not in APPS or app in (own, "foundation"):
                continue
            composed = own == "catalog_site" and part in ("api", "tasks")
            if part not in OFFERED and not composed and (app, part) != ("gateways", "specs"):
                wrong.append(f"{name_of(path)} imports {imported}")
    assert wrong == []


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_and_its_functions_have_a_size_one_can_read(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= LINES_MAX
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < FUNCTION_LINES_MAX, f"{name_of(path)}: {node.name}"


def test_most_modules_are_short() -> None:
    sizes = sorted(len(path.read_text().splitlines()) for path in MODULES)
    assert sizes[len(sizes) // 2] <= 80
    assert sizes[len(sizes) * 9 // 10] <= 200


def test_nothing_is_called_manager_helper_or_utils() -> None:
    """Django's own word for `objects` aside, such a name says that nobody knew what the thing is."""
    given = {"proxy_manager_for"}  # the name is that of `requests`
    vague = re.compile(r"(?i)(?:\A|_)(?:managers?|helpers?|utils?)(?:_|\Z)|(?:Manager|Helper|Utils?)\Z")
    for path in MODULES:
        assert not vague.search(path.stem), name_of(path)
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                assert node.name in given or not vague.search(node.name), f"{name_of(path)}: {node.name}"


def test_every_function_says_what_it_returns() -> None:
    bare = [
        f"{name_of(path)}: {node.name}"
        for path in MODULES
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns is None
    ]
    assert bare == []


def test_no_error_is_swallowed_without_a_word() -> None:
    """`except …: pass` has a comment that says why; a bare `except` is not there at all."""
    for path in MODULES:
        lines = path.read_text().splitlines()
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.ExceptHandler):
                assert node.type is not None, f"{name_of(path)}:{node.lineno}"
                silent = len(node.body) == 1 and isinstance(node.body[0], ast.Pass | ast.Continue)
                said = any("#" in line for line in lines[node.lineno - 1 : (node.end_lineno or node.lineno)])
                assert said or not silent, f"{name_of(path)}:{node.lineno}"


def test_every_module_is_used() -> None:
    """A module that nobody imports and no framework looks for is dead."""
    found_by_name = re.compile(
        r"(?:.*/)?(?:__init__|__main__|apps|admin|models|tasks|urls|checks|api|hooks|wsgi|test|admin_config"
        r"|management/commands/\w+|templatetags/\w+)\.py"
    )
    text = "\n".join(path.read_text() for path in [*MODULES, ROOT / "manage.py"])
    used = {name for path in [*MODULES, ROOT / "manage.py"] for name in imports(path)}
    parents = used | {name.rpartition(".")[0] for name in used}
    dead = []
    for path in MODULES:
        dotted = name_of(path).removesuffix(".py").replace("/", ".")
        named = dotted in parents or f'"{dotted}' in text
        if not found_by_name.fullmatch(name_of(path)) and not named:
            dead.append(dotted)
    assert dead == []

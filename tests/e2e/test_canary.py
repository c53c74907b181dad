"""A secret of its own sent down every path of a real console is found nowhere: no log, page, answer, file or process.

Attack case 15. One console, one sending (`sent`), then each place is looked at from outside in. Longer than others on
purpose: what is sent and where it is looked for are two halves of one list, and are read side by side.
"""

import contextlib
import json
import os
import re
import stat
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest
import redis
import requests

from tests.support.canaries import Canaries
from tests.support.console import ROOT, RunningConsole, free_port
from tests.support.person import Person
from tests.support.program import Program
from tests.support.telling_remote import TellingRemote
from tests.support.waiting import until
from tests.support.wheels import ECHO, wheel_of

# What its owner typed or asked for, and did not name as a secret, its owner may see again; nobody else.
OWNERS = {"argument", "argument queued", "configuration", "argument refused", "argument to a remote"}
ENTRY = {"kind": "package", "package": {"registry": "pypi", "name": "canary-echo", "version": "1.0.0"}}
CHILD = {
    **ENTRY,
    "secrets": [{"name": "child.key", "env": "CANARY"}, {"name": "child.second", "env": "SECOND", "required": False}],
    "env": [{"name": "CONFIGURED", "value": "{{child.api_token}}"}],
    "config_schema": {"type": "object", "properties": {"api_token": {"type": "string"}, "level": {"type": "integer"}}},
}
DYING = {**ENTRY, "command": ["dies"], "secrets": [{"name": "dying.key", "env": "CANARY"}]}


def far(name: str, url: str) -> dict[str, Any]:
    headers = {"Authorization": "Bearer ${FAR_TOKEN}", "X-Plain": "${FAR_TOKEN}"}
    secrets = [{"name": f"{name}.token", "env": "FAR_TOKEN"}]
    return {
        "kind": "remote",
        "remote_url": url,
        "transport": "streamable-http",
        "headers": headers,
        "secrets": secrets,
    }


@dataclass
class Sent:
    """What was sent, by whom, and what was seen meanwhile."""

    console: RunningConsole
    canaries: Canaries
    program: Program
    people: dict[str, Person]
    session: str
    answers: list[tuple[str, bytes]] = field(default_factory=list)
    broker: list[str] = field(default_factory=list)
    command_lines: set[str] = field(default_factory=set)
    watching: threading.Event = field(default_factory=threading.Event)

    def call(self, method: str, path: str, body: Any = None) -> Any:
        status, answer = self.program.call(method, path, body)
        self.answers.append((f"{method} {path} {status}", json.dumps(answer).encode()))
        return answer

    def raw(self, method: str, path: str, **options: Any) -> None:
        answer = requests.request(method, self.console.url + path, timeout=60, **options)
        told = answer.content + repr(answer.headers).encode()
        told = told.replace(path.encode(), b"")  # a page's links name the address it was asked for, to whoever asked
        told = told.replace(path.replace("&", "&amp;").encode(), b"")
        self.answers.append((f"{method} {path.split('canary')[0]} {answer.status_code}", told))


def valkey_of(console: RunningConsole) -> "redis.Redis[bytes]":
    return redis.Redis.from_url((console.data / "run" / "redis_url").read_text().strip())


def watch_broker(sent: Sent) -> None:
    """Keep every command that reaches Valkey, so that a message is seen while it waits and after it is taken."""
    with contextlib.suppress(redis.exceptions.ConnectionError, OSError), valkey_of(sent.console).monitor() as monitor:
        while True:
            sent.broker.append(monitor.next_command()["command"])


def watch_processes(sent: Sent) -> None:
    """Keep every command line that is seen, of all processes, as any user of the machine sees them."""
    while not sent.watching.wait(0.05):
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                sent.command_lines.add(" ".join(process.cmdline()))


def become_people(console: RunningConsole, canaries: Canaries) -> dict[str, Person]:
    """Set the console up and log everybody in, with wrong tries on the way; return a browser for each."""
    link = console.setup_link.removeprefix(console.url)
    canaries.know("setup link", link.strip("/").rpartition("/")[2])
    password = canaries.new("password of the first administrator")
    admin = Person(console.url)
    admin.post(link, username="x" * 200, password=password)
    assert admin.post(link, username="admin", password=password).ok
    Person(console.url).get(link)
    people = {"administrator": admin, "stranger": Person(console.url)}
    roles = {"owner": "operator", "colleague": "operator", "officer": "security_officer", "auditor": "auditor"}
    for name, role in roles.items():
        first = canaries.new(f"password of the {name}")
        console.manage("user_create", name, "--role", role, "--password-stdin", stdin=first + "\n")
        people[name] = Person(console.url).log_in(name, first)
    stranger = people["stranger"]
    stranger.post("/login/", username="owner", password=canaries.new("wrong password"))
    stranger.post("/login/", username=canaries.new("password in the name's field"), password="x")
    owner, old = people["owner"], canaries.values["password of the owner"]
    wrong = canaries.new("wrong old password")
    assert owner.post("/password/", old=wrong, password=canaries.new("new password refused")).status_code == 422
    assert owner.post("/password/", old=old, password=canaries.new("new password")).ok
    return people


def misuse_tokens(sent: Sent) -> None:
    """A good token, and wrong ones, where they belong and where they do not."""
    token = sent.canaries.know("API token", sent.program.token)
    assert token.startswith("mcpc_")
    wrong = sent.canaries.know("wrong token", "mcpc_" + sent.canaries.new("wrong token's rest").replace("-", "_"))
    for header in (f"Bearer {wrong}", f"Basic {wrong}", f"Bearer {wrong} {wrong}", wrong):
        sent.raw("GET", "/api/v1/me", headers={"Authorization": header})
    for name in ("X-Api-Key", "Cookie", "Proxy-Authorization"):
        sent.raw("GET", "/api/v1/me", headers={name: f"sessionid={token}"})
    for path in (f"/api/v1/me?access_token={token}", f"/api/v1/{token}", f"/{token}/", f"/setup/{token}/"):
        sent.raw("GET", path)
    sent.raw("GET", f"/login/?next=/catalog/&token={token}")
    shown = sent.people["owner"].post("/tokens/", name="by page", scopes="read", days="30")
    found = re.search(r"mcpc_[A-Za-z0-9_-]{20,}", shown.text)
    assert found, shown.status_code
    sent.canaries.know("API token made on the page", found[0])


def run_children(sent: Sent) -> None:
    """Secrets by API and by page; out of tools, arguments and dying children; configuration of a telling name."""
    path, new = f"/sessions/{sent.session}", sent.canaries.new
    first, second, configured = new("secret by API"), new("secret by page"), new("configuration")
    body = {"server": "child", "secrets": {"child.key": first}, "config": {"api_token": configured}}
    added = sent.call("POST", f"{path}/servers", body)
    until(lambda: sent.call("GET", path)["servers"][0]["state"] == "ready", timeout_s=60)
    assert added["server"] == "child"
    secrets_form = f"{path}/servers/child/secrets/"
    answer = sent.people["owner"].post(secrets_form, page=f"{path}/", **{"secrets-value1": second})
    assert answer.ok, answer.status_code
    sent.answers.append((secrets_form, answer.content))
    until(lambda: sent.call("GET", path)["servers"][0]["state"] == "ready", timeout_s=60)

    def run(tool: str, arguments: dict[str, Any], **more: Any) -> Any:
        body = {"server": "child", "tool": tool, "arguments": arguments, **more}
        return sent.call("POST", f"{path}/exec", body)

    assert "[secret child.key]" in run("secret", {})["output"]
    output = run("environment", {})["output"]
    assert "[secret child.second]" in output
    assert run("echo", {"text": f"my key is {first}"})["output"] == "my key is [secret child.key]"
    assert run("echo", {"text": new("argument")})["exit_code"] == 0
    queued = run("echo", {"text": f"{new('argument queued')} {first}"}, wait=False)
    until(lambda: sent.call("GET", f"/executions/{queued['execution_id']}")["state"] == "finished")
    assert run("sleep", {"seconds": 30, "token": first}, timeout_s=1)["exit_code"] == 124
    assert run("echo", {"text": {"wrong": new("argument refused")}})["exit_code"] == 2
    assert run("die", {"password": first})["exit_code"] != 0
    dying = sent.call("POST", f"{path}/servers", {"server": "dying", "secrets": {"dying.key": new("secret on stderr")}})
    until(lambda: sent.call("GET", path)["servers"][-1]["state"] == "failed", timeout_s=60)
    assert dying["server"] == "dying"
    assert "[secret dying.key]" in sent.call("GET", path)["servers"][-1]["detail"]


def reach_remotes(sent: Sent) -> None:
    """A remote's token comes back in its errors, in those of the first request too."""
    path = f"/sessions/{sent.session}"
    for name in ("far", "refusing"):
        secrets = {f"{name}.token": sent.canaries.new(f"token of {name}")}
        sent.call("POST", f"{path}/servers", {"server": name, "secrets": secrets})
    arguments = {"text": sent.canaries.new("argument to a remote")}
    told = sent.call("POST", f"{path}/exec", {"server": "far", "tool": "echo", "arguments": arguments})
    assert "[secret far.token]" in told["output"], told


def break_requests(sent: Sent) -> None:
    """Requests that are refused, each with a secret in it."""
    path, new = f"/sessions/{sent.session}", sent.canaries.new
    sent.call("PUT", f"{path}/servers/child/secrets", {"child.key": {"value": new("secret of the wrong type")}})
    sent.call("PUT", f"{path}/servers/child/secrets", {"no.such": new("secret of no name")})
    sent.call("PUT", f"{path}/servers/child/config", {"config": {"level": new("configuration of the wrong type")}})
    sent.call(
        "POST", f"{path}/servers", {"server": "far", "secrets": {"far.token": new("header with CR") + "\r\nX: y"}}
    )
    sent.call("PUT", f"{path}/servers/child/secrets", {"child.key": new("secret with NUL") + "\0"})
    sent.call(
        "POST", f"{path}/servers", {"server": "child", "config": {"api_token": new("configuration refused") + "\0"}}
    )
    sent.call("POST", "/gateways", {"name": "x", "url": "https://gw.example", "token": new("gateway's token")})
    headers = {"Authorization": f"Bearer {sent.program.token}", "Content-Type": "application/json"}
    for body in ('{"secrets": "%s', '"%s"', '{"tool": 1, "password": "%s"}'):
        data = body % new(f"body {body[:9]}")
        sent.raw("POST", f"/api/v1{path}/exec", headers=headers, data=data)
    large = {"password": new("body too large") + "x" * 1_100_000}
    sent.raw("POST", f"/api/v1{path}/exec", headers=headers, json=large)
    sent.raw("POST", "/login/", data={"password": new("password without CSRF token")})
    sent.raw("PATCH", "/api/v1/me", headers=headers, data=new("body of a method that is not there"))


def add_sources(sent: Sent, remote: TellingRemote) -> None:
    """Catalogue addresses with a secret in their user info or query, by the page and by the settings."""
    host = remote.origin.removeprefix("http://")
    admin, new = sent.people["administrator"], sent.canaries.new
    for location in (
        f"http://reader:{new('source user info')}@{host}/catalog.yaml",
        f"http://{host}/catalog.yaml?access_token={new('source query')}",
    ):
        shown = admin.post("/sources/add/", page="/sources/", location=location, name="private")
        sent.answers.append(("/sources/add/", shown.content if shown.status_code == 200 else b""))


def look_for_keys(sent: Sent) -> None:
    """The console's own keys are canaries as well: the vault's, the signing key, Valkey's password, the bearer."""
    data = sent.console.data
    for name in ("vault", "signing"):
        text = (data / "keys" / name).read_text().strip()
        for number, part in enumerate(part for part in text.replace(",", " ").split() if len(part) >= 20):
            sent.canaries.know(f"{name} key {number}", part.rpartition(":")[2])
    sent.canaries.know("Valkey's password", str(valkey_of(sent.console).connection_pool.connection_kwargs["password"]))
    told = json.loads((data / "sessions" / sent.session / "gateway.json").read_text())
    sent.canaries.know("gateway's bearer", told["bearer"])


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sent]:
    data, canaries = tmp_path_factory.mktemp("data"), Canaries()
    remote, refusing = TellingRemote(), TellingRemote("refusing")
    entries = {"child": CHILD, "dying": DYING, "far": far("far", f"{remote.origin}/mcp")}
    entries["refusing"] = far("refusing", f"{refusing.origin}/mcp")
    own = [{"name": name, "title": name, **entry} for name, entry in entries.items()]
    file = tmp_path_factory.mktemp("own") / "own.yaml"
    file.write_text(json.dumps({"catalogue": "own", "servers": own}))
    remote.catalogue = json.dumps({"catalogue": "more", "servers": []})
    wheels = data / "cache" / "2" / "wheels"  # the owner is the second user: below their cache, where the sandbox sees
    wheel_of(ECHO, wheels, "canary-echo")
    configured = f"{remote.origin}/c.yaml?access_token={canaries.new('source query by setting')}"
    env = {
        "OUTBOUND_ALLOW": "127.0.0.1",
        "CATALOG_SOURCES": f"own={file},configured={configured}",
        "PACKAGE_ENV": "UV_FIND_LINKS,UV_NO_INDEX,UV_OFFLINE",
        "UV_FIND_LINKS": str(wheels),
        "UV_NO_INDEX": "1",
        "UV_OFFLINE": "1",
    }
    argv = ["make", "--no-print-directory", "run"]
    console = RunningConsole(root=ROOT, data=data, port=free_port(), env=env, argv=argv)
    try:
        console.start(120)
        people = become_people(console, canaries)
        token = console.manage(
            "api_token_create", "owner", "--name", "suite", "--scope", "read", "--scope", "use"
        ).strip()
        program = Program(console.url, token)
        assert program.get("/me")["username"] == "owner"
        session = program.call("POST", "/sessions", {"name": "canaries"})[1]["id"]
        sent = Sent(console, canaries, program, people, session)
        watchers = [
            threading.Thread(target=watch, args=(sent,), daemon=True) for watch in (watch_broker, watch_processes)
        ]
        for watcher in watchers:
            watcher.start()
        misuse_tokens(sent)
        run_children(sent)
        reach_remotes(sent)
        break_requests(sent)
        add_sources(sent, remote)
        look_for_keys(sent)
        sent.watching.set()
        watchers[1].join()
        yield sent
    finally:
        console.kill()
        remote.close()
        refusing.close()


def test_no_answer_repeats_it(sent: Sent) -> None:
    found = {where: what for where, raw in sent.answers if (what := sent.canaries.found_in(raw, but=OWNERS))}
    assert found == {}


def test_the_log_files_and_the_terminal_do_not_hold_it(sent: Sent) -> None:
    assert list((sent.console.data / "logs").glob("*.log"))
    assert sent.canaries.found_below(sent.console.data / "logs") == {}
    printed = "\n".join(sent.console.lines).encode()
    assert sent.canaries.found_in(printed, but={"setup link"}) == set()


def test_no_process_shows_it_in_its_command_line(sent: Sent) -> None:
    assert any("gateways.embedded" in line for line in sent.command_lines)
    assert sent.canaries.found_in("\n".join(sent.command_lines).encode()) == set()


def test_the_broker_never_carried_it(sent: Sent) -> None:
    assert any("exec_run" in line for line in sent.broker)
    allowed = {"Valkey's password"}  # it is what the connection itself is opened with
    assert sent.canaries.found_in("\n".join(sent.broker).encode(), but=allowed) == set()
    valkey = valkey_of(sent.console)
    for key in valkey.scan_iter(count=1000):
        dumped = valkey.dump(key) or b""
        assert sent.canaries.found_in(key + dumped) == set(), key


def test_no_file_holds_it_but_the_private_ones_of_a_live_session(sent: Sent) -> None:
    data = sent.console.data
    assert (data / "console.sqlite3").stat().st_size
    live = data / "sessions" / sent.session
    private = [live / "servers.json", live / "gateway.json"]
    skip = [data / "keys", data / "run" / "valkey.conf", data / "run" / "redis_url", *private]
    assert sent.canaries.found_below(data, skip=skip) == {}
    for path in (*private, *(data / "keys").iterdir(), *skip[1:3]):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    assert stat.S_IMODE(live.stat().st_mode) == 0o700


def test_the_machines_temporary_folder_does_not_hold_it(sent: Sent) -> None:
    began = psutil.Process(sent.console.process.pid).create_time() if sent.console.process else 0.0
    own = sent.console.data.parent
    for top in Path(tempfile.gettempdir()).iterdir():
        with contextlib.suppress(OSError):
            if (
                top.stat().st_mtime >= began
                and not own.is_relative_to(top)
                and top.is_dir()
                and os.access(top, os.R_OK)
            ):
                assert sent.canaries.found_below(top) == {}


ADDRESSES = [
    "/",
    "/catalog/",
    "/catalog/child/",
    "/catalog/far/",
    "/connections/",
    "/sessions/",
    "/signing/",
    "/gateways/",
    "/agents/",
    "/notices/",
    "/people/",
    "/people/2/",
    "/tokens/",
    "/sources/",
    "/audit/",
    "/admin/",
    "/profile/",
    "/password/",
    "/login/",
    "/healthz",
    "/readyz",
    "/metrics",
    "/api/v1/openapi.json",
    "/api/v1/me",
    "/api/v1/catalog/servers?limit=200",
    "/api/v1/catalog/servers/far",
    "/api/v1/sessions",
    "/api/v1/notices",
    "/api/v1/gateways",
    "/api/v1/oauth/connections",
    "/api/v1/signing/records",
]


@pytest.mark.parametrize("name", ["owner", "colleague", "officer", "auditor", "administrator", "stranger"])
def test_no_page_and_no_answer_shows_it(sent: Sent, name: str) -> None:
    session = f"/api/v1/sessions/{sent.session}"
    executions = sent.program.get(f"/sessions/{sent.session}/executions")["results"]
    more = [f"/api/v1/executions/{each['execution_id']}" for each in executions]
    more += [f"/executions/{each['execution_id']}/" for each in executions]
    more += [session, f"/sessions/{sent.session}/", f"{session}/executions", f"{session}/tools", f"{session}/resources"]
    more += [f"{session}/servers/{server}/config" for server in ("child", "dying", "far")]
    seen = sent.people[name].walk(*ADDRESSES, *more, "/people/2/export/", most=250)
    assert sum(answer.status_code == 200 for answer in seen.values()) > (10 if name != "stranger" else 1)
    assert not any(answer.status_code >= 500 and answer.status_code != 501 for answer in seen.values())
    but = OWNERS if name == "owner" else set()
    found = {path: what for path, answer in seen.items() if (what := sent.canaries.found_in(answer.content, but=but))}
    assert found == {}


def test_after_the_sessions_end_and_the_consoles_stop_nothing_holds_it(sent: Sent) -> None:
    receipt = sent.call("DELETE", f"/sessions/{sent.session}")
    assert receipt["left_over"] == 0
    data = sent.console.data
    assert not (data / "sessions" / sent.session).exists()
    assert sent.canaries.found_below(data, skip=[data / "keys", data / "run"]) == {}
    sent.console.stop()
    assert sent.canaries.found_below(data, skip=[data / "keys"]) == {}

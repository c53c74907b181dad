"""The one spelling of a host: lower case, punycode, no trailing dot, addresses in their canonical form.

Security duty: a spelling that another parser could read as another host (numbers in odd bases, look-alikes that
normalise to plain letters, mixed scripts) is refused instead of guessed. Pure: the standard library only.
"""

import ipaddress
import re
import unicodedata

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*")
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*")
_ALPHABETS_THAT_LOOK_ALIKE = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC")


class HostRefused(ValueError):
    """Not a host that everybody reads the same way."""


def canonical_host(host: str) -> str:
    """Return the canonical spelling of a name or a literal address (without brackets). Raises HostRefused."""
    if ":" in host:
        if "%" in host:
            raise HostRefused("a zone")
        return _canonical_address(host)
    name = host.lower().removesuffix(".")
    if not name.isascii():
        name = _punycode(name)
    if not _NAME.fullmatch(name):
        raise HostRefused("not a host name")
    if _NUMBER.fullmatch(name.rpartition(".")[2]):  # the WHATWG rule: a name that ends in a number is an address
        return _canonical_address(name)
    if ".xn--" in f".{name}":
        _refuse_look_alikes(name)
    return name


def _canonical_address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))  # strict: four decimal parts without leading zeros
    except ValueError as error:
        raise HostRefused("not an address in its usual form") from error


def _punycode(name: str) -> str:
    labels = []
    for label in name.split("."):
        try:
            encoded = label.encode("idna").decode("ascii")
        except UnicodeError as error:
            raise HostRefused("not an internationalised name") from error
        if not label.isascii() and not encoded.startswith("xn--"):
            raise HostRefused("a look-alike of plain letters")
        labels.append(encoded)
    return ".".join(labels)


def _refuse_look_alikes(name: str) -> None:
    for label in name.split("."):
        if not label.startswith("xn--"):
            continue
        try:
            text = label.encode("ascii").decode("idna")
        except UnicodeError as error:
            raise HostRefused("not an internationalised name") from error
        scripts = {unicodedata.name(letter, "").partition(" ")[0] for letter in text if letter.isalpha()}
        if len(scripts.intersection(_ALPHABETS_THAT_LOOK_ALIKE)) > 1:
            raise HostRefused("mixed alphabets")

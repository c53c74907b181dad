"""Which network addresses may be reached (the SSRF policy) and who is calling.

Security duty: an address from a catalogue, a provider or a user is refused unless it is https to a public address,
or the administrator allowed its host or network. What is refused names the rule, never what lies behind.
Pure: the standard library only, no settings, no sockets; the gateway program shares it.
"""

import ipaddress
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from foundation.hostnames import HostRefused, canonical_host

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IpNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network

_DEFAULT_PORTS = {"https": 443, "http": 80}
_UNSAFE = re.compile(r"[\x00-\x20\x7f-\xa0\\\u2028\u2029]")
_METADATA = frozenset(
    ipaddress.ip_address(address)
    for address in (
        "169.254.169.254",  # most clouds
        "169.254.170.2",  # ECS tasks
        "169.254.170.23",  # EKS pods
        "fd00:ec2::254",
        "fd00:ec2::23",
        "fd20:ce::254",
        "fd00:42::42",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
    )
)
_METADATA_NAMES = frozenset({"metadata.google.internal", "metadata.goog", "metadata", "instance-data"})
# First match decides; a rule of the first table holds for allowed hosts and networks too.
_NEVER: tuple[tuple[str, str], ...] = (
    ("address.unspecified", "0.0.0.0/8"),
    ("address.unspecified", "::/128"),
    ("address.link_local", "169.254.0.0/16"),
    ("address.link_local", "fe80::/10"),
    ("address.multicast", "224.0.0.0/4"),
    ("address.multicast", "ff00::/8"),
    ("address.reserved", "255.255.255.255/32"),
    ("address.embedded", "::ffff:0:0/96"),  # IPv4-mapped (RFC 4291)
)
_NOT_PUBLIC: tuple[tuple[str, str], ...] = (
    ("address.loopback", "127.0.0.0/8"),
    ("address.loopback", "::1/128"),
    ("address.private", "10.0.0.0/8"),
    ("address.private", "172.16.0.0/12"),
    ("address.private", "192.168.0.0/16"),
    ("address.private", "fc00::/7"),
    ("address.private", "fec0::/10"),
    ("address.shared", "100.64.0.0/10"),  # CGNAT (RFC 6598)
    ("address.embedded", "::/96"),  # IPv4-compatible
    ("address.embedded", "::ffff:0:0:0/96"),  # IPv4-translated (RFC 2765)
    ("address.embedded", "64:ff9b::/96"),  # NAT64 (RFC 6052)
    ("address.embedded", "64:ff9b:1::/48"),  # NAT64, local use (RFC 8215)
    ("address.embedded", "2002::/16"),  # 6to4
    ("address.embedded", "2001::/32"),  # Teredo
)
_TABLES = {
    name: [(rule, ipaddress.ip_network(network)) for rule, network in table]
    for name, table in (("never", _NEVER), ("not_public", _NOT_PUBLIC))
}


class AddressRefused(ValueError):
    """The policy says no; `rule` is one of scheme, url, user_info, host, port, dns, address.<kind>."""

    def __init__(self, rule: str) -> None:
        self.rule = rule
        super().__init__(rule)


class AllowListError(ValueError):
    """An entry of an allow list is malformed; `entry` is it."""

    def __init__(self, entry: str) -> None:
        self.entry = entry
        super().__init__(f"not a host, *.suffix or network with an optional port: {entry!r}")


@dataclass(frozen=True)
class Target:
    """A checked URL in parts. `host` is lower case, in punycode, without brackets; `path` has the query."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def origin(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + ("" if self.port == _DEFAULT_PORTS[self.scheme] else f":{self.port}")

    @property
    def url(self) -> str:
        """Return the URL spelled anew, so that no second parser reads another host out of it."""
        return self.origin + self.path


@dataclass(frozen=True)
class Allowance:
    """One entry of an allow list: a name, a suffix (`.example.org`) or a network, for one port or all."""

    name: str = ""
    suffix: str = ""
    network: IpNetwork | None = None
    port: int | None = None

    @classmethod
    def parse(cls, text: str) -> "Allowance":
        """Read `host`, `*.suffix`, an address or a CIDR, each with an optional `:port`. Raises AllowListError."""
        body, port = _split_port(text.strip())
        try:
            return cls(network=ipaddress.ip_network(body, strict=False), port=port)
        except ValueError:
            pass  # then it is a name
        try:
            host = canonical_host(body.removeprefix("*."))
        except HostRefused as error:
            raise AllowListError(text) from error
        if body.startswith("*."):
            return cls(suffix=f".{host}", port=port)
        return cls(name=host, port=port)

    def holds_name(self, host: str, port: int) -> bool:
        if self.port not in (None, port) or self.network is not None:
            return False
        return host == self.name if self.name else host.endswith(self.suffix)

    def holds_address(self, address: IpAddress, port: int) -> bool:
        return self.network is not None and self.port in (None, port) and address in self.network


class OutboundPolicy:
    """What may be reached: https to public addresses, and what `allow` adds to that."""

    def __init__(self, allow: Sequence[str] = ()) -> None:
        """Read the allow list. Raises AllowListError."""
        self.allowances = tuple(Allowance.parse(entry) for entry in allow if entry.strip())

    def allows_host(self, host: str, port: int) -> bool:
        """Whether the list names this canonical host (or the network of a literal address) with this port."""
        address = _literal(host)
        if address is not None:
            return self._allows_address(address, port)
        return any(allowance.holds_name(host, port) for allowance in self.allowances)

    def check_url(self, url: str) -> Target:
        """Return the parts of a URL that may be asked for, before its name is resolved. Raises AddressRefused."""
        target = parse_url(url)
        listed = self.allows_host(target.host, target.port)
        if target.scheme != "https" and not listed:
            raise AddressRefused("scheme")
        if target.host in _METADATA_NAMES:
            raise AddressRefused("address.metadata")
        if (target.host == "localhost" or target.host.endswith(".localhost")) and not listed:
            raise AddressRefused("address.loopback")
        if _literal(target.host) is not None:
            self.check_addresses(target.host, target.port, [target.host])
        return target

    def check_addresses(self, host: str, port: int, addresses: Iterable[str]) -> None:
        """Check what a name resolved to: one address that may not be reached refuses all. Raises AddressRefused."""
        found = [ipaddress.ip_address(address.partition("%")[0]) for address in addresses]
        if not found:
            raise AddressRefused("dns")
        by_name = _literal(host) is None and self.allows_host(host, port)
        for address in found:
            rule, ever = address_rule(address)
            if rule and not (ever and (by_name or self._allows_address(address, port))):
                raise AddressRefused(rule)

    def _allows_address(self, address: IpAddress, port: int) -> bool:
        return any(allowance.holds_address(address, port) for allowance in self.allowances)


def parse_url(url: str) -> Target:
    """Split an http(s) URL strictly, without any policy. Raises AddressRefused."""
    if _UNSAFE.search(url) or len(url) > 8192:
        raise AddressRefused("url")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise AddressRefused("port" if "ort" in str(error) else "host") from error
    scheme = parts.scheme.lower()
    if scheme not in _DEFAULT_PORTS:
        raise AddressRefused("scheme")
    if "@" in parts.netloc:
        raise AddressRefused("user_info")
    if port == 0:
        raise AddressRefused("port")
    try:
        host = canonical_host(parts.hostname or "")
    except HostRefused as error:
        raise AddressRefused("host") from error
    query = f"?{parts.query}" if parts.query else ""
    return Target(scheme, host, port or _DEFAULT_PORTS[scheme], (parts.path or "/") + query)


def address_rule(address: IpAddress) -> tuple[str, bool]:
    """Return the rule that keeps an address out ("" for a public one) and whether an allow list may lift it."""
    if any(inner in _METADATA for inner in (address, *_embedded(address))):
        return "address.metadata", False
    for name, liftable in (("never", False), ("not_public", True)):
        for rule, network in _TABLES[name]:
            if address in network:
                return rule, liftable
    if not address.is_global or address.is_reserved:
        return "address.reserved", True
    return "", True


def client_address(remote: str, forwarded_for: str, trusted_proxies: Sequence[str]) -> str:
    """Return the caller's address: the last hop of `X-Forwarded-For` that no trusted proxy added."""
    chain = [*(hop.strip() for hop in forwarded_for.split(",") if hop.strip()), remote]
    for hop in reversed(chain):
        if not is_among(hop, trusted_proxies):
            return hop[:45]
    return chain[0][:45]


def _embedded(address: IpAddress) -> list[IpAddress]:
    """Return the IPv4 addresses that an IPv6 address may carry, wherever its kind puts them."""
    if isinstance(address, ipaddress.IPv4Address):
        return []
    number = int(address)
    positions = [number & 0xFFFFFFFF, number >> 80 & 0xFFFFFFFF, ~number & 0xFFFFFFFF]
    if address in ipaddress.ip_network("64:ff9b:1::/48"):  # RFC 6052 section 2.2, with the zero octet
        positions.append((number >> 64 & 0xFFFF) << 16 | number >> 40 & 0xFFFF)
    kinds = [network for rule, network in (*_TABLES["never"], *_TABLES["not_public"]) if rule == "address.embedded"]
    return [ipaddress.IPv4Address(value) for value in positions] if any(address in kind for kind in kinds) else []


def _split_port(text: str) -> tuple[str, int | None]:
    bracketed = re.fullmatch(r"\[([^\[\]]+)\](?::(\d{1,5}))?", text)
    plain = bracketed or re.fullmatch(r"([^:]+)(?::(\d{1,5}))?", text)
    if plain is None:
        return text, None
    port = int(plain[2]) if plain[2] else None
    if port is not None and not 0 < port < 65536:
        raise AllowListError(text)
    return plain[1], port


def _literal(host: str) -> IpAddress | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def is_among(address: str, networks: Sequence[str]) -> bool:
    """Whether a literal address lies in one of the networks; no for what is not an address."""
    try:
        parsed = ipaddress.ip_address(address)
        return any(parsed in ipaddress.ip_network(network, strict=False) for network in networks)
    except ValueError:
        return False

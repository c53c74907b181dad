"""Which network addresses may be reached (the SSRF policy) and who is calling. Pure: no settings, no sockets."""

import ipaddress
from collections.abc import Sequence


def client_address(remote: str, forwarded_for: str, trusted_proxies: Sequence[str]) -> str:
    """Return the caller's address: the last hop of `X-Forwarded-For` that no trusted proxy added."""
    chain = [*(hop.strip() for hop in forwarded_for.split(",") if hop.strip()), remote]
    for hop in reversed(chain):
        if not _is_among(hop, trusted_proxies):
            return hop[:45]
    return chain[0][:45]


def _is_among(address: str, networks: Sequence[str]) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
        return any(parsed in ipaddress.ip_network(network, strict=False) for network in networks)
    except ValueError:
        return False

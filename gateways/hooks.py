"""How the gateways ask for what should run and tell what became of it: `dynamic_mcp` listens."""

from typing import TYPE_CHECKING

from foundation.hooks import Hook
from gateways.specs import ServerSpec, ServerStatus

if TYPE_CHECKING:
    from gateways.models import Gateway

# (gateway) -> the servers that should run in it now, with their configuration and secrets filled in
wanted_servers: "Hook[[Gateway], list[ServerSpec]]" = Hook("gateways.wanted_servers")

# (gateway, statuses): what the gateway says of each of its servers, told when something changed
servers_told: "Hook[[Gateway, list[ServerStatus]], None]" = Hook("gateways.servers_told")

# (gateway): its state, reason or latency changed
gateway_changed: "Hook[[Gateway], None]" = Hook("gateways.gateway_changed")

"""What beat starts, and when: the apps' own schedules together."""

from catalog.tasks import SCHEDULE as CATALOG
from dynamic_mcp.tasks import SCHEDULE as DYNAMIC_MCP
from gateways.tasks import SCHEDULE as GATEWAYS

SCHEDULE = {
    "console.heartbeat": {"task": "catalog_site.tasks.heartbeat", "schedule": 10.0, "options": {"expires": 10}},
    **CATALOG,
    **GATEWAYS,
    **DYNAMIC_MCP,
}

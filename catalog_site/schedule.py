"""What beat starts, and when: the apps' own schedules together."""

from audit.tasks import SCHEDULE as AUDIT
from catalog.tasks import SCHEDULE as CATALOG
from dynamic_mcp.tasks import SCHEDULE as DYNAMIC_MCP
from gateways.tasks import SCHEDULE as GATEWAYS
from people.tasks import SCHEDULE as PEOPLE

SCHEDULE = {
    "console.heartbeat": {"task": "catalog_site.tasks.heartbeat", "schedule": 10.0, "options": {"expires": 10}},
    **PEOPLE,
    **AUDIT,
    **CATALOG,
    **GATEWAYS,
    **DYNAMIC_MCP,
}

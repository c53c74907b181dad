from dynamic_mcp.models import Execution, Session, SessionServer
from foundation.admin_site import Window, register_windows


class SessionWindow(Window):
    list_display = ("name", "owner", "runtime", "state", "created_at", "ended_at")
    list_filter = ("state", "runtime", "created_at")
    search_fields = ("name", "owner__username")


class SessionServerWindow(Window):
    list_display = ("server", "session", "state", "reason_code", "added_at")
    list_filter = ("state", "added_at")
    search_fields = ("server",)


class ExecutionWindow(Window):
    list_display = ("tool", "server", "owner", "state", "exit_code", "started_at", "duration_ms")
    list_filter = ("state", "exit_code", "created_at")
    search_fields = ("tool", "server", "owner__username")


register_windows(
    "dynamic_mcp",
    [(Session, SessionWindow), (SessionServer, SessionServerWindow), (Execution, ExecutionWindow)],
)

"""Everything that changes sessions, their servers, configurations and executions."""

from dynamic_mcp.calling import list_through_gateway
from dynamic_mcp.configuration import Applied, config_set, secrets_set
from dynamic_mcp.executions import (
    Run,
    arguments_of,
    exec_cancel,
    exec_input,
    exec_queued,
    exec_start,
    executions_lost,
    result_of,
)
from dynamic_mcp.queued import executions_resume
from dynamic_mcp.retention import executions_purge, sessions_purge
from dynamic_mcp.servers import (
    ADD_WAIT_S,
    removals_resume,
    server_add,
    server_remove,
    server_stopped,
    server_wait,
    settle,
)
from dynamic_mcp.sessions import session_create, session_end, session_end_and_wait, session_stopped, sessions_expire

__all__ = [
    "ADD_WAIT_S",
    "Applied",
    "Run",
    "arguments_of",
    "config_set",
    "exec_cancel",
    "exec_input",
    "exec_queued",
    "exec_start",
    "executions_lost",
    "executions_purge",
    "executions_resume",
    "list_through_gateway",
    "removals_resume",
    "result_of",
    "secrets_set",
    "server_add",
    "server_remove",
    "server_stopped",
    "server_wait",
    "session_create",
    "session_end",
    "session_end_and_wait",
    "session_stopped",
    "sessions_expire",
    "sessions_purge",
    "settle",
]

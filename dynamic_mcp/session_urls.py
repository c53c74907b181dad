"""Addresses of the session and execution pages. A tool's name may hold anything, slashes too."""

from django.urls import path

from dynamic_mcp import execution_views, session_views

_SERVER = "sessions/<str:session_id>/servers/<str:server>"

urlpatterns = [
    path("sessions/", session_views.sessions, name="sessions"),
    path("sessions/add/", session_views.server_add, name="server_add"),
    path("sessions/<str:session_id>/", session_views.session, name="session"),
    path("sessions/<str:session_id>/end/", session_views.session_end, name="session_end"),
    path("sessions/<str:session_id>/servers/", session_views.session_servers, name="session_servers"),
    path(f"{_SERVER}/config/", session_views.server_config, name="server_config"),
    path(f"{_SERVER}/secrets/", session_views.server_secrets, name="server_secrets"),
    path(f"{_SERVER}/remove/", session_views.server_remove, name="server_remove"),
    path(f"{_SERVER}/retry/", session_views.server_retry, name="server_retry"),
    path("sessions/<str:session_id>/executions/", execution_views.executions, name="executions"),
    path("sessions/<str:session_id>/run/<str:server>/<path:tool>/", execution_views.tool_run, name="tool_run"),
    path("sessions/<str:session_id>/tools/<str:server>/<path:tool>/", execution_views.tool, name="tool"),
    path("executions/<str:execution_id>/", execution_views.execution, name="execution"),
    path("executions/<str:execution_id>/cancel/", execution_views.execution_cancel, name="execution_cancel"),
]

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DynamicMcpConfig(AppConfig):
    name = "dynamic_mcp"
    verbose_name = _("Dynamic MCP")

    def ready(self) -> None:
        from dynamic_mcp import executions, listeners, notices, owners
        from dynamic_mcp.models import Execution, SessionServer, config_identity
        from gateways import hooks
        from people import hooks as people
        from vault.hooks import sealed_columns

        hooks.wanted_servers.register(listeners.wanted_servers)
        hooks.servers_told.register(listeners.servers_told)
        hooks.gateway_changed.register(listeners.gateway_changed)
        sealed_columns.register(SessionServer, "config_sealed", config_identity)
        sealed_columns.register(Execution, "arguments_sealed", executions.arguments_identity)
        sealed_columns.register(Execution, "result_sealed", executions.result_identity)
        people.user_exported.register(owners.exported)
        people.user_removing.register(owners.removing)
        notices.register()

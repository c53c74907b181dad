from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DynamicMcpConfig(AppConfig):
    name = "dynamic_mcp"
    verbose_name = _("Dynamic MCP")

    def ready(self) -> None:
        from dynamic_mcp import listeners
        from gateways import hooks

        hooks.wanted_servers.register(listeners.wanted_servers)
        hooks.servers_told.register(listeners.servers_told)

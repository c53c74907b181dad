from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DynamicMcpConfig(AppConfig):
    name = "dynamic_mcp"
    verbose_name = _("Dynamic MCP")

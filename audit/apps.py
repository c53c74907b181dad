from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AuditConfig(AppConfig):
    name = "audit"
    verbose_name = _("Audit")

    def ready(self) -> None:
        from audit import listeners
        from people import hooks

        hooks.security_event.register(listeners.security_event)
        hooks.user_exported.register(listeners.user_exported)

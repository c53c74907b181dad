from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GatewaysConfig(AppConfig):
    name = "gateways"
    verbose_name = _("Gateways")

    def ready(self) -> None:
        from gateways import checks  # noqa: F401  (registers itself)
        from gateways.endpoint import bearer_identity
        from gateways.models import Gateway
        from vault.hooks import sealed_columns

        sealed_columns.register(Gateway, "bearer_sealed", bearer_identity)

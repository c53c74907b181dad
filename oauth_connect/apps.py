from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OauthConnectConfig(AppConfig):
    name = "oauth_connect"
    verbose_name = _("OAuth connections")

"""Puts the console's own admin site in place of Django's; named in INSTALLED_APPS instead of `django.contrib.admin`."""

from django.contrib.admin.apps import AdminConfig


class ConsoleAdminConfig(AdminConfig):
    default_site = "foundation.admin_site.ConsoleAdminSite"

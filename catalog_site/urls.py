"""Every address of the console: each app brings its pages, `api` the JSON API."""

from django.contrib import admin
from django.urls import include, path

from catalog_site.api import api

urlpatterns = [
    path("api/v1/", api.urls),
    path("admin/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
    *(
        path("", include(f"{app}.urls"))
        for app in ("people", "audit", "catalog", "oauth_connect", "signing", "gateways", "dynamic_mcp")
    ),
    path("", include("catalog_site.home_urls")),
]

"""The first page, the choice of a theme, and what machines ask: liveness, readiness, figures."""

from django.urls import path

from catalog_site import home_views, machine_views

urlpatterns = [
    path("", home_views.home, name="home"),
    path("favicon.ico", home_views.favicon, name="favicon"),
    path("theme/", home_views.theme, name="theme"),
    path("healthz", machine_views.healthz, name="healthz"),
    path("readyz", machine_views.readyz, name="readyz"),
    path("metrics", machine_views.metrics, name="metrics"),
]

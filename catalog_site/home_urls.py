"""The first page, the choice of a theme, and what machines ask: liveness, readiness, figures."""

from django.urls import path

from catalog_site import home_views

urlpatterns = [
    path("", home_views.home, name="home"),
    path("theme/", home_views.theme, name="theme"),
]

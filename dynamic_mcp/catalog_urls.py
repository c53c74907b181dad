"""The catalogue's pages."""

from django.urls import URLPattern, path

from dynamic_mcp import catalog_views

urlpatterns: list[URLPattern] = [
    path("catalog/", catalog_views.catalog, name="catalog"),
    path("catalog/<str:name>/", catalog_views.catalog_server, name="catalog_server"),
    path("catalog/<str:name>/approval/", catalog_views.catalog_decide, name="catalog_decide"),
]

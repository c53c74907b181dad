from django.urls import URLPattern, path

from catalog import views

app_name = "catalog"
urlpatterns: list[URLPattern] = [
    path("sources/", views.sources, name="sources"),
    path("sources/add/", views.source_add, name="source_add"),
    path("sources/<str:name>/sync/", views.source_sync, name="source_sync"),
]

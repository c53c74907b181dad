from django.urls import URLPattern

from dynamic_mcp import catalog_urls, session_urls

app_name = "dynamic_mcp"
urlpatterns: list[URLPattern] = []
urlpatterns += catalog_urls.urlpatterns
urlpatterns += session_urls.urlpatterns

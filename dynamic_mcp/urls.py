from django.urls import URLPattern

app_name = "dynamic_mcp"
urlpatterns: list[URLPattern] = []

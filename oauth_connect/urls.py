from django.urls import URLPattern

app_name = "oauth_connect"
urlpatterns: list[URLPattern] = []

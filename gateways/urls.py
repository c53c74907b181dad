from django.urls import URLPattern

app_name = "gateways"
urlpatterns: list[URLPattern] = []

from django.contrib import admin
from django.contrib.auth.models import Group

from foundation.admin_site import Window, register_windows
from people.models import ApiToken, User


class UserWindow(Window):
    list_display = ("username", "role", "is_active", "last_login", "date_joined")
    list_filter = ("role", "is_active")
    search_fields = ("username",)
    ordering = ("username",)


class ApiTokenWindow(Window):
    list_display = ("name", "user", "scopes", "expires_at", "last_used_at", "revoked_at")
    list_filter = ("expires_at", "revoked_at")
    search_fields = ("name", "user__username")


admin.site.unregister(Group)  # roles, not groups, say who may do what here
register_windows("people", [(User, UserWindow), (ApiToken, ApiTokenWindow)])

from django.urls import path

from people.views import accounts, entry, inbox, tokens

app_name = "people"
urlpatterns = [
    path("login/", entry.log_in, name="login"),
    path("logout/", entry.log_out, name="logout"),
    path("setup/<str:token>/", entry.setup, name="setup"),
    path("password/", entry.password, name="password"),
    path("people/", accounts.listing, name="list"),
    path("people/new/", accounts.create, name="create"),
    path("people/<int:user_id>/", accounts.detail, name="detail"),
    path("people/<int:user_id>/role/", accounts.role, name="role"),
    path("people/<int:user_id>/active/", accounts.active, name="active"),
    path("people/<int:user_id>/password/", accounts.reset, name="reset"),
    path("people/<int:user_id>/delete/", accounts.delete, name="delete"),
    path("people/<int:user_id>/export/", accounts.export, name="export"),
    path("tokens/", tokens.tokens, name="tokens"),
    path("tokens/<slug:token_id>/revoke/", tokens.revoke, name="revoke"),
    path("notices/", inbox.notices, name="notices"),
    path("notices/read/", inbox.read_all, name="notices_read_all"),
    path("notices/<slug:notice_id>/read/", inbox.read, name="notice_read"),
    path("profile/", inbox.profile, name="profile"),
]

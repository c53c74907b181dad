"""Everything that changes accounts, roles, tokens, the first administrator and notices."""

from people.selectors import administrator_exists  # a read, offered here as well
from people.services.accounts import (
    password_change,
    user_active_set,
    user_create,
    user_delete,
    user_export,
    user_password_set,
    user_role_set,
)
from people.services.logins import login_attempt
from people.services.notices import notice_read, notices_read_all, notify
from people.services.setup import setup_link_check, setup_link_create, setup_link_use
from people.services.tidying import leftovers_remove
from people.services.tokens import (
    TOKEN_DEFAULT_DAYS,
    TOKEN_DEFAULT_SCOPES,
    TOKEN_PREFIX,
    digest,
    scopes_allowed,
    token_authenticate,
    token_create,
    token_revoke,
)

__all__ = [
    "TOKEN_DEFAULT_DAYS",
    "TOKEN_DEFAULT_SCOPES",
    "TOKEN_PREFIX",
    "administrator_exists",
    "digest",
    "leftovers_remove",
    "login_attempt",
    "notice_read",
    "notices_read_all",
    "notify",
    "password_change",
    "scopes_allowed",
    "setup_link_check",
    "setup_link_create",
    "setup_link_use",
    "token_authenticate",
    "token_create",
    "token_revoke",
    "user_active_set",
    "user_create",
    "user_delete",
    "user_export",
    "user_password_set",
    "user_role_set",
]

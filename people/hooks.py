"""What the apps above are told about people."""

from typing import TYPE_CHECKING, Any

from foundation.hooks import Hook
from people.notice_texts import register as notice_sentence_register

if TYPE_CHECKING:
    from people.models import User

__all__ = ["notice_sentence_register", "security_event", "user_exported", "user_removing"]

# (actor or None, verb, target user or None, outcome "ok" | "refused" | "failed", detail): `audit` writes it down.
security_event: "Hook[[User | None, str, User | None, str, dict[str, Any]], None]" = Hook("people.security_event")

# (user, by the user) -> {section: JSON-ready data}: what an app keeps about this user, without secrets, for the export;
# what is for the owner only is left out unless the user asked in person
user_exported: "Hook[[User, bool], dict[str, Any]]" = Hook("people.user_exported")

# (user): about to be deleted; an app ends what runs for this user (rows go by cascade afterwards)
user_removing: "Hook[[User], None]" = Hook("people.user_removing")

"""What the apps above are told about people."""

from typing import TYPE_CHECKING, Any

from foundation.hooks import Hook

if TYPE_CHECKING:
    from people.models import User

# (actor or None, verb, target user or None, outcome "ok" | "refused" | "failed", detail): `audit` writes it down.
security_event: "Hook[[User | None, str, User | None, str, dict[str, Any]], None]" = Hook("people.security_event")

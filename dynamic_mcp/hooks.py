"""What apps above may be told of sessions. Listeners get rows as they were; nothing of arguments or outputs."""

from typing import TYPE_CHECKING

from foundation.hooks import Hook

if TYPE_CHECKING:
    from dynamic_mcp.models import Session

# (session): it has ended and its receipt is written
session_ended: "Hook[[Session], None]" = Hook("dynamic_mcp.session_ended")

"""What the apps above may ask about a user's connections."""

from collections.abc import Iterable

from people.models import User

NOT_CONNECTED = "not_connected"


def connection_statuses(user: User, names: Iterable[str]) -> dict[str, str]:
    """Return {server name: status code}. This version keeps no connections, so none of them is connected."""
    return dict.fromkeys(names, NOT_CONNECTED)

"""What the session pages show of a server and of an execution, put together for their templates. No rules here."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from catalog.selectors import schema_worded, worded
from dynamic_mcp.catalog_rows import GLYPHS, connect_url
from dynamic_mcp.entries import ServerEntry
from dynamic_mcp.forms import SecretsForm
from dynamic_mcp.models import Execution, ServerState, SessionServer
from dynamic_mcp.schema_forms import MISSING, SchemaForm
from dynamic_mcp.states import EXECUTION_OPEN

UNSETTLED = frozenset({ServerState.STARTING, ServerState.STOPPING})
CONFIG = "config"


@dataclass
class ServerCard:
    """One server of a session as its page shows it."""

    row: SessionServer
    config_form: SchemaForm | None = None
    secrets_form: SecretsForm | None = None
    open_part: str = ""
    tool_filter: str = ""
    tools: list[dict[str, Any]] = field(default_factory=list)

    @property
    def title(self) -> str:
        return worded(str(self.row.entry.get("title") or self.row.server))

    @property
    def icon(self) -> str:
        return {str(kind): glyph for kind, glyph in GLYPHS.items()}.get(str(self.row.entry.get("kind")), "package")

    @property
    def shown_tools(self) -> list[dict[str, Any]]:
        """The tools whose name or description holds the filter's text."""
        sought = self.tool_filter.casefold()
        return [each for each in self.tools if sought in f"{each['name']} {each.get('description') or ''}".casefold()]

    @property
    def connect_url(self) -> str:
        """The page where the account is connected; empty where this version has none."""
        return connect_url(self.row.server)

    @property
    def unsettled(self) -> bool:
        return self.row.state in UNSETTLED

    @property
    def needs_input(self) -> bool:
        return self.row.state == ServerState.NEEDS_INPUT

    @property
    def status_digest(self) -> str:
        row = self.row
        return _digest([row.state, row.progress, row.reason_code, row.detail])

    @property
    def body_digest(self) -> str:
        return _digest([self.row.state, self.row.tools, self.row.missing])

    @property
    def advice(self) -> str:
        """What a person can do about a failure, by its code."""
        code = self.row.reason_code
        if code.startswith("runtime."):
            return _("This needs a container engine on the console's machine. Ask whoever runs the console.")
        if code.startswith("server.refused"):
            return _("Correct the value that was refused, then try again.")
        if "auth" in code:
            return _("Connect the account again, then try again.")
        if self.config_form or self.secrets_form:
            return _("Check the configuration and the secrets below, then try again.")
        return _("Try again. If it fails the same way, the server itself or its source has the fault.")


def card_of(row: SessionServer) -> ServerCard:
    """Return the card of a server with fresh forms."""
    entry = ServerEntry.of(row.entry)
    card = ServerCard(row, tools=list(row.tools))
    if entry.config_schema.get("properties"):
        held = row.config or MISSING  # nothing stored yet: the schema's defaults
        card.config_form = SchemaForm.of_value(schema_worded(entry.config_schema), held, name=f"{CONFIG}-{row.pk}")
    if entry.secrets:
        card.secrets_form = SecretsForm(row)
    return card


def seen_of(cards: Sequence[ServerCard]) -> str:
    """Return what a page has seen of its servers, for the next poll: `id.status.body` joined by commas."""
    return ",".join(f"{card.row.pk}.{card.status_digest}.{card.body_digest}" for card in cards)


def changed(cards: Sequence[ServerCard], seen: str) -> tuple[list[ServerCard], list[ServerCard], bool]:
    """Return the cards whose status changed, those whose body changed, and whether cards came or went."""
    before = {part[0]: part[1:] for item in seen.split(",") if len(part := item.split(".")) == 3}
    status = [card for card in cards if before.get(card.row.pk, ["", ""])[0] != card.status_digest]
    body = [card for card in cards if before.get(card.row.pk, ["", ""])[1] != card.body_digest]
    return status, body, set(before) != {card.row.pk for card in cards}


def is_open(execution: Execution) -> bool:
    """Whether an execution is still under way."""
    return execution.state in EXECUTION_OPEN


def exit_words(code: int | None) -> str:
    """Return what an exit code means."""
    words = {
        0: _("Done"),
        1: _("The tool reported an error"),
        2: _("The arguments do not fit the tool's schema"),
        124: _("It took too long and was stopped"),
        125: _("The gateway or the server was not available"),
        126: _("Refused: a policy, an authorisation, an approval or a value is in the way"),
        127: _("The server has no such tool"),
        130: _("Cancelled"),
        137: _("Lost: its process died"),
    }
    return "" if code is None else words.get(code, _("Ended with an unknown code"))


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:8]

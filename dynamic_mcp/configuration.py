"""The configuration and the secrets of a server in a session: checked, stored, applied."""

import re
from collections.abc import Mapping
from typing import Any, Literal

from django.db import transaction
from django.utils.translation import gettext as _

from audit import services as audit
from audit.models import Verb
from dynamic_mcp import launch, readiness, servers
from dynamic_mcp.entries import ServerEntry
from dynamic_mcp.errors import ConfigInvalid, SecretInvalid, SecretUnknown
from dynamic_mcp.models import ServerState, SessionServer
from dynamic_mcp.refusals import check_texts
from dynamic_mcp.validation import Finding, SchemaUnusable, findings, with_defaults
from people.models import User
from vault import services as vault
from vault.errors import SecretMissing

SECRET_PURPOSE = "session.server"  # noqa: S105  (what the vault's row is for)
SECRET_MAX_CHARS = 64 * 1024
Applied = Literal["live", "restarted", "stored"]


def config_check(*, entry: ServerEntry, config: Mapping[str, Any], complete: bool) -> None:
    """Raise ConfigInvalid (422) for what does not fit the schema, ServerRefused (409) for what is forbidden.

    Not `complete`, a missing value is no fault: the server then waits for input.
    """
    check_texts(config)
    try:
        found = findings(entry.config_schema, with_defaults(entry.config_schema, config))
    except SchemaUnusable:
        found = [Finding(path="", message=_("The catalogue's schema of this server cannot be read."))] if config else []
    if not complete:
        missing = launch.what_is_missing(entry, config, []).config
        found = [item for item in found if item["path"] not in missing]
    if found:
        raise ConfigInvalid(errors=found)
    launch.check_launch(entry, config)


def config_set(*, row: SessionServer, user: User, config: dict[str, Any]) -> Applied:
    """Store a new configuration and apply it; return how: `restarted` where the server runs (or was tried), else
    `stored`.

    Raises ConfigInvalid, ServerRefused: then nothing has changed.
    """
    entry = ServerEntry.of(row.entry)
    config_check(entry=entry, config=config, complete=True)
    readiness.address_check(entry, config)
    changed = config != row.config
    row.config = config
    with transaction.atomic():
        if changed:
            SessionServer.objects.filter(pk=row.pk).update(config_sealed=row.config_sealed)
        state = servers.settle(row=row, restart=changed)
        audit.record(Verb.SERVER_CONFIGURE, actor=user, obj=row.session, detail={"server": row.server, "state": state})
    return "restarted" if changed and state == ServerState.STARTING else "stored"


def secrets_check(*, entry: ServerEntry, values: Mapping[str, str | None]) -> None:
    """Raise SecretUnknown for a name that the catalogue does not have, SecretInvalid for a value nobody takes."""
    known = entry.secret_envs
    unknown = [name for name in values if name not in known]
    if unknown:
        message = _("The server has no secret of this name.")
        raise SecretUnknown(errors=[{"path": name, "message": message} for name in unknown])
    bad = [name for name, value in values.items() if value and (len(value) > SECRET_MAX_CHARS or "\x00" in value)]
    if entry.kind == "remote":
        bad += [name for name, value in values.items() if value and re.search(r"[\r\n]", value)]
    if bad:
        message = _("This value is too long or holds characters that cannot be passed on.")
        raise SecretInvalid(errors=[{"path": name, "message": message} for name in bad])


def secrets_set(*, row: SessionServer, user: User, values: Mapping[str, str | None]) -> None:
    """Store, replace or (empty or null) remove secrets by their catalogue names; a running server restarts.

    Raises SecretUnknown, SecretInvalid: then nothing has changed.
    """
    secrets_check(entry=ServerEntry.of(row.entry), values=values)
    with transaction.atomic():
        row.secret_keys = secrets_kept(user=user, keys=row.secret_keys, values=values)
        SessionServer.objects.filter(pk=row.pk).update(secret_keys=row.secret_keys)
        servers.settle(row=row, restart=bool(values))
        names = ", ".join(sorted(values))
        audit.record(Verb.SERVER_SECRETS, actor=user, obj=row.session, detail={"server": row.server, "names": names})


def secrets_kept(*, user: User, keys: Mapping[str, str], values: Mapping[str, str | None]) -> dict[str, str]:
    """Write values into the vault and return {secret name: storage key} with what was there before."""
    kept = dict(keys)
    for name, value in values.items():
        if value:
            kept[name] = _stored(user, value, kept.get(name))
        elif name in kept:
            vault.secret_delete(key=kept.pop(name), owner=user)
    return kept


def _stored(user: User, value: str, key: str | None) -> str:
    try:
        return vault.secret_store(owner=user, purpose=SECRET_PURPOSE, value=value, key=key)
    except SecretMissing:  # the value under that key is gone: this one takes its place
        return vault.secret_store(owner=user, purpose=SECRET_PURPOSE, value=value)

"""The audit log: one row per act, append-only, with copies of names that outlive what they name."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Verb(models.TextChoices):
    """The closed list of acts. Add one here, in the past-free form `object.act`."""

    USER_LOGIN = "user.login", _("logged in")
    USER_LOGOUT = "user.logout", _("logged out")
    USER_CREATE = "user.create", _("created a user")
    USER_UPDATE = "user.update", _("changed a user")
    USER_PASSWORD = "user.password", _("changed a password")
    USER_DELETE = "user.delete", _("deleted a user")
    USER_EXPORT = "user.export", _("exported a user's data")
    TOKEN_CREATE = "token.create", _("created an API token")
    TOKEN_REVOKE = "token.revoke", _("revoked an API token")
    ACCESS_THROTTLE = "access.throttle", _("tried too often")
    CATALOG_SYNC = "catalog.sync", _("read a catalogue source")
    CATALOG_APPROVE = "catalog.approve", _("approved a catalogue server")
    CATALOG_REJECT = "catalog.reject", _("rejected a catalogue server")
    SESSION_CREATE = "session.create", _("created a session")
    SESSION_END = "session.end", _("ended a session")
    SERVER_ADD = "server.add", _("added a server to a session")
    SERVER_CONFIGURE = "server.configure", _("changed a server's configuration")
    SERVER_SECRETS = "server.secrets", _("set a server's secrets")
    SERVER_REMOVE = "server.remove", _("removed a server from a session")
    GATEWAY_STATE = "gateway.state", _("gateway changed its state")
    EXEC_RUN = "exec.run", _("ran a tool")
    EXEC_CANCEL = "exec.cancel", _("cancelled a run")
    VAULT_ROTATE = "vault.rotate", _("rotated the vault's keys")
    SWEEP_REMOVE = "sweep.remove", _("removed something without an owner")
    AUDIT_PURGE = "audit.purge", _("removed events past their time")


def verbs() -> list[tuple[str, Any]]:
    """The choices of `AuditEvent.verb`; a function, so that a new act needs no migration."""
    return [(verb.value, verb.label) for verb in Verb]


class Outcome(models.TextChoices):
    OK = "ok", _("done")
    REFUSED = "refused", _("refused")
    FAILED = "failed", _("failed")


class AppendOnly(TypeError):
    """Somebody tried to change or delete what was written down; a programming error, never a user's."""


class Log(models.QuerySet["AuditEvent"]):
    """Events can be added and read. `audit.services.purge` is the one way out."""

    def update(self, **kwargs: Any) -> int:
        raise AppendOnly

    def delete(self) -> tuple[int, dict[str, int]]:
        raise AppendOnly

    def bulk_create(self, objs: Iterable["AuditEvent"], *args: Any, **kwargs: Any) -> "list[AuditEvent]":
        if kwargs.get("update_conflicts"):
            raise AppendOnly
        return super().bulk_create(objs, *args, **kwargs)


WAYS = {
    "page": pgettext_lazy("way", "page"),
    "api": pgettext_lazy("way", "API"),
    "agent": pgettext_lazy("way", "agent"),
    "task": pgettext_lazy("way", "background"),
    "command": pgettext_lazy("way", "command"),
}


class AuditEvent(models.Model):
    at = models.DateTimeField(_("time"), auto_now_add=True, db_index=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )
    actor_name = models.CharField(_("who"), max_length=150, blank=True)
    via = models.CharField(_("by way of"), max_length=20, blank=True)  # page, api, agent, task, command
    verb = models.CharField(_("act"), max_length=40, choices=verbs)
    object_type = models.CharField(max_length=40, blank=True)
    object_id = models.CharField(max_length=64, blank=True)
    object_name = models.CharField(_("on what"), max_length=200, blank=True)
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome.choices, default=Outcome.OK)
    detail = models.JSONField(_("detail"), default=dict)
    address = models.CharField(_("from where"), max_length=45, blank=True)
    request_id = models.CharField(_("request"), max_length=26, blank=True, db_index=True)

    objects = Log.as_manager()

    class Meta:
        verbose_name = _("audit event")
        verbose_name_plural = _("audit events")
        ordering: ClassVar = ["-at", "-id"]
        indexes: ClassVar = [models.Index(fields=["object_type", "object_id"]), models.Index(fields=["verb", "at"])]

    def __str__(self) -> str:
        return f"{self.actor_name} {self.verb} {self.object_name}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnly
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise AppendOnly

    @property
    def via_words(self) -> Promise | str:
        """By way of what, in words."""
        return WAYS.get(self.via, self.via)

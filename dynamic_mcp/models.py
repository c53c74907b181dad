"""Sessions, the servers in them with their configuration, and executions.

Security duty: what a user typed (configuration, arguments) and got (results) is sealed at rest with the row's identity.
"""

import json
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from foundation.ids import new_id
from gateways.models import Gateway, Runtime
from vault import services as vault


class SessionState(models.TextChoices):
    ACTIVE = "active", _("Active")
    ENDING = "ending", _("Ending")
    ENDED = "ended", _("Ended")


class ServerState(models.TextChoices):
    NEEDS_INPUT = "needs_input", _("Needs input")
    NEEDS_AUTHORIZATION = "needs_authorization", _("Needs authorisation")
    NEEDS_APPROVAL = "needs_approval", _("Needs approval")
    STARTING = "starting", _("Starting")
    READY = "ready", _("Ready")
    FAILED = "failed", _("Failed")
    STOPPING = "stopping", _("Stopping")
    REMOVED = "removed", _("Removed")  # kept for its receipt; never in a list


class ExecutionState(models.TextChoices):
    QUEUED = "queued", _("Queued")
    RUNNING = "running", _("Running")
    INPUT_REQUIRED = "input_required", _("Waits for your answer")
    FINISHED = "finished", _("Finished")
    CANCELLED = "cancelled", _("Cancelled")
    LOST = "lost", _("Lost")


class Session(models.Model):
    """One user's working set of servers, with one gateway."""

    id = models.CharField(primary_key=True, max_length=26, default=new_id, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="mcp_sessions")
    name = models.CharField(_("name"), max_length=100)
    state = models.CharField(_("state"), max_length=10, choices=SessionState.choices, default=SessionState.ACTIVE)
    runtime = models.CharField(_("runtime"), max_length=10, choices=Runtime.choices, default=Runtime.EMBEDDED)
    gateway = models.OneToOneField(Gateway, on_delete=models.SET_NULL, null=True, blank=True, related_name="session")
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    last_used_at = models.DateTimeField(_("last use"))
    expires_at = models.DateTimeField(_("expires"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    receipt = models.JSONField(_("receipt"), null=True, blank=True)

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        ordering: ClassVar = ["-created_at"]
        indexes: ClassVar = [models.Index(fields=["owner", "state"])]

    def __str__(self) -> str:
        return self.name


class SessionServer(models.Model):
    """A catalogue server in a session: its configuration, its secrets' keys, its state and its tools.

    `entry` is the catalogue entry as it was when added: a changed catalogue never changes what runs.
    """

    id = models.CharField(primary_key=True, max_length=26, default=new_id, editable=False)
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="servers")
    server = models.CharField(_("server"), max_length=120)
    entry = models.JSONField(default=dict, editable=False)
    config_sealed = models.BinaryField(null=True, editable=False)  # see `config`
    secret_keys = models.JSONField(default=dict, editable=False)  # {secret name: vault key}
    state = models.CharField(_("state"), max_length=20, choices=ServerState.choices, default=ServerState.STARTING)
    missing = models.JSONField(default=dict)  # {config: [path], secrets: [name]}
    progress = models.CharField(max_length=200, blank=True)
    reason_code = models.CharField(max_length=64, blank=True)
    detail = models.TextField(blank=True)  # redacted
    tools = models.JSONField(default=list)  # [{name, description, input_schema, annotations}]
    signature = models.JSONField(null=True, blank=True)  # {result, reason_code, digest}
    receipt = models.JSONField(null=True, blank=True)
    added_at = models.DateTimeField(_("added"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("session server")
        verbose_name_plural = _("session servers")
        ordering: ClassVar = ["added_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["session", "server"], condition=~models.Q(state="removed"), name="one_server_once_a_session"
            )
        ]

    def __str__(self) -> str:
        return self.server

    @property
    def config(self) -> dict[str, Any]:
        """The configuration as its owner gave it; empty while there is none. Raises SecretUnreadable."""
        if self.config_sealed is None:
            return {}
        opened: dict[str, Any] = json.loads(vault.unseal(bytes(self.config_sealed), identity=config_identity(self)))
        return opened

    @config.setter
    def config(self, config: dict[str, Any]) -> None:
        self.config_sealed = vault.seal(json.dumps(config).encode(), identity=config_identity(self)) if config else None


def config_identity(row: SessionServer) -> str:
    """Return what a sealed configuration is bound to: table, row and session, which has one owner."""
    return f"dynamic_mcp.SessionServer:{row.pk}:{row.session_id}:config"


class Execution(models.Model):
    """One run of one tool. Arguments and result are sealed for the owner; nothing of them is searchable."""

    id = models.CharField(primary_key=True, max_length=26, default=new_id, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="executions")
    server = models.CharField(_("server"), max_length=120, blank=True)
    tool = models.CharField(_("tool"), max_length=200)
    state = models.CharField(_("state"), max_length=15, choices=ExecutionState.choices, default=ExecutionState.QUEUED)
    arguments_sealed = models.BinaryField(null=True, editable=False)
    result_sealed = models.BinaryField(null=True, editable=False)  # {output, content, structured_content}
    exit_code = models.IntegerField(_("exit code"), null=True, blank=True)
    reason_code = models.CharField(max_length=64, blank=True)
    timeout_s = models.PositiveIntegerField(default=60)
    progress = models.JSONField(null=True, blank=True)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    duration_ms = models.FloatField(_("duration (ms)"), null=True, blank=True)
    output_truncated = models.BooleanField(default=False)
    output_bytes = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("execution")
        verbose_name_plural = _("executions")
        ordering: ClassVar = ["-created_at"]
        indexes: ClassVar = [models.Index(fields=["session", "created_at"]), models.Index(fields=["state"])]

    def __str__(self) -> str:
        return f"{self.tool} {self.state}"

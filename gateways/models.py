"""The gateway process of a session: what it should be, and what it is."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from foundation.ids import new_id


class GatewayState(models.TextChoices):
    STOPPED = "stopped", _("Stopped")
    STARTING = "starting", _("Starting")
    RUNNING = "running", _("Running")
    UNHEALTHY = "unhealthy", _("Not answering")
    FAILED = "failed", _("Failed")


class Runtime(models.TextChoices):
    EMBEDDED = "embedded", _("Embedded")
    DOCKER = "docker", _("Docker")
    EXTERNAL = "external", _("External")


class Gateway(models.Model):
    """One local gateway process, found again by pid and start time. `session_id` is the label on all it owns."""

    id = models.CharField(primary_key=True, max_length=26, default=new_id, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    session_id = models.CharField(max_length=26, unique=True)
    runtime = models.CharField(_("runtime"), max_length=10, choices=Runtime.choices, default=Runtime.EMBEDDED)
    state = models.CharField(_("state"), max_length=10, choices=GatewayState.choices, default=GatewayState.STOPPED)
    node = models.CharField(_("node"), max_length=100)
    address = models.CharField(max_length=100, default="127.0.0.1")
    port = models.PositiveIntegerField(null=True, blank=True)
    pid = models.PositiveIntegerField(null=True, blank=True)
    process_started = models.FloatField(null=True, blank=True)  # seconds since the epoch, as psutil gives it
    bearer_sealed = models.BinaryField(null=True, editable=False)
    mcp_session_id = models.CharField(max_length=100, blank=True, editable=False)
    latency_ms = models.FloatField(_("latency (ms)"), null=True, blank=True)
    desired_revision = models.PositiveIntegerField(default=0)  # grows when the wanted servers change
    applied_revision = models.PositiveIntegerField(default=0)
    lease_owner = models.CharField(max_length=64, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)
    handshake_until = models.DateTimeField(null=True, blank=True, editable=False)  # who makes the MCP session anew
    told_seq = models.PositiveBigIntegerField(default=0, editable=False)  # newest state passed on to `servers_told`
    failures = models.PositiveSmallIntegerField(default=0, editable=False)  # failed probes in a row
    closed = models.BooleanField(default=False, editable=False)  # its session has ended: never started again
    reason_code = models.CharField(max_length=64, blank=True)
    detail = models.TextField(blank=True)  # redacted
    started_at = models.DateTimeField(null=True, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("gateway")
        verbose_name_plural = _("gateways")

    def __str__(self) -> str:
        return f"{self.session_id} {self.state}"

"""Accounts, API tokens, the first-administrator link and the inbox."""

from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _

from foundation.ids import new_id


class Role(models.TextChoices):
    """Administrator includes security officer includes operator; an auditor reads and changes nothing."""

    OPERATOR = "operator", _("Operator")
    SECURITY_OFFICER = "security_officer", _("Security officer")
    ADMINISTRATOR = "administrator", _("Administrator")
    AUDITOR = "auditor", _("Auditor")


class Scope(models.TextChoices):
    READ = "read", _("Read")
    USE = "use", _("Use sessions, connections and gateways")
    MANAGE = "manage", _("Manage people, sources and approvals")
    POLICY = "policy", _("Change policy, trusted keys and allow lists")
    AGENT = "agent", _("Agent endpoint only")


class User(AbstractUser):
    role = models.CharField(_("role"), max_length=20, choices=Role.choices, default=Role.OPERATOR)

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")

    @property
    def is_administrator(self) -> bool:
        return self.role == Role.ADMINISTRATOR

    @property
    def is_officer(self) -> bool:
        """May set the signature policy, trusted keys and allow lists."""
        return self.role in (Role.SECURITY_OFFICER, Role.ADMINISTRATOR)

    @property
    def may_use(self) -> bool:
        """May change things of one's own; an auditor only reads."""
        return self.role != Role.AUDITOR

    @property
    def may_audit(self) -> bool:
        return self.role in (Role.AUDITOR, Role.ADMINISTRATOR)


class ApiToken(models.Model):
    """A bearer token for programs. The token itself is shown once; only its SHA-256 is kept."""

    id = models.CharField(primary_key=True, max_length=26, default=new_id, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(_("name"), max_length=100)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    last4 = models.CharField(max_length=4, editable=False)
    scopes = models.JSONField(_("scopes"), default=list)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    expires_at = models.DateTimeField(_("expires"))
    last_used_at = models.DateTimeField(_("last use"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        ordering: ClassVar = ["-created_at"]

    def __str__(self) -> str:
        return self.name


class SetupLink(models.Model):
    """The one-time link that makes the first administrator; of no use once one exists."""

    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("first-administrator link")
        verbose_name_plural = _("first-administrator links")

    def __str__(self) -> str:
        return f"{self.created_at:%Y-%m-%d %H:%M}"


class Notice(models.Model):
    """Something that waits for a person. `code` chooses the sentence, `context` fills it; no secret in either."""

    id = models.CharField(primary_key=True, max_length=26, default=new_id, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notices")
    code = models.CharField(max_length=64)
    context = models.JSONField(default=dict)
    url = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        ordering: ClassVar = ["-created_at"]
        indexes: ClassVar = [models.Index(fields=["user", "read_at"])]

    def __str__(self) -> str:
        return self.code

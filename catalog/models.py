"""Catalogue servers and where they come from."""

from typing import ClassVar

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

NAME_PATTERN = r"[A-Za-z0-9][A-Za-z0-9._-]*"


class Kind(models.TextChoices):
    IMAGE = "image", _("Container image")
    PACKAGE = "package", _("Package")
    REMOTE = "remote", _("Remote")
    POCI = "poci", _("Container commands")


class Approval(models.TextChoices):
    NOT_NEEDED = "not_needed", _("No approval needed")
    APPROVED = "approved", _("Approved")
    UNREVIEWED = "unreviewed", _("Not reviewed yet")
    REJECTED = "rejected", _("Rejected")


class SourceShape(models.TextChoices):
    STARTER = "starter", _("Starter catalogue")
    DOCKER_CATALOG = "docker_catalog", _("Docker catalogue file")
    DOCKER_REGISTRY = "docker_registry", _("docker/mcp-registry folder")
    MCP_REGISTRY = "mcp_registry", _("MCP registry")
    OWN = "own", _("Own entries")


class Rank(models.IntegerChoices):
    """Who may hold a name: the lower number wins, the other becomes `name.source`."""

    OWN = 10, _("own")
    DOCKER = 20, _("Docker")
    OTHER = 30, _("other")
    STARTER = 40, _("starter")
    OPEN_REGISTRY = 50, _("open registry")


class Source(models.Model):
    name = models.CharField(_("name"), max_length=60, unique=True, validators=[RegexValidator(NAME_PATTERN)])
    shape = models.CharField(_("shape"), max_length=20, choices=SourceShape.choices)
    location = models.CharField(_("path or address"), max_length=500, blank=True)
    rank = models.IntegerField(_("rank"), choices=Rank.choices)
    synced_at = models.DateTimeField(_("last read"), null=True, blank=True)
    last_report = models.JSONField(_("last report"), default=dict)

    class Meta:
        verbose_name = _("source")
        verbose_name_plural = _("sources")
        ordering: ClassVar = ["rank", "name"]

    def __str__(self) -> str:
        return self.name


class CatalogServer(models.Model):
    """One entry. The JSON columns have the shapes named beside them; `dynamic_mcp` reads them as `ServerEntry`."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="servers")
    source_name = models.CharField(max_length=200)  # as the source writes it
    title = models.CharField(_("title"), max_length=200)
    description = models.TextField(_("description"), blank=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, db_index=True)
    image = models.CharField(_("image"), max_length=300, blank=True)
    package = models.JSONField(default=dict)  # {registry: pypi|npm, name, version, runner: uvx|npx} or {}
    remote_url = models.CharField(_("URL"), max_length=500, blank=True)
    transport = models.CharField(max_length=20, blank=True)  # streamable-http | sse, for remote
    headers = models.JSONField(default=dict)  # {name: value}, values may hold ${ENV} of a secret or {{server.key}}
    command = models.JSONField(default=list)  # arguments, may hold {{server.key}}
    env = models.JSONField(default=list)  # [{name, value}], value may hold {{server.key}}
    secrets = models.JSONField(default=list)  # [{name, env, description, example, required}]
    config_schema = models.JSONField(default=dict)  # one JSON schema object with properties, or {}
    volumes = models.JSONField(default=list)  # ["source:target[:ro]"]
    run_user = models.CharField(max_length=100, blank=True)
    disable_network = models.BooleanField(default=False)
    allow_hosts = models.JSONField(default=list)
    extra_hosts = models.JSONField(default=list)
    long_lived = models.BooleanField(default=False)
    oauth = models.JSONField(default=list)  # [{provider, secret, env}]; a remote may also need OAuth without any
    oauth_scopes = models.JSONField(default=list)
    requires_oauth = models.BooleanField(default=False, db_index=True)
    tools = models.JSONField(default=list)  # [{name, description, ...}] where the source tells
    categories = models.JSONField(default=list)
    tags = models.JSONField(default=list)
    icon = models.CharField(max_length=500, blank=True)
    homepage = models.CharField(max_length=500, blank=True)
    readme = models.TextField(blank=True)
    approval = models.CharField(_("approval"), max_length=12, choices=Approval.choices, default=Approval.NOT_NEEDED)
    fingerprint = models.CharField(max_length=64, editable=False)  # SHA-256 of the entry as imported
    imported_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("catalogue server")
        verbose_name_plural = _("catalogue servers")
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name


class CatalogRevision(models.Model):
    """One row whose number grows with every change: processes know when their search index is stale."""

    number = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name = _("catalogue revision")
        verbose_name_plural = _("catalogue revisions")

    def __str__(self) -> str:
        return str(self.number)

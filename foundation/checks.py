"""Settings checks: each misconfiguration has an id, a sentence and a hint, before it becomes a riddle."""

import ipaddress
import stat
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.checks import Warning as CheckWarning
from django.utils.translation import gettext as _

from foundation.addresses import AllowListError, OutboundPolicy
from foundation.hostnames import HostRefused, canonical_host

_CHOICES = {
    "GATEWAY_RUNTIME": ("auto", "docker", "embedded"),
    "PACKAGE_SERVERS": ("auto", "approved", "all", "off"),
    "VAULT_BACKEND": ("database", "bitwarden"),
    "LANGUAGE_CODE": ("ja", "en"),
}
_POSITIVE = (
    "SESSION_IDLE_MINUTES",
    "SESSION_MAX_HOURS",
    "SESSIONS_PER_USER",
    "EXEC_OUTPUT_MAX_BYTES",
    "EXECUTION_KEEP_DAYS",
    "HEALTH_KEEP_DAYS",
    "AUDIT_KEEP_DAYS",
)
_FAR_TOO_MUCH = ("", "/etc", "/home", "/root", "/proc", "/sys", "/var", "/run", "/var/run", "/usr", "/boot", "/dev")


@register()
def check_addresses(**kwargs: Any) -> list[CheckMessage]:
    """E001 PUBLIC_BASE_URL, E002 BIND, E003 PORT, E004 TRUSTED_PROXIES, E005 the allow lists, W001 plain http."""
    found: list[CheckMessage] = []
    public = urlsplit(settings.PUBLIC_BASE_URL)
    try:
        host = canonical_host(public.hostname or "")
    except HostRefused:
        host = ""
    if public.scheme not in ("http", "https") or not host or "@" in public.netloc or public.path.strip("/"):
        hint = _("It is scheme, host and port as browsers see them, such as https://console.example.org.")
        found.append(Error(_("PUBLIC_BASE_URL is not the address of a site."), hint=hint, id="foundation.E001"))
    elif public.scheme == "http" and not _is_loopback(host):
        hint = _("Put a proxy with a certificate in front, and give PUBLIC_BASE_URL as https.")
        found.append(CheckWarning(_("PUBLIC_BASE_URL is not https."), hint=hint, id="foundation.W001"))
    if not (settings.BIND == "localhost" or _is_network(settings.BIND)):
        hint = _("Use 127.0.0.1, or 0.0.0.0 behind a proxy.")
        found.append(Error(_("BIND is not an address."), hint=hint, id="foundation.E002"))
    if not 0 < settings.PORT < 65536:
        found.append(Error(_("PORT is not between 1 and 65535."), hint="PORT=8000", id="foundation.E003"))
    if not all(_is_network(proxy) for proxy in settings.TRUSTED_PROXIES):
        hint = _("Give addresses or networks, separated by commas.")
        found.append(Error(_("TRUSTED_PROXIES cannot be read."), hint=hint, id="foundation.E004"))
    for name in ("OUTBOUND_ALLOW", "GATEWAY_ALLOWED_HOSTS"):
        try:
            OutboundPolicy(getattr(settings, name))
        except AllowListError as error:
            hint = _("Each entry is a host, *.suffix or network, with an optional :port.")
            sentence = _("%(name)s has an entry that cannot be read: %(entry)s")
            found.append(Error(sentence % {"name": name, "entry": error.entry}, hint=hint, id="foundation.E005"))
    return found


@register()
def check_values(**kwargs: Any) -> list[CheckMessage]:
    """E006 a choice, E007 a number that must be positive, E008 EXEC_TIMEOUT_S, E009 BITWARDEN_SERVE_URL."""
    found: list[CheckMessage] = []
    for name, choices in _CHOICES.items():
        if getattr(settings, name) not in choices:
            sentence = _("%(name)s has a value that does not exist.") % {"name": name}
            found.append(Error(sentence, hint=f"{name}={'|'.join(choices)}", id="foundation.E006"))
    for name in _POSITIVE:
        if getattr(settings, name) < 1:
            sentence = _("%(name)s must be 1 or more.") % {"name": name}
            found.append(Error(sentence, hint=_("Leave it out for the default."), id="foundation.E007"))
    if not 1 <= settings.EXEC_TIMEOUT_S <= settings.EXEC_TIMEOUT_MAX_S:
        sentence = _("EXEC_TIMEOUT_S must be between 1 and %(most)d seconds.") % {"most": settings.EXEC_TIMEOUT_MAX_S}
        found.append(Error(sentence, hint="EXEC_TIMEOUT_S=60", id="foundation.E008"))
    if settings.VAULT_BACKEND == "bitwarden" and not settings.BITWARDEN_SERVE_URL:
        hint = _("Start `bw serve` and give its address.")
        found.append(Error(_("BITWARDEN_SERVE_URL is missing."), hint=hint, id="foundation.E009"))
    return found


@register()
def check_data_folder(**kwargs: Any) -> list[CheckMessage]:
    """E010 a data folder that is not one, W002 one that other users can read."""
    folder = Path(settings.CONSOLE_DATA_DIR)
    if not folder.is_dir():
        hint = _("Give a folder that this user may write, in CONSOLE_DATA_DIR.")
        return [Error(_("The data folder is not there."), hint=hint, id="foundation.E010")]
    if folder.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        sentence = _("The data folder can be read by other users of this machine.")
        return [CheckWarning(sentence, hint=f"chmod 700 {folder}", id="foundation.W002")]
    return []


@register()
def check_reading(**kwargs: Any) -> list[CheckMessage]:
    """E011 a setting that could not be read, E012 no folder in MOUNT_ALLOW, W003 one that opens too much."""
    found: list[CheckMessage] = []
    for name, example in settings.SETTINGS_UNREADABLE.items():
        sentence = _("%(name)s cannot be read.") % {"name": name}
        found.append(Error(sentence, hint=example, id="foundation.E011"))
    for entry in settings.MOUNT_ALLOW:
        folder = entry.removesuffix(":rw")
        if not folder.startswith("/") or ".." in folder.split("/") or ":" in folder:
            hint = _("Each entry is the full path of a folder, with :rw behind it where servers may write.")
            sentence = _("MOUNT_ALLOW has an entry that cannot be read: %(entry)s") % {"entry": entry}
            found.append(Error(sentence, hint=hint, id="foundation.E012"))
        elif folder.rstrip("/") in _FAR_TOO_MUCH or folder.endswith("docker.sock"):
            sentence = _("MOUNT_ALLOW gives servers %(entry)s, and with it this machine.") % {"entry": entry}
            found.append(CheckWarning(sentence, hint=_("Name the one folder that is needed."), id="foundation.W003"))
    return found


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def _is_loopback(host: str) -> bool:
    return host == "localhost" or (_is_network(host) and ipaddress.ip_address(host).is_loopback)

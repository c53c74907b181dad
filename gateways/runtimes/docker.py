"""The docker runtime: whether this machine could run container images, answered by asking it.

Running them is not part of this version, and `available` says so where nothing else is in the way.
"""

import time

from django.utils.translation import gettext as _

from foundation import processes

_KEPT_S = 30.0
_DEADLINE_S = 5.0
_answer: tuple[float, str] | None = None


def available() -> str | None:
    """Return why container images cannot run here, or None when they can. Asked every 30 s at most."""
    global _answer
    now = time.monotonic()
    if _answer is None or now - _answer[0] > _KEPT_S:
        _answer = (now, _missing())
    return _reason(_answer[1])


def _missing() -> str:
    env = processes.base_environment(("HOME", "DOCKER_HOST", "DOCKER_CONFIG"))
    steps = (
        ("engine", ["docker", "version", "--format", "{{.Server.Version}}"]),
        ("plugin", ["docker", "mcp", "version"]),
    )
    try:
        for name, command in steps:
            if processes.run(command, env=env, timeout_s=_DEADLINE_S).returncode != 0:
                return name
    except OSError:
        return "client"
    return ""


def _reason(missing: str) -> str:
    """Return the sentence in the caller's language; the answer itself is kept without one."""
    if missing == "client":
        return _("Docker is not installed on this machine. This version runs package and remote servers without it.")
    if missing == "engine":
        return _("Docker's engine does not answer. This version runs package and remote servers without it.")
    if missing == "plugin":
        return _("Docker's MCP plugin is not installed. This version runs package and remote servers without it.")
    # Everything is there, and still no: this version has no runtime for images.
    return _("This version does not run container images yet. Package and remote servers run without them.")

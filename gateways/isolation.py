"""Package servers run somebody else's code: bubblewrap keeps the console's own things out of their sight.

Security duty (attack case 25): inside there is a read-only system, the server's own HOME, TMP and cache, and its own
process table; no data folder, no vault keys, no database, no other session, nobody's home. The network stays.
Source: bwrap(1).
"""

import os
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from foundation import processes

_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc", "/opt", "/nix/store")
_MASKED = ("/etc/shadow", "/etc/gshadow", "/etc/sudoers")
_KEPT_S = 300.0
_answer: tuple[float, str] | None = None


def available() -> str | None:
    """Return why package servers cannot be isolated here, or None when they are. Tried out, every 5 min at most."""
    global _answer
    now = time.monotonic()
    if _answer is None or now - _answer[0] > _KEPT_S:
        _answer = (now, _missing())
    if _answer[1] == "program":
        return _("Package servers run with the console's rights: bubblewrap (bwrap) is not installed.")
    if _answer[1] == "refused":
        return _("Package servers run with the console's rights: this system does not let bubblewrap work.")
    return None


def _missing() -> str:
    program = shutil.which("bwrap")
    if program is None:
        return "program"
    try:
        trial = wrap([shutil.which("true") or "/bin/true"], writable=[], cwd=Path("/"))
        done = processes.run(trial, env=processes.base_environment(), timeout_s=5.0)
    except OSError:
        return "refused"
    return "" if done.returncode == 0 else "refused"


def wrap(argv: Sequence[str], *, writable: Sequence[Path], cwd: Path) -> list[str]:
    """Return `argv` to be run inside: only `writable` folders can be written to, and only the system is seen besides.

    The environment is passed on as it is given to the process; nothing of it appears in the argument vector.
    """
    command = [shutil.which("bwrap") or "bwrap", "--die-with-parent", "--unshare-pid", "--unshare-ipc"]
    command += ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--tmpfs", "/run", "--tmpfs", "/var/tmp"]  # noqa: S108
    seen = sorted({*_SYSTEM, *_interpreters()})
    for path in seen:
        if Path(path).is_symlink():
            command += ["--symlink", os.readlink(path), path]
        elif Path(path).is_dir():
            command += ["--ro-bind", path, path]
    for path in _MASKED:
        if Path(path).is_file():
            command += ["--ro-bind", "/dev/null", path]
    for path in _resolver():
        command += ["--ro-bind", path, path]
    data = Path(settings.CONSOLE_DATA_DIR).resolve()
    command += ["--tmpfs", str(data)]  # it may lie below a folder that is seen
    for folder in writable:
        command += ["--bind", str(folder.resolve()), str(folder)]
    return [*command, "--chdir", str(cwd), "--", *argv]


def _interpreters() -> list[str]:
    """Return where the console's own Python, uv and Node lie, outside of the system's folders."""
    programs = [shutil.which(name) for name in ("npx", "node", "uv")]
    places = [sys.prefix, sys.base_prefix, *(str(Path(found).resolve().parent.parent) for found in programs if found)]
    return [
        place
        for place in places
        if place != "/" and not any(place.startswith(f"{s}/") for s in _SYSTEM) and place not in _SYSTEM
    ]


def _resolver() -> list[str]:
    """Return the file that /etc/resolv.conf is a link to, where it lies outside of /etc."""
    target = os.path.realpath("/etc/resolv.conf")
    return [target] if not target.startswith("/etc/") and Path(target).is_file() else []

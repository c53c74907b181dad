"""The program's own log: one redacted line at a time on stderr, which the console keeps as `gateway.log`.

Security duty: every line is redacted and free of control characters; a server's secrets are masked by its caller.
The file is cut back when it grows past `LOG_MAX_BYTES`, with one older copy beside it.
"""

import os
import stat
import sys
import threading
import time

from foundation.redaction import redact
from gateways.embedded.limits import LOG_MAX_BYTES

_lock = threading.Lock()
_kept_as = ""


def keep_older_as(path: str) -> None:
    """Name the file that takes the older half when the log is cut back."""
    global _kept_as
    _kept_as = path


def log(text: str) -> None:
    """Write one line: UTC time and the redacted text."""
    line = redact(text).replace("\n", " | ")[:2000]
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    with _lock:
        _cut_back()
        try:
            os.write(2, f"{stamp} {line}\n".encode("utf-8", "replace"))
        except OSError:
            sys.stderr = None  # the reader of a pipe is gone: there is nobody left to tell


def _cut_back() -> None:
    try:
        info = os.fstat(2)
        if not stat.S_ISREG(info.st_mode) or info.st_size < LOG_MAX_BYTES:
            return
        if _kept_as:
            with open("/proc/self/fd/2", "rb") as now, open(_kept_as, "wb", opener=_private) as older:
                older.write(now.read(LOG_MAX_BYTES))
        os.ftruncate(2, 0)
        os.lseek(2, 0, os.SEEK_SET)
    except OSError:
        return  # a log that cannot be cut back is no reason to stop serving


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)

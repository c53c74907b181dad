"""A PostgreSQL cluster of the suite's own: made in a temporary folder, on a socket there, gone afterwards.

PostgreSQL refuses to run as root; there the cluster belongs to the account that Debian's package made for it.
"""

import getpass
import glob
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.console import free_port

_ACCOUNTS = ("postgres", "nobody")


def binaries() -> Path | None:
    """Return the folder of the newest PostgreSQL's programs, None where there is none."""
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"))
    return Path(found[-1]).parent if found else None


@contextmanager
def postgres() -> Iterator[str]:
    """Start a cluster and yield the address of its empty database `console`: `postgres://…@127.0.0.1:port/console`."""
    programs = binaries()
    assert programs is not None, "PostgreSQL is not on this machine"
    folder = Path(tempfile.mkdtemp(prefix="console-postgres-"))
    account = _account()
    shutil.chown(folder, account)
    data, port = folder / "data", free_port()
    try:
        _run(account, programs / "initdb", "-D", data, "-U", "console", "--auth=trust", "--no-sync", "-E", "UTF8")
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        _run(account, programs / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start")
        try:
            _run(account, programs / "createdb", "-h", folder, "-p", str(port), "-U", "console", "console")
            yield f"postgres://console@127.0.0.1:{port}/console"
        finally:
            _run(account, programs / "pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _account() -> str:
    if os.geteuid() != 0:
        return getpass.getuser()
    names = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in _ACCOUNTS if name in names)


def _run(account: str, *command: str | Path) -> None:
    prefix = ["setpriv", f"--reuid={account}", f"--regid={account}", "--init-groups"] if os.geteuid() == 0 else []
    argv = [*prefix, *map(str, command)]
    result = subprocess.run(argv, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    assert result.returncode == 0, f"{argv}: {result.stderr}"

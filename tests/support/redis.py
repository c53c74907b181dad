"""A real redis-server of the suite's own, on a free loopback port with a password."""

import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import redis

from tests.support.console import free_port
from tests.support.waiting import until


@contextmanager
def redis_server() -> Iterator[str]:
    """Start it and yield its address; it keeps nothing."""
    program = shutil.which("redis-server")
    assert program is not None, "redis-server is not on this machine"
    port, password = free_port(), secrets.token_urlsafe(12)
    config = f'port {port}\nbind 127.0.0.1\nrequirepass {password}\nsave ""\nappendonly no\n'
    process = subprocess.Popen([program, "-"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    assert process.stdin is not None
    with process.stdin as stdin:
        stdin.write(config)
    address = f"redis://:{password}@127.0.0.1:{port}/0"
    try:
        until(lambda: _answers(address), timeout_s=10)
        yield address
    finally:
        process.terminate()
        process.wait(10)


def _answers(address: str) -> bool:
    client = redis.Redis.from_url(address)
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False
    finally:
        client.close()

"""The two keys of an installation: Django's signing key and the vault's key ring.

Security duty: a key is made once, with mode 0600, under the data folder; it is never printed and never replaced.
"""

import base64
import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path


def new_signing_key() -> str:
    return secrets.token_urlsafe(48)


def new_vault_key() -> str:
    """Return one entry of a key ring: `id:base64(32 random bytes)`."""
    return f"{secrets.token_hex(4)}:{base64.b64encode(secrets.token_bytes(32)).decode()}"


def read_key(name: str, environ: Mapping[str, str], file: Path, make: Callable[[], str]) -> str:
    """Return the key from variable `name`, from the file that `name_FILE` names, or from `file`, made if absent.

    Two processes that start at once agree: the file appears whole under its name, and the first one stays.
    """
    if value := environ.get(name, "").strip():
        return value
    if given := environ.get(f"{name}_FILE", "").strip():
        return Path(given).read_text().strip()
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = file.with_name(f".{file.name}.{os.getpid()}.{secrets.token_hex(4)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as stream:
            stream.write(make() + "\n")
        try:
            os.link(draft, file)
        except FileExistsError:
            pass  # another process was first, and its key is the one
        finally:
            draft.unlink()
    return file.read_text().strip()

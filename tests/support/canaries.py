"""Secrets that are told apart wherever they turn up, in any of the usual codings."""

import base64
import re
import secrets
from collections.abc import Iterable
from pathlib import Path


class Canaries:
    """Values by what they are. `found_in` names those that stand in some bytes: plain, base64 or hexadecimal."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self._forms: dict[bytes, str] = {}
        self._pattern: re.Pattern[bytes] | None = None

    def new(self, what: str) -> str:
        """Make a value and keep it under `what`."""
        return self.know(what, f"canary-{secrets.token_hex(16)}")

    def know(self, what: str, value: str) -> str:
        """Keep a value that somebody else made."""
        self.values[what] = value
        raw = value.encode()
        for form in {raw, raw.hex().encode(), *_base64_cores(raw)}:
            self._forms[form] = what
        self._pattern = None
        return value

    def found_in(self, raw: bytes, *, but: Iterable[str] = ()) -> set[str]:
        """Return what stands in `raw`, without those named in `but`."""
        if self._pattern is None:
            self._pattern = re.compile(b"|".join(re.escape(form) for form in self._forms))
        return {self._forms[each] for each in set(self._pattern.findall(raw))} - set(but)

    def found_below(self, folder: Path, *, skip: Iterable[Path] = ()) -> dict[str, set[str]]:
        """Return what stands in the files below a folder, by path; links are not followed."""
        left_out = tuple(str(path) for path in skip)
        found = {}
        for path in folder.rglob("*"):
            if path.is_symlink() or not path.is_file() or str(path).startswith(left_out or ("\0",)):
                continue
            try:
                what = self.found_in(path.read_bytes())
            except OSError:  # it went away meanwhile
                continue
            if what:
                found[str(path.relative_to(folder))] = what
        return found


def _base64_cores(raw: bytes) -> set[bytes]:
    """Return what is the same in base64 wherever the value stands in the coded text: one core for each alignment."""
    cores = set()
    for shift in range(3):
        coded = base64.b64encode(b"\0" * shift + raw)
        core = coded[(shift * 8 + 5) // 6 : len(coded) - 4]
        cores |= {core, core.replace(b"+", b"-").replace(b"/", b"_")}
    return cores

"""Finds a package server that a first start has already installed in the user's cache, to run it without its runner.

`uvx` takes as long to look its environment up as a small server takes to start, and stays beside it with 75 MB; `npx`
half a second. Security duty: only the exact pinned version counts, whole (the runner's own sign of a finished
installation), and only files that lie in the user's own cache. Where anything is missing, the runner is used again.
Sources: uv's cache (`environments-v2/<interpreter>/<key>`, a link made last), npm's (`.package-lock.json`).
"""

import json
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_MANIFEST_MAX_BYTES = 1_000_000


def pypi_command(cache: Path, name: str, version: str, executable: str) -> list[str] | None:
    """Return the command of an installed PyPI package; None where the cache has no whole environment of it."""
    if "[" in name:
        return None  # what extras an environment holds is not seen from outside
    told = f"{re.sub(r'[-_.]+', '_', name).lower()}-{version}.dist-info"
    for environment in _newest(cache, "environments-v*/*/*"):
        program, python = environment / "bin" / executable, environment / "bin" / "python"
        there = any(found.name.lower() == told for found in environment.glob("lib/python*/site-packages/*.dist-info"))
        if there and _inside(program, cache) and os.access(program, os.X_OK) and python.exists():
            return [str(program)]
    return None


def npm_command(cache: Path, name: str, version: str, node: str | None) -> list[str] | None:
    """Return the command of an installed npm package; None where the cache has no whole installation of it."""
    if node is None:
        return None
    for folder in _newest(cache, "_npx/*"):
        modules = folder / "node_modules"
        package = modules / name
        asked = _json(folder / "package.json").get("_npx")
        if not isinstance(asked, dict) or asked.get("packages") != [f"{name}@{version}"]:
            continue
        manifest = _json(package / "package.json")
        program = _program(name, manifest.get("bin"))
        if manifest.get("version") == version and program and (modules / ".package-lock.json").is_file():
            script = package / program
            if _inside(script, cache) and script.suffix in (".js", ".mjs", ".cjs"):
                return [node, str(script)]
    return None


def _program(name: str, told: Any) -> str | None:
    """Return the one script that `npx` would run: the only one, or the one of the package's own name."""
    if isinstance(told, str):
        return told
    if not isinstance(told, dict):
        return None
    programs = {str(key): value for key, value in told.items() if isinstance(value, str)}
    if len(set(programs.values())) == 1:
        return next(iter(programs.values()))
    return programs.get(name.rpartition("/")[2])


def _newest(cache: Path, pattern: str) -> Sequence[Path]:
    found = [path for path in cache.glob(pattern) if path.is_dir()]
    return sorted(found, key=lambda path: path.lstat().st_mtime, reverse=True)


def _inside(path: Path, cache: Path) -> bool:
    return path.is_file() and path.resolve().is_relative_to(cache.resolve())


def _json(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > _MANIFEST_MAX_BYTES:
            return {}
        data = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}

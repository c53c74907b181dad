"""Wheels of the suite's small MCP servers (PEP 427), for the real `uvx` to install without a network."""

import zipfile
from pathlib import Path

ECHO = Path(__file__).parent / "mcp_servers" / "echo.py"
RUN = "def main():\n    import {module}_server  # it serves until its input ends\n\n    raise SystemExit(0)\n"


def wheel_of(source: Path, folder: Path, name: str, version: str = "1.0.0") -> Path:
    """Write the module `source` as a package whose command has the package's own name; return the wheel's path."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    module = name.replace("-", "_")
    path = folder / f"{module}-{version}-py3-none-any.whl"
    info = f"{module}-{version}.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.write(source, f"{module}_server.py")
        wheel.writestr(f"{module}_run.py", RUN.format(module=module))
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/entry_points.txt", f"[console_scripts]\n{name} = {module}_run:main\n")
        wheel.writestr(f"{info}/RECORD", "".join(f"{each},,\n" for each in [*wheel.namelist(), f"{info}/RECORD"]))
    return path

"""The same call as a command line, for people who go on in a terminal. Pure."""

import json
import shlex
from typing import Any


def curl_of(base_url: str, session_id: str, *, server: str, tool: str, arguments: Any) -> str:
    """Return a `curl` command for `POST /api/v1/sessions/{id}/exec`; the token is the reader's own, from $TOKEN.

    Everything foreign is quoted for a shell (`shlex.quote`), so that it stays data when pasted.
    """
    body = json.dumps({"tool": tool, "server": server, "arguments": arguments}, ensure_ascii=False)
    url = f"{base_url}/api/v1/sessions/{session_id}/exec"
    parts = [
        f"curl -sS {shlex.quote(url)}",
        '-H "Authorization: Bearer $TOKEN"',
        "-H 'Content-Type: application/json'",
        f"-d {shlex.quote(body)}",
    ]
    return " \\\n  ".join(parts)

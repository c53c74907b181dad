"""Tells from a child's last words why it did not come up. Pure: lines in, reason code out."""

import re

_DOWNLOAD = re.compile(
    r"(?ix)"
    r"failed\ to\ fetch | error\ sending\ request | dns\ error | failed\ to\ download | no\ solution\ found"
    r"| was\ not\ found\ in\ the\ package\ registry | failed\ to\ resolve | no\ version\ of | request\ failed\ after"
    r"| network\ connectivity | could\ not\ connect"
    r"| npm\ (?:err!|error)\ (?:code\ )?(?:E404|ETARGET|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT"
    r"|ENETUNREACH|ENOTCACHED|E401|E403)"
)
_COMMAND = re.compile(
    r"(?ix) is\ not\ provided\ by\ package | executable\ .*\ (?:not\ found|is\ not\ provided)"
    r"| could\ not\ determine\ executable\ to\ run"
)


def reason_of(exit_code: int | None, stderr_lines: list[str]) -> str:
    """Return `server.command_missing`, `server.download_failed` or `server.crashed`."""
    text = "\n".join(stderr_lines)
    if _COMMAND.search(text) or exit_code == 127:
        return "server.command_missing"
    if _DOWNLOAD.search(text):
        return "server.download_failed"
    return "server.crashed"

"""Finds the processes that belong to a server or a session, from /proc (Linux, proc(5)).

Security duty: stopping counts what is really left, so a grandchild that left the group is found by its parent or by
the session's label in its environment, and zombies, which run nothing, are not counted.
"""

import os


class ProcessInfo:
    __slots__ = ("group", "parent", "pid", "session", "started", "zombie")

    def __init__(self, pid: int, fields: list[str]) -> None:
        self.pid = pid
        self.zombie = fields[0] in "ZX"
        self.parent, self.group, self.session = int(fields[1]), int(fields[2]), int(fields[3])
        self.started = fields[19]


def table() -> dict[int, ProcessInfo]:
    """Return every living process by pid."""
    found = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit() and (info := look(int(entry))) and not info.zombie:
            found[info.pid] = info
    return found


def look(pid: int) -> ProcessInfo | None:
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            text = file.read()
    except OSError:
        return None  # it ended between listing and reading
    return ProcessInfo(pid, text[text.rindex(")") + 2 :].split())


def family(leader: int) -> list[ProcessInfo]:
    """Return the processes of the group or session led by `leader` and all their descendants."""
    every = table()
    members = {pid for pid, info in every.items() if pid == leader or leader in (info.group, info.session)}
    grew = True
    while grew:
        more = {pid for pid, info in every.items() if info.parent in members} - members
        members |= more
        grew = bool(more)
    return [every[pid] for pid in members]


def labelled(session_id: str) -> list[ProcessInfo]:
    """Return the processes that carry the session's label in their environment, without this one and its parents."""
    label = f"MCP_CONSOLE_SESSION={session_id}".encode()
    every = table()
    own, pid = set(), os.getpid()
    while pid in every:
        own.add(pid)
        pid = every[pid].parent
    return [info for pid, info in every.items() if pid not in own and label in _environment(pid)]


def alive(info: ProcessInfo) -> bool:
    """Tell whether this very process still runs (pid and start time agree, no zombie)."""
    now = look(info.pid)
    return now is not None and now.started == info.started and not now.zombie


def _environment(pid: int) -> list[bytes]:
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            return file.read().split(b"\0")
    except OSError:
        return []  # ended, or another user's: not ours

"""What is known of the request or task under way: for the audit log and for log lines."""

from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True)
class CallContext:
    """`via` is page, api, agent, task or command; `address` the caller's, empty where there is none."""

    request_id: str = ""
    address: str = ""
    via: str = "command"


_current: ContextVar[CallContext] = ContextVar("call_context", default=CallContext())  # noqa: B039  (frozen)

current = _current.get
enter = _current.set
leave = _current.reset

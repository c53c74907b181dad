"""What the first page shows of one person's work: what waits for them, what runs, how far a newcomer has come."""

from dataclasses import dataclass

from django.db.models import Count, Q

from catalog_site.menu import resolved
from dynamic_mcp.models import Execution, ServerState, Session, SessionServer, SessionState
from people.models import Notice, User
from people.selectors import notice_sentence, notices_of

_NEEDS_SOMEBODY = (
    ServerState.NEEDS_INPUT,
    ServerState.NEEDS_AUTHORIZATION,
    ServerState.NEEDS_APPROVAL,
    ServerState.FAILED,
)
_SHOWN = 6


@dataclass(frozen=True)
class NoticeRow:
    notice: Notice
    text: str


@dataclass(frozen=True)
class SessionRow:
    """A session with its address, how many servers are ready and how many it has."""

    session: Session
    url: str
    ready: int
    servers: int


@dataclass(frozen=True)
class ServerRow:
    """A server in a session that waits for its owner."""

    server: SessionServer
    url: str


@dataclass(frozen=True)
class Overview:
    notices: list[NoticeRow]
    waiting: list[ServerRow]
    sessions: list[SessionRow]
    catalog_url: str
    sessions_url: str
    has_server: bool
    has_run: bool

    @property
    def newcomer(self) -> bool:
        return not self.has_run


def overview(user: User) -> Overview:
    """Return the first page's content for `user`: their own things only, also for an auditor."""
    own = SessionServer.objects.filter(session__owner=user).exclude(state=ServerState.REMOVED)
    active = own.filter(session__state=SessionState.ACTIVE)
    waiting = active.filter(state__in=_NEEDS_SOMEBODY).select_related("session").order_by("-updated_at")[:_SHOWN]
    unread = notices_of(user).filter(read_at=None)[:_SHOWN]
    return Overview(
        notices=[NoticeRow(notice, notice_sentence(notice)) for notice in unread],
        waiting=[ServerRow(row, _session_url(row.session_id)) for row in waiting],
        sessions=_sessions(user),
        catalog_url=resolved("dynamic_mcp:catalog"),
        sessions_url=resolved("dynamic_mcp:sessions"),
        has_server=own.exists(),
        has_run=Execution.objects.filter(owner=user).exists(),
    )


def _sessions(user: User) -> list[SessionRow]:
    kept = ~Q(servers__state=ServerState.REMOVED)
    found = (
        Session.objects.filter(owner=user, state=SessionState.ACTIVE)
        .select_related("gateway")
        .annotate(
            number=Count("servers", filter=kept),
            ready=Count("servers", filter=Q(servers__state=ServerState.READY)),
        )
        .order_by("-last_used_at")[:_SHOWN]
    )
    return [SessionRow(session, _session_url(session.id), session.ready, session.number) for session in found]


def _session_url(session_id: str) -> str:
    base = resolved("dynamic_mcp:sessions")
    return f"{base}{session_id}/" if base else ""

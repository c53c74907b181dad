"""Reading sessions, their servers and executions: always as somebody. What is not theirs is not there.

An auditor reads sessions and executions of everybody, never arguments and outputs (`may_read_content`).
"""

from django.db.models import QuerySet
from django.utils import timezone

from dynamic_mcp.errors import ServerUnknown, SessionEnded
from dynamic_mcp.models import Execution, ServerState, Session, SessionServer, SessionState
from foundation.errors import NotFound
from foundation.prepared import PreparedRead
from people.models import Role, User

_FOR_A_RUN = PreparedRead(
    lambda session_id, owner_id: (
        SessionServer.objects.filter(session_id=session_id, session__owner_id=owner_id)
        .exclude(state=ServerState.REMOVED)
        .select_related("session__gateway")
        .defer("entry", "config_sealed", "missing", "signature", "receipt", "session__receipt")
        .order_by()
    ),
    session_id=str,
    owner_id=int,
)


def sessions_of(user: User) -> QuerySet[Session]:
    """Return the sessions that the user may see, newest first, with their gateways."""
    sessions = Session.objects.select_related("gateway")
    return sessions if user.role == Role.AUDITOR else sessions.filter(owner=user)


def session_of(user: User, session_id: str) -> Session:
    """Return one session that the user may see. Raises NotFound."""
    session = sessions_of(user).filter(pk=session_id).first()
    if session is None:
        raise NotFound
    return session


def session_own(user: User, session_id: str) -> Session:
    """Return one session of the user's own, to change or use. Raises NotFound."""
    session = Session.objects.select_related("gateway").filter(owner=user, pk=session_id).first()
    if session is None:
        raise NotFound
    return session


def session_active(user: User, session_id: str) -> Session:
    """Return one active session of the user's own. Raises NotFound, SessionEnded."""
    session = session_own(user, session_id)
    if session.state != SessionState.ACTIVE or session.expires_at <= timezone.now():
        raise SessionEnded
    return session


def session_with_servers(user: User, session_id: str) -> tuple[Session, list[SessionServer]]:
    """Return an active session of the user's own, its gateway and its servers in one query: a run's only read.

    Raises NotFound, SessionEnded.
    """
    rows = _FOR_A_RUN.rows(session_id=session_id, owner_id=user.pk)
    if not rows:
        return session_active(user, session_id), []
    session = rows[0].session
    if session.state != SessionState.ACTIVE or session.expires_at <= timezone.now():
        raise SessionEnded
    return session, rows


def servers_in(session: Session) -> QuerySet[SessionServer]:
    """Return the servers of a session, first added first, without those that were removed."""
    return session.servers.exclude(state=ServerState.REMOVED)


def server_in(session: Session, name: str) -> SessionServer:
    """Return one server of a session. Raises ServerUnknown."""
    row = servers_in(session).filter(server=name).first()
    if row is None:
        raise ServerUnknown
    return row


def executions_in(session: Session) -> QuerySet[Execution]:
    """Return a session's executions, newest first, without their sealed columns."""
    return session.executions.defer("arguments_sealed", "result_sealed")


def execution_of(user: User, execution_id: str) -> Execution:
    """Return one execution that the user may see. Raises NotFound."""
    executions = Execution.objects.select_related("session__gateway")
    if user.role != Role.AUDITOR:
        executions = executions.filter(owner=user)
    execution = executions.filter(pk=execution_id).first()
    if execution is None:
        raise NotFound
    return execution


def execution_own(user: User, execution_id: str) -> Execution:
    """Return one execution of the user's own, to cancel or answer. Raises NotFound."""
    execution = Execution.objects.select_related("session__gateway").filter(owner=user, pk=execution_id).first()
    if execution is None:
        raise NotFound
    return execution


def may_read_content(user: User, execution: Execution) -> bool:
    """Whether arguments and output may be shown: to their owner only."""
    return execution.owner_id == user.pk

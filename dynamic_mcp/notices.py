"""What the owner of a session finds in the inbox: only what a person must act on and would not see otherwise."""

from django.utils.translation import gettext_lazy as _

from dynamic_mcp.models import Session, SessionServer
from people.hooks import notice_sentence_register
from people.services import notify

_TEXTS = {
    "session.server.failed": _("%(server)s in the session “%(session)s” stopped running. Look at why, and try again."),
    "session.server.waits": _("%(server)s in the session “%(session)s” waits for you before it can run again."),
    "session.server.tools_changed": _(
        "The tools of %(server)s in the session “%(session)s” have changed. Look at them before you use them."
    ),
    "session.expired": _("The session “%(session)s” ended by itself with its servers. Create a new one to go on."),
}


def register() -> None:
    """Tell the inbox the sentences of this app."""
    for code, sentence in _TEXTS.items():
        notice_sentence_register(code, sentence)


def server_failed(row: SessionServer) -> None:
    _of_server(row, "session.server.failed")


def server_waits(row: SessionServer) -> None:
    _of_server(row, "session.server.waits")


def tools_changed(row: SessionServer) -> None:
    _of_server(row, "session.server.tools_changed")


def session_expired(session: Session) -> None:
    """A session that ended by age or idleness; one without servers is missed by nobody."""
    notify(user=session.owner, code="session.expired", context={"session": session.name}, url=_path(session))


def _of_server(row: SessionServer, code: str) -> None:
    context = {"server": row.server, "session": row.session.name}
    notify(user=row.session.owner, code=code, context=context, url=_path(row.session))


def _path(session: Session) -> str:
    return f"/sessions/{session.pk}/"

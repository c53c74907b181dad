"""Sessions: made, used, ended. What ends them: their owner, idleness, age."""

import re
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import services as audit
from audit.models import Outcome, Verb
from dynamic_mcp import hooks, notices
from dynamic_mcp.enqueue import enqueue
from dynamic_mcp.errors import SessionLimit
from dynamic_mcp.models import ServerState, Session, SessionServer, SessionState
from dynamic_mcp.states import SERVER_LIVE, SESSION_MOVES, before
from dynamic_mcp.waiting import wait_until
from foundation.errors import Invalid
from gateways import selectors as gateway_selectors
from gateways import services as gateways
from gateways.errors import GatewayNotEnabled, RuntimeUnavailable
from gateways.models import Runtime
from gateways.specs import Receipt
from people.models import User
from vault import services as vault

END_WAIT_S = 20.0
_USED_STEP = timedelta(minutes=1)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def session_create(*, user: User, name: str = "", runtime: str = "", gateway_id: str | None = None) -> Session:
    """Make a session with its gateway, which starts with the first server.

    `runtime` is embedded, docker or empty (GATEWAY_RUNTIME decides). Raises SessionLimit (429), RuntimeUnavailable and
    GatewayNotEnabled (409), Invalid for a name with control characters.
    """
    name = name.strip()
    if _CONTROL.search(name):
        raise Invalid(errors=[{"path": "name", "message": _("A name holds no control characters.")}])
    if gateway_id or runtime == Runtime.EXTERNAL:
        raise GatewayNotEnabled
    chosen = Runtime(runtime) if runtime else gateway_selectors.runtime_choice()
    if chosen == Runtime.DOCKER and (reason := gateway_selectors.image_support()):
        raise RuntimeUnavailable(reason)
    now = timezone.now()
    session = Session(
        owner=user,
        name=name or _("Session of %(when)s") % {"when": timezone.localtime(now).strftime("%Y-%m-%d %H:%M")},
        runtime=chosen,
        last_used_at=now,
        expires_at=now + timedelta(hours=settings.SESSION_MAX_HOURS),
    )
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)  # two requests at once do not both count to the limit
        if Session.objects.filter(owner=user).exclude(state=SessionState.ENDED).count() >= settings.SESSIONS_PER_USER:
            raise SessionLimit
        session.gateway = gateways.gateway_create(owner=user, session_id=session.pk, runtime=chosen)
        session.save(force_insert=True)
        audit.record(Verb.SESSION_CREATE, actor=user, obj=session, detail={"runtime": chosen.value})
    return session


def session_end(*, session: Session, actor: User | None, reason: str = "owner") -> None:
    """Begin to end a session: a task stops its gateway. An ending or ended one is left as it is.

    `reason` is owner, idle, age or user (who is being deleted); `actor` is None for the console's own timer.
    """
    moved = Session.objects.filter(pk=session.pk, state__in=before(SESSION_MOVES, SessionState.ENDING)).update(
        state=SessionState.ENDING
    )
    if moved:
        audit.record(Verb.SESSION_END, actor=actor, obj=session, detail={"step": "ending", "reason": reason})
    if moved or session.state == SessionState.ENDING:
        from dynamic_mcp.tasks import session_stop  # tasks call services

        enqueue(session_stop, session.pk, gateway=session.gateway)


def session_end_and_wait(*, session: Session, actor: User) -> Receipt:
    """End a session and return its receipt; after END_WAIT_S what is not known to be gone counts as left over."""
    if session.receipt is None or session.state != SessionState.ENDED:
        session_end(session=session, actor=actor)
        wait_until(lambda: _has_receipt(session), END_WAIT_S)
        session.refresh_from_db(fields=["receipt", "state"])
    if session.receipt is not None:
        return Receipt(**session.receipt)
    live = session.servers.filter(state__in=SERVER_LIVE).count()
    return Receipt(left_over=live + 1)


def session_stopped(*, session: Session) -> Receipt:
    """Stop what a session runs, forget its secrets, and write down what is left (the task's work, safe to repeat)."""
    receipt = gateways.gateway_stop(gateway_id=session.gateway_id) if session.gateway_id else Receipt()
    if session.receipt:
        earlier = Receipt(**session.receipt)
        receipt = Receipt(
            receipt.processes_stopped + earlier.processes_stopped,
            receipt.containers_removed + earlier.containers_removed,
            receipt.files_removed + earlier.files_removed,
            receipt.left_over,  # what is left now, not what was left before
        )
    secrets_forget(session=session)
    values = {"receipt": receipt.to_json()}
    if receipt.left_over:
        Session.objects.filter(pk=session.pk, state=SessionState.ENDING).update(**values)
        return receipt
    now = timezone.now()
    SessionServer.objects.filter(session=session).exclude(state=ServerState.REMOVED).update(
        state=ServerState.REMOVED, updated_at=now
    )
    ended = Session.objects.filter(pk=session.pk, state__in=before(SESSION_MOVES, SessionState.ENDED)).update(
        state=SessionState.ENDED, ended_at=now, **values
    )
    if ended:
        audit.record(Verb.SESSION_END, actor=None, obj=session, detail={"step": "ended", **receipt.to_json()})
        hooks.session_ended.call_after_commit(session)
    return receipt


def secrets_forget(*, session: Session, server: str | None = None) -> None:
    """Delete the vault's values of a session's servers (or of one of them)."""
    rows = session.servers.exclude(secret_keys={})
    for row in rows.filter(server=server) if server else rows:
        for key in row.secret_keys.values():
            vault.secret_delete(key=key, owner=session.owner)
        SessionServer.objects.filter(pk=row.pk).update(secret_keys={})


def session_used(*, session: Session, now: datetime) -> None:
    """Note that a session is in use, at most once a minute."""
    if now - session.last_used_at > _USED_STEP:
        Session.objects.filter(pk=session.pk).update(last_used_at=now)


def sessions_expire(*, now: datetime) -> int:
    """End the sessions that are too old or were idle too long, and take up those that stopped ending; return how many.

    A session with a run under way is not idle.
    """
    idle = now - timedelta(minutes=settings.SESSION_IDLE_MINUTES)
    count = 0
    for session in Session.objects.exclude(state=SessionState.ENDED).select_related("owner", "gateway"):
        if session.state == SessionState.ENDING:
            session_end(session=session, actor=None)
        elif session.expires_at <= now:
            _expire(session, "age")
        elif session.last_used_at <= idle and not session.executions.filter(state__in=("queued", "running")).exists():
            _expire(session, "idle")
        else:
            continue
        count += 1
    return count


def refused(*, session: Session, actor: User, verb: Verb, code: str, server: str) -> None:
    """Write down that something was refused in a session: codes only."""
    audit.record(verb, actor=actor, obj=session, outcome=Outcome.REFUSED, detail={"server": server, "code": code})


def _expire(session: Session, reason: str) -> None:
    used = session.servers.exclude(state=ServerState.REMOVED).exists()
    session_end(session=session, actor=None, reason=reason)
    if used:
        notices.session_expired(session)


def _has_receipt(session: Session) -> bool:
    return Session.objects.filter(pk=session.pk, receipt__isnull=False).exists()

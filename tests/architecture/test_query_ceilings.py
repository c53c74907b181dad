"""Each list page has a ceiling on its queries: thirty rows cost as many as three."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.models import Verb
from audit.services import record
from catalog.models import Source
from dynamic_mcp.models import Execution, ExecutionState, Session, SessionServer
from people import services
from people.models import User
from tests.support.cast import Cast
from tests.support.sessions import entry_make

CEILINGS = {
    "/": 12,
    "/catalog/": 8,
    "/sessions/": 10,
    "/notices/": 6,
    "/tokens/": 6,
    "/people/": 6,
    "/sources/": 6,
    "/audit/": 6,
    "/api/v1/catalog/servers": 6,
    "/api/v1/sessions": 8,
    "/api/v1/notices": 6,
}


def rows_make(owner: User, start: int, number: int) -> None:
    now = timezone.now()
    for at in range(start, start + number):
        entry_make(f"echo{at}")
        session = Session.objects.create(
            owner=owner, name=f"s{at}", last_used_at=now, expires_at=now + timedelta(hours=1)
        )
        SessionServer.objects.create(session=session, server=f"echo{at}", entry={"name": "echo"}, state="failed")
        Execution.objects.create(
            owner=owner, session=session, server="echo", tool="t", state=ExecutionState.FINISHED, exit_code=0
        )
        services.notify(user=owner, code="session.expired", context={"session": f"s{at}"})
        services.token_create(user=owner, name=f"t{at}")
        User.objects.create(username=f"u{at}")
        Source.objects.create(name=f"source{at}", shape="own", rank=10)
        record(Verb.SESSION_CREATE, actor=owner, obj=session)


def queries(client: Client, path: str) -> int:
    client.get(path)  # what a process keeps in memory is read once
    with CaptureQueriesContext(
        connection,
    ) as seen:
        answer = client.get(path)
    assert answer.status_code == 200
    return len(seen)


@pytest.mark.parametrize("path", CEILINGS)
def test_thirty_rows_cost_as_many_queries_as_three(path: str, cast: Cast) -> None:
    client = cast.browser(cast.administrator)
    rows_make(cast.administrator, 0, 3)
    few = queries(client, path)
    rows_make(cast.administrator, 3, 27)
    many = queries(client, path)
    assert many <= few
    assert many <= CEILINGS[path]

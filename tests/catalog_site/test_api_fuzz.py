"""The API by its own OpenAPI document: values made up for every operation, within a bounded, repeatable run.

Whatever is sent, nothing answers 500, and every refusal is a problem document with its code.
"""

from datetime import timedelta
from typing import Any

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from catalog_site.api import api
from dynamic_mcp.models import Execution, ExecutionState, Session, SessionServer
from people.models import Notice
from tests.support.cast import Cast
from tests.support.sessions import entry_make

EXAMPLES = 10  # for each operation
READING = ("GET /api/v1/sessions/{session_id}", "GET /api/v1/sessions/{session_id}/executions")
schema = schemathesis.openapi.from_dict(api.get_openapi_schema())
OPERATIONS = {result.ok().label: result.ok() for result in schema.get_all_operations()}


@pytest.fixture
def things(cast: Cast) -> dict[str, str]:
    """The administrator's things, by the path parameter that they fill."""
    entry_make("echo")
    now, owner = timezone.now(), cast.administrator
    session = Session.objects.create(owner=owner, name="s", last_used_at=now, expires_at=now + timedelta(hours=1))
    SessionServer.objects.create(session=session, server="echo", entry={"name": "echo", "kind": "package"})
    run = Execution.objects.create(
        owner=owner, session=session, server="echo", tool="echo", state=ExecutionState.FINISHED, exit_code=0
    )
    notice = Notice.objects.create(user=owner, code="session.expired")
    found = {"session_id": session.pk, "execution_id": run.pk, "notice_id": notice.pk}
    return {**found, "server": "echo", "name": "echo"}


@pytest.mark.parametrize("label", sorted(OPERATIONS))
def test_nothing_made_up_breaks_it(label: str, cast: Cast, things: dict[str, str]) -> None:
    operation = OPERATIONS[label]
    client = cast.program(cast.administrator, "read", "use", "manage", "policy")
    app = get_wsgi_application()
    bearer = client.defaults["HTTP_AUTHORIZATION"]

    @seed(20260801)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(), real=st.booleans())
    def tried(case: Any, real: bool) -> None:
        if real and ("session_id" not in case.path_parameters or label in READING):
            # what would start, ask and stop processes is left to the tests of sessions
            case.path_parameters.update({name: things[name] for name in case.path_parameters if name in things})
        answer = case.call(app=app, headers={"Authorization": bearer, "Host": "127.0.0.1"}, base_url="http://127.0.0.1")
        told = f"{case.method} {case.formatted_path} {case.body!r}: {answer.status_code} {answer.content[:300]!r}"
        assert answer.status_code not in (401, 403), told  # the token opens everything: what is tried is the operation
        assert answer.status_code < 500 or answer.status_code == 501, told
        if answer.status_code >= 400:
            assert answer.headers["content-type"][0].startswith("application/problem+json"), told
            problem = answer.json()
            assert problem["status"] == answer.status_code, told
            assert problem["code"], told

    tried()

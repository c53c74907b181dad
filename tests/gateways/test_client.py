"""Calls through a real gateway to a real server: one round trip each, one MCP session for all processes."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from foundation.ids import new_id
from gateways import errors, services
from gateways.models import Gateway
from tests.gateways.conftest import Wishes


def call(gateway: Gateway, tool: str, timeout_s: float = 10, request_id: str = "", **arguments: Any) -> dict[str, Any]:
    params = {"name": tool, "arguments": arguments}
    return services.gateway_request(
        gateway=gateway, method="tools/call", params=params, request_id=request_id or new_id(), timeout_s=timeout_s
    )


def test_a_call_answers_and_asks_the_database_nothing(gateway: Gateway, wishes: Wishes) -> None:
    wishes.want(gateway, "small")
    with CaptureQueriesContext(connection) as queries:
        result = call(gateway, "small__echo", text="hello")
    assert result["content"] == [{"type": "text", "text": "hello"}]
    assert len(queries) == 0


def test_a_forgotten_session_is_made_anew_once_and_kept_on_the_row(gateway: Gateway, wishes: Wishes) -> None:
    wishes.want(gateway, "small")
    Gateway.objects.filter(pk=gateway.pk).update(mcp_session_id="of-an-earlier-life")
    gateway.refresh_from_db()
    assert call(gateway, "small__echo", text="again")["content"][0]["text"] == "again"
    kept = Gateway.objects.get(pk=gateway.pk)
    assert kept.mcp_session_id == gateway.mcp_session_id != "of-an-earlier-life"
    assert kept.handshake_until is None


def test_another_process_takes_the_session_that_the_first_one_made(gateway: Gateway, wishes: Wishes) -> None:
    wishes.want(gateway, "small")
    current = gateway.mcp_session_id
    gateway.mcp_session_id = "stale-copy-of-another-process"
    assert call(gateway, "small__echo", text="x")["content"][0]["text"] == "x"
    assert gateway.mcp_session_id == current


@pytest.mark.parametrize(
    ("act", "error"),
    [
        (lambda gateway: call(gateway, "small__nothing"), errors.ToolUnknown),
        (lambda gateway: call(gateway, "small__slow", timeout_s=0.3, seconds=5), errors.CallTimedOut),
        (lambda gateway: call(gateway, "small__crash"), errors.ServerCrashed),
    ],
)
def test_what_went_wrong_is_told_by_its_kind(
    gateway: Gateway, wishes: Wishes, act: Callable[[Gateway], object], error: type[errors.RpcError]
) -> None:
    wishes.want(gateway, "small")
    with pytest.raises(error):
        act(gateway)


def test_a_cancelled_call_ends_as_cancelled(gateway: Gateway, wishes: Wishes) -> None:
    wishes.want(gateway, "small")
    call(gateway, "small__echo", text="the door is open")
    ended: list[BaseException] = []

    def slow() -> None:
        try:
            call(gateway, "small__slow", request_id="the-execution", seconds=20)
        except errors.CallCancelled as error:
            ended.append(error)

    worker = threading.Thread(target=slow)
    worker.start()
    while worker.is_alive():  # a notification that comes before its call says nothing to the gateway
        services.gateway_cancel(gateway=gateway, request_id="the-execution")
        worker.join(0.1)
    assert len(ended) == 1


def test_a_gateway_that_is_not_there_is_unavailable(gateway: Gateway, wishes: Wishes) -> None:
    with pytest.raises(errors.GatewayUnavailable):
        call(gateway, "small__echo", text="x")
    wishes.want(gateway, "small")
    services.gateway_stop(gateway_id=gateway.pk, close=False)
    with pytest.raises(errors.GatewayUnavailable):
        call(gateway, "small__echo", text="x")


def test_it_refuses_an_output_above_the_limit(gateway: Gateway, wishes: Wishes) -> None:
    wishes.want(gateway, "small")
    with pytest.raises(errors.OutputTooLarge):
        call(gateway, "small__echo", more=9_000_000)
    assert call(gateway, "small__echo", text="still here")["content"][0]["text"] == "still here"

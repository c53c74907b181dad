"""JSON API of external gateways: the whole contract, typed. This version answers 501 after the check of who is asking.

Local gateways have no API of their own: they are part of their session.
"""

from datetime import datetime
from typing import Literal, NoReturn

from django.http import HttpRequest
from ninja import Router, Schema

from foundation.access import needs
from foundation.errors import NotBuilt

router = Router(tags=["gateways"])
reads, uses = needs("read"), needs("use")


class ExtraHeader(Schema):
    """A further header for every request to the gateway; its value is a secret and is never answered."""

    name: str
    value: str


class GatewayIn(Schema):
    name: str
    url: str
    token: str
    health_path: str | None = None
    extra_header: ExtraHeader | None = None


class GatewayPatch(Schema):
    name: str | None = None
    url: str | None = None
    token: str | None = None
    health_path: str | None = None
    extra_header: ExtraHeader | None = None


class McpResult(Schema):
    ok: bool
    reason_code: str | None
    tools: int | None


class GatewayTest(Schema):
    ok: bool
    http_status: int | None
    latency_ms: float | None
    reason_code: str | None
    reason: str | None
    mcp: McpResult
    external_mode: bool
    checked_at: datetime


class GatewayOut(Schema):
    id: str
    name: str
    url: str
    health_path: str | None
    token_last4: str
    external_mode: bool
    state: Literal["untested", "passed", "failed", "degraded", "closed"]
    last_test: GatewayTest | None
    availability_24h: float | None
    availability_7d: float | None


class GatewayList(Schema):
    results: list[GatewayOut]
    count: int
    next_cursor: str | None


@router.get("/gateways", auth=reads, response=GatewayList, summary="External gateways of one's own")
def gateway_list(request: HttpRequest, limit: int = 50, cursor: str | None = None) -> NoReturn:
    raise NotBuilt


@router.post("/gateways", auth=uses, response={201: GatewayOut}, summary="Register an external gateway")
def gateway_register(request: HttpRequest, body: GatewayIn) -> NoReturn:
    raise NotBuilt


@router.get("/gateways/{gateway_id}", auth=reads, response=GatewayOut, summary="One external gateway")
def gateway_read(request: HttpRequest, gateway_id: str) -> NoReturn:
    raise NotBuilt


@router.patch("/gateways/{gateway_id}", auth=uses, response=GatewayOut, summary="Change an external gateway")
def gateway_change(request: HttpRequest, gateway_id: str, body: GatewayPatch) -> NoReturn:
    raise NotBuilt


@router.delete("/gateways/{gateway_id}", auth=uses, response={204: None}, summary="Delete an external gateway")
def gateway_delete(request: HttpRequest, gateway_id: str, force: bool = False) -> NoReturn:
    raise NotBuilt


@router.post("/gateways/{gateway_id}/test", auth=uses, response=GatewayTest, summary="Test health and MCP")
def gateway_test(request: HttpRequest, gateway_id: str) -> NoReturn:
    raise NotBuilt


@router.post("/gateways/{gateway_id}/enable", auth=uses, response=GatewayOut, summary="Open it for sessions")
def gateway_enable(request: HttpRequest, gateway_id: str) -> NoReturn:
    raise NotBuilt


@router.post("/gateways/{gateway_id}/disable", auth=uses, response=GatewayOut, summary="Close it for sessions")
def gateway_disable(request: HttpRequest, gateway_id: str) -> NoReturn:
    raise NotBuilt

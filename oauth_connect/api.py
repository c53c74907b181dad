"""JSON API of connections: the whole contract, typed. This version answers 501 after the check of who is asking."""

from datetime import datetime
from typing import Literal, NoReturn

from django.http import HttpRequest
from ninja import Router, Schema

from foundation.access import needs
from foundation.errors import NotBuilt

router = Router(tags=["connections"])
reads, uses = needs("read"), needs("use")
StatusCode = Literal["not_connected", "pending", "connected", "reauthorization_required"]


class AuthorizeIn(Schema):
    return_to: str | None = None


class AuthorizeOut(Schema):
    authorization_url: str
    issuer: str
    scopes: list[str]
    expires_at: datetime


class StatusOut(Schema):
    status: StatusCode
    label: str
    usable: bool
    action_required: bool
    renews_automatically: bool
    expires_at: datetime | None
    seconds_left: int | None
    scopes: list[str]
    reason: str | None
    storage_key: str | None


class RevokeOut(Schema):
    status: Literal["not_connected"]
    label: str
    provider_revoked: bool | None
    sessions_affected: list[str]


class ConnectionOut(StatusOut):
    server: str


class ConnectionList(Schema):
    results: list[ConnectionOut]
    count: int
    next_cursor: str | None


@router.post("/servers/{name}/oauth/authorize", auth=uses, response=AuthorizeOut, summary="Start an authorisation")
def authorize(request: HttpRequest, name: str, body: AuthorizeIn | None = None) -> NoReturn:
    raise NotBuilt


@router.get("/servers/{name}/oauth/status", auth=reads, response=StatusOut, summary="How a connection stands")
def status(request: HttpRequest, name: str) -> NoReturn:
    raise NotBuilt


@router.post("/servers/{name}/oauth/revoke", auth=uses, response=RevokeOut, summary="Revoke a connection")
def revoke(request: HttpRequest, name: str) -> NoReturn:
    raise NotBuilt


@router.get("/oauth/connections", auth=reads, response=ConnectionList, summary="Connections, soonest expiry first")
def connection_list(request: HttpRequest, limit: int = 50, cursor: str | None = None) -> NoReturn:
    raise NotBuilt

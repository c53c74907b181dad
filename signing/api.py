"""JSON API of image signatures: the whole contract, typed. This version answers 501 after the check of who asks."""

from datetime import datetime
from typing import Literal, NoReturn

from django.http import HttpRequest
from ninja import Router, Schema

from foundation.access import needs
from foundation.errors import NotBuilt

router = Router(tags=["signing"])
reads, uses, decides = needs("read"), needs("use"), needs("policy", "officer")


class PolicyOut(Schema):
    verify_signatures: bool
    uncovered_images: Literal["refuse", "allow"]
    disabled_until: datetime | None
    reason: str | None
    changed_by: str | None
    changed_at: datetime | None


class PolicyIn(Schema):
    """A part of the policy; what is not given stays. Switching off needs the acknowledgement, a reason and an end."""

    verify_signatures: bool | None = None
    uncovered_images: Literal["refuse", "allow"] | None = None
    disabled_until: datetime | None = None
    acknowledge_risk: bool | None = None
    reason: str | None = None


class VerifyIn(Schema):
    image: str


class RecordOut(Schema):
    image: str
    digest: str | None
    result: Literal["verified", "failed", "could_not_verify", "not_covered"]
    reason_code: str | None
    detail: str | None
    retry_steps: list[str]
    key: str | None
    duration_ms: float | None


class RecordList(Schema):
    results: list[RecordOut]
    count: int
    next_cursor: str | None


@router.get("/signing/policy", auth=reads, response=PolicyOut, summary="What verification demands now")
def policy_read(request: HttpRequest) -> NoReturn:
    raise NotBuilt


@router.put("/signing/policy", auth=decides, response=PolicyOut, summary="Change what verification demands")
def policy_change(request: HttpRequest, body: PolicyIn) -> NoReturn:
    raise NotBuilt


@router.post("/signing/verify", auth=uses, response=RecordOut, summary="Verify one image now")
def image_verify(request: HttpRequest, body: VerifyIn) -> NoReturn:
    raise NotBuilt


@router.get("/signing/records", auth=reads, response=RecordList, summary="Verifications, newest first")
def record_list(request: HttpRequest, limit: int = 50, cursor: str | None = None) -> NoReturn:
    raise NotBuilt

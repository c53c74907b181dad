"""Problem documents (RFC 9457): the one shape of an error under `/api/`."""

from typing import Any

from django.http import JsonResponse

from foundation.errors import ConsoleError, TooManyRequests


def problem_document(error: ConsoleError) -> dict[str, Any]:
    """Return `type`, `title`, `status`, `detail`, `code`, `retry_steps` and the error's further members."""
    return {
        "type": f"urn:mcp-console:{error.code}",
        "title": str(error.title),
        "status": error.status,
        "detail": str(error.detail),
        "code": error.code,
        "retry_steps": [str(step) for step in error.retry_steps],
        **error.extra,
    }


def problem_response(error: ConsoleError) -> JsonResponse:
    """Return the problem document with its status and, for a limit, `Retry-After`."""
    response = JsonResponse(problem_document(error), status=error.status, content_type="application/problem+json")
    if isinstance(error, TooManyRequests):
        response["Retry-After"] = str(error.retry_after)
    if error.status == 401:
        response["WWW-Authenticate"] = "Bearer"
    return response

"""The JSON API's mount: each app's router under `/api/v1`, its OpenAPI document and page."""

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from catalog.api import router as catalog_router
from catalog_site.api_docs import ApiDocs
from dynamic_mcp.api import router as dynamic_mcp_router
from foundation.access import needs
from foundation.errors import ConsoleError, Invalid, NotLoggedIn
from foundation.problems import problem_response
from gateways.api import router as gateways_router
from oauth_connect.api import router as oauth_router
from people.api import router as people_router
from signing.api import router as signing_router

api = NinjaAPI(
    title="MCP Catalog Console",
    version="1",
    description="Find MCP servers, connect them, run their tools in sessions, and clean up.",
    auth=needs("read"),
    docs=ApiDocs(),
    docs_url="/docs",
    openapi_url="/openapi.json",
)
for router in (catalog_router, oauth_router, dynamic_mcp_router, signing_router, gateways_router, people_router):
    api.add_router("", router)


@api.exception_handler(ConsoleError)
def console_error(request: HttpRequest, error: ConsoleError) -> HttpResponse:
    return problem_response(error)


@api.exception_handler(ValidationError)
def validation_error(request: HttpRequest, error: ValidationError) -> HttpResponse:
    errors = [
        {"path": ".".join(str(part) for part in item["loc"][1:]), "message": item["msg"]} for item in error.errors
    ]
    return problem_response(Invalid(errors=errors))


@api.exception_handler(AuthenticationError)
def authentication_error(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    return problem_response(NotLoggedIn())


@api.exception_handler(HttpError)
def http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    return HttpResponse(status=error.status_code)  # ErrorMiddleware makes the problem document of it

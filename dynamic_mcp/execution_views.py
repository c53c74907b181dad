"""The pages of a tool and of its runs: the form made from its schema, the run, what came of it."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import reswap, retarget

from dynamic_mcp import selectors, services
from dynamic_mcp.models import Execution, Session
from dynamic_mcp.presentation import exit_words, is_open
from dynamic_mcp.rendering import blocks_of, curl_of, json_html
from dynamic_mcp.schema_forms import MISSING, SchemaForm
from dynamic_mcp.session_views import _user
from dynamic_mcp.waiting import wait_until
from foundation.access import page
from foundation.errors import NotFound
from foundation.ids import new_id

RUN_WAIT_S = 2.0
NO_SERVER = "-"  # an external gateway's tool belongs to none; no catalogue name begins with a dash
_ARGS = "args"
_HISTORY = 20


@page()
@require_GET
def tool(request: HttpRequest, session_id: str, server: str, tool: str) -> HttpResponse:
    """A tool's form; `from` fills it with an earlier run's arguments, `view=json` shows them as one JSON text."""
    found = selectors.session_of(_user(request), session_id)
    told = _tool(found, server, tool)
    value = _earlier(request, request.GET["from"])["shown"] if request.GET.get("from") else MISSING
    view = "json" if request.GET.get("view") == "json" else "form"
    form = SchemaForm.of_value(told["input_schema"], value, name=_ARGS, view=view)
    return _tool_page(request, found, server, told, form)


@page("use")
@require_POST
def tool_run(request: HttpRequest, session_id: str, server: str, tool: str) -> HttpResponse:
    """Run a tool: the page waits up to 2 s, then shows the run as it goes on in the background."""
    found = selectors.session_active(_user(request), session_id)
    told = _tool(found, server, tool)
    if request.POST.get("again"):
        arguments = _earlier(request, request.POST["again"])["arguments"]
        return _started(request, found, server, tool, arguments)
    form = SchemaForm.of_post(told["input_schema"], request.POST.dict(), name=_ARGS)
    changed = form.with_rows_changed()
    if changed is not None:
        return _tool_page(request, found, server, told, changed)
    if not form.valid():
        return _tool_page(request, found, server, told, form, status=422)
    response = _started(request, found, server, tool, form.value)
    if getattr(request, "htmx", False) and request.POST.get(f"{_ARGS}@wrong"):  # the errors shown before are gone
        clean = SchemaForm.of_post(told["input_schema"], request.POST.dict(), name=_ARGS)
        response.write(_tool_form(request, found, server, told, clean))
    return response


@page()
@require_GET
def executions(request: HttpRequest, session_id: str) -> HttpResponse:
    """The runs of a session, newest first."""
    found = selectors.session_of(_user(request), session_id)
    shown = selectors.executions_in(found)[:200]
    return render(request, "dynamic_mcp/executions.html", {"session": found, "history": shown})


@page()
@require_GET
def execution(request: HttpRequest, execution_id: str) -> HttpResponse:
    """One run. Asked by its own poll (`seen` is the state last shown): 204 while nothing changed."""
    found = selectors.execution_of(_user(request), execution_id)
    if request.GET.get("seen") == _seen(found):
        return HttpResponse(status=204)
    partial = "seen" in request.GET and getattr(request, "htmx", False)
    template = "dynamic_mcp/partials/execution_result.html" if partial else "dynamic_mcp/execution.html"
    return render(request, template, _execution_context(request, found))


@page("use")
@require_POST
def execution_cancel(request: HttpRequest, execution_id: str) -> HttpResponse:
    """Ask a run to stop."""
    found = selectors.execution_own(_user(request), execution_id)
    services.exec_cancel(execution=found, user=_user(request))
    return redirect("dynamic_mcp:execution", found.pk)


def _started(request: HttpRequest, found: Session, server: str, tool: str, arguments: Any) -> HttpResponse:
    run = services.exec_start(
        user=_user(request),
        session_id=found.pk,
        tool=tool,
        server=None if server == NO_SERVER else server,
        arguments=arguments,
        wait=False,
    )
    started = run.execution

    def done() -> bool:
        started.refresh_from_db()
        return not is_open(started)

    wait_until(done, RUN_WAIT_S)
    if getattr(request, "htmx", False):
        return render(request, "dynamic_mcp/partials/execution_result.html", _execution_context(request, started))
    return redirect("dynamic_mcp:execution", started.pk)


def _tool(found: Session, server: str, name: str) -> dict[str, Any]:
    """Return a tool as its server told it. Raises NotFound, ServerUnknown."""
    tools = _gateway_tools(found) if server == NO_SERVER else selectors.server_in(found, server).tools
    for each in tools:
        if each["name"] == name:
            return {"description": "", "annotations": {}, **each, "input_schema": each.get("input_schema") or {}}
    raise NotFound


def _gateway_tools(found: Session) -> list[dict[str, Any]]:
    told = services.list_through_gateway(session=found, method="tools/list", request_id=new_id())
    return [{**each, "input_schema": each.get("inputSchema")} for each in told if isinstance(each.get("name"), str)]


def _earlier(request: HttpRequest, execution_id: str) -> dict[str, Any]:
    return services.arguments_of(selectors.execution_own(_user(request), execution_id))


def _tool_page(
    request: HttpRequest, found: Session, server: str, told: dict[str, Any], form: SchemaForm, *, status: int = 200
) -> HttpResponse:
    history = selectors.executions_in(found).filter(tool=told["name"])
    context = {
        "session": found,
        "server": server,
        "tool": told,
        "form": form,
        "has_inputs": bool(form.field.children) or form.field.kind != "object" or form.field.node.open,
        "history": history[:_HISTORY] if server == NO_SERVER else history.filter(server=server)[:_HISTORY],
        "run_url": _run_url(found, server, told),
        "may_change": found.owner_id == _user(request).pk and found.state == "active",
    }
    if not getattr(request, "htmx", False):
        return render(request, "dynamic_mcp/session_tool.html", context, status=status)
    response = render(request, "dynamic_mcp/partials/tool_form.html", context, status=status)
    return reswap(retarget(response, "#tool-form"), "outerHTML")


def _tool_form(request: HttpRequest, found: Session, server: str, told: dict[str, Any], form: SchemaForm) -> str:
    context = {"form": form, "oob": True, "run_url": _run_url(found, server, told), "has_inputs": True}
    return render_to_string("dynamic_mcp/partials/tool_form.html", context, request=request)


def _run_url(found: Session, server: str, told: dict[str, Any]) -> str:
    return reverse("dynamic_mcp:tool_run", args=[found.pk, server, told["name"]])


def _seen(found: Execution) -> str:
    return f"{found.state}:{found.progress or ''}"[:200]


def _execution_context(request: HttpRequest, found: Execution) -> dict[str, Any]:
    context: dict[str, Any] = {
        "execution": found,
        "session": found.session,
        "seen": _seen(found),
        "open": is_open(found),
        "exit_words": exit_words(found.exit_code),
        "server": found.server or NO_SERVER,
        "tone": "busy" if is_open(found) else "ok" if found.exit_code == 0 else "bad",
        "may_read": selectors.may_read_content(_user(request), found),
    }
    if context["may_read"]:
        arguments = services.arguments_of(found)["shown"]
        result = services.result_of(found)
        context["arguments_html"] = json_html(arguments)
        context["curl"] = curl_of(
            settings.PUBLIC_BASE_URL, found.session_id, server=found.server, tool=found.tool, arguments=arguments
        )
        context["output"] = result["output"]
        context["blocks"] = blocks_of(result["content"], result["structured_content"], output=result["output"])
    return context

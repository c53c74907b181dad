"""Template tags of the console's pages: icons, badges, times, sizes and addresses with a changed query."""

from datetime import datetime
from typing import Any

from django import template
from django.template import Context
from django.templatetags.static import static
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

register = template.Library()

# tone of every state a badge may show; `ok` and `muted` are quiet, `warn`, `bad` and `info` ask for attention
TONES = {
    "ok": "ready running connected verified passed active approved finished true",
    "busy": "starting pending stopping ending queued connecting",
    "warn": "needs_input needs_authorization needs_approval reauthorization_required input_required unreviewed "
    "degraded unhealthy could_not_verify warning",
    "bad": "failed closed rejected lost error refused",
    "muted": "stopped ended cancelled removed not_connected not_needed untested not_covered revoked expired false none",
}
TONE_OF_STATE = {state: tone for tone, states in TONES.items() for state in states.split()}
ICON_OF_TONE = {
    "ok": "check-circle",
    "busy": "spin",
    "warn": "warning",
    "bad": "cross-circle",
    "info": "info",
    "muted": "dash-circle",
}
_KIB = 1024


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """Return one drawing of the sprite; hidden from screen readers unless it has a `label`."""
    href = f"{static('icons/sprite.svg')}#{name}"
    if label:
        return format_html('<svg class="icon" role="img" aria-label="{}"><use href="{}"></use></svg>', label, href)
    return format_html('<svg class="icon" aria-hidden="true" focusable="false"><use href="{}"></use></svg>', href)


@register.inclusion_tag("partials/badge.html")
def status_badge(state: str, label: Any = "", tone: str = "", icon_name: str = "") -> dict[str, Any]:
    """Show a state as icon and word. `tone` and `icon_name` follow from the state unless given."""
    chosen = tone or TONE_OF_STATE.get(str(state), "muted")
    return {
        "state": state,
        "label": label or str(state).replace("_", " "),
        "tone": chosen,
        "icon": icon_name or ICON_OF_TONE.get(chosen, "circle"),
    }


@register.simple_tag(name="time")
def time_tag(value: datetime | None, empty: str = "–") -> SafeString | str:
    """Return a `<time>`: the exact local time, which the page's script turns into words (exact on hover)."""
    if value is None:
        return empty
    local = timezone.localtime(value)
    exact = f"{date_format(local, 'DATE_FORMAT')} {local:%H:%M:%S %Z}"
    words = f"{local:%Y-%m-%d %H:%M}"
    return format_html('<time datetime="{}" title="{}" data-relative>{}</time>', local.isoformat(), exact, words)


@register.simple_tag
def duration(milliseconds: float | None) -> str:
    """Return a length of time for people: `0.8 ms`, `340 ms`, `2.4 s`, `3 min 5 s`, `2 h 4 min`, `3 d 2 h`."""
    if milliseconds is None:
        return "–"
    if milliseconds < 10:
        return _("%(number)s ms") % {"number": f"{milliseconds:.1f}"}
    if milliseconds < 1000:
        return _("%(number)s ms") % {"number": f"{milliseconds:.0f}"}
    seconds = milliseconds / 1000
    if round(seconds, 1) < 60:
        return _("%(number)s s") % {"number": f"{seconds:.1f}"}
    minutes, second = divmod(round(seconds), 60)
    if minutes < 60:
        return _("%(minutes)s min %(seconds)s s") % {"minutes": minutes, "seconds": second}
    hours, minute = divmod(minutes, 60)
    if hours < 48:
        return _("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": minute}
    days, hour = divmod(hours, 24)
    return _("%(days)s d %(hours)s h") % {"days": days, "hours": hour}


@register.simple_tag(name="bytes")
def bytes_tag(number: float | None) -> str:
    """Return a size for people in binary units: `512 B`, `1.5 KiB`, `2.0 MiB`."""
    if number is None:
        return "–"
    if number < _KIB:
        return f"{number:.0f} B"
    for unit in ("KiB", "MiB"):
        number /= _KIB
        if number < _KIB:
            return f"{number:.1f} {unit}"
    return f"{number / _KIB:.1f} GiB"


@register.simple_tag(takes_context=True)
def query_replace(context: Context, **changes: Any) -> str:
    """Return this page's query string with some keys replaced; an empty value or None drops its key."""
    query = context["request"].GET.copy()
    for key, value in changes.items():
        query.pop(key, None)
        if value not in (None, ""):
            query[key] = str(value)
    return f"?{query.urlencode()}" if query else "?"

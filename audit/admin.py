from audit.models import AuditEvent
from foundation.admin_site import Window, register_windows


class AuditEventWindow(Window):
    list_display = ("at", "actor_name", "verb", "object_name", "outcome", "via", "address")
    list_filter = ("verb", "outcome", "via", "at")
    search_fields = ("actor_name", "object_name", "request_id")


register_windows("audit", [(AuditEvent, AuditEventWindow)])

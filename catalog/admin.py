from catalog.models import CatalogServer
from foundation.admin_site import Window, register_windows


class CatalogServerWindow(Window):
    list_display = ("name", "title", "kind", "source", "requires_oauth", "approval", "changed_at")
    list_filter = ("kind", "source", "requires_oauth", "approval")
    search_fields = ("name", "title")


register_windows("catalog", [(CatalogServer, CatalogServerWindow)])

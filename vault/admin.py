from foundation.admin_site import register_windows

register_windows("vault")

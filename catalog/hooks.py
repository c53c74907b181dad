"""What the apps above are told about the catalogue."""

from foundation.hooks import Hook

# (catalogue name, address before, address after or ""): what stands under the name is no longer what people approved
# and connected to; told after commit. An empty `after` means that the entry is gone.
address_changed: "Hook[[str, str, str], None]" = Hook("catalog.address_changed")

"""`manage.py vault_rotate [--new-key] [--retire]`: seal every secret anew under the active key, without downtime."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from foundation.errors import ConsoleError
from vault import services


class Command(BaseCommand):
    help = "Seals every secret anew under the active key of the vault, while the console runs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--new-key", action="store_true", help="make a new active key first (keys in a file)")
        parser.add_argument("--retire", action="store_true", help="then drop old keys that nothing is sealed with")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            done = services.rotate(new_key=options["new_key"])
            retired = services.retire() if options["retire"] else []
        except ConsoleError as error:
            raise CommandError(f"{error.detail} {' '.join(map(str, error.retry_steps))}") from error
        self.stdout.write(
            _("Active key %(key)s: %(resealed)d sealed anew, %(current)d already current, %(unreadable)d unreadable.")
            % {"key": done.key_id, "resealed": done.resealed, "current": done.current, "unreadable": done.unreadable}
        )
        if retired:
            self.stdout.write(_("Old keys dropped: %(keys)s") % {"keys": ", ".join(retired)})
        if done.unreadable:
            raise CommandError(_("Some values do not open with the keys of this ring; they were left as they are."))

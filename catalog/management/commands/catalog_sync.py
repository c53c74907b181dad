"""`manage.py catalog_sync [SOURCE] [--dry-run]`: read one source, or the starter and all others."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from catalog.locations import configured
from catalog.services import Report, source_refresh_all, source_sync
from foundation.errors import ConsoleError


class Command(BaseCommand):
    help = "Read catalogue sources: SOURCE is a name, a path or an address; without it, all of them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", nargs="?", default="")
        parser.add_argument("--dry-run", action="store_true", help="say what would change, change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        source, dry_run = options["source"], options["dry_run"]
        if not source:
            reports = source_refresh_all(dry_run=dry_run)
            for report in reports:
                self._tell(report)
            if any(report.error for report in reports):
                raise CommandError(_("Not every source could be read."))
            return
        named = configured([source])  # `name=path` works here as it does in CATALOG_SOURCES
        try:
            self._tell(source_sync(source=named[0] if "=" in source and named else source, dry_run=dry_run))
        except ConsoleError as error:
            raise CommandError(f"{error.detail} ({error.code})") from error

    def _tell(self, report: Report) -> None:
        if report.error:
            self.stderr.write(f"{report.source}: {report.error}")
            return
        self.stdout.write(
            f"{report.source}: {len(report.added)} added, {len(report.changed)} changed, "
            f"{len(report.removed)} removed, {report.unchanged} unchanged, {len(report.refused)} refused"
            + (" (dry run)" if report.dry_run else "")
        )
        for refusal in report.refused:
            self.stdout.write(f"  refused {refusal.name}: {refusal.reason} ({refusal.reason_code})")

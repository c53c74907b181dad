"""`manage.py sweep`: remove what has no owner on this machine, and say what it was."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from gateways.services import sweep


class Command(BaseCommand):
    help = "Remove processes, folders and secret files of sessions that are over."

    def handle(self, *args: Any, **options: Any) -> None:
        report = sweep()
        self.stdout.write(
            _(
                "Stopped %(processes)d processes, removed %(folders)d folders and %(files)d files; "
                "%(gone)d gateways were not running, %(left)d things are left over."
            )
            % {
                "processes": report.processes_stopped,
                "folders": report.folders_removed,
                "files": report.files_removed,
                "gone": report.gateways_gone,
                "left": report.left_over,
            }
        )
        if report.left_over:
            raise CommandError(_("Something could not be removed; run this as the console's user."))

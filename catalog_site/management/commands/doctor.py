"""`manage.py doctor`: what stands in the way, and how to mend it. Exit code 1 when something must be mended."""

import sys
from typing import Any

from django.core.management import BaseCommand
from django.utils import translation

from catalog_site.preflight import findings

MARKS = {"ok": "ok  ", "note": "note", "bad": "BAD "}


class Command(BaseCommand):
    help = "Look at this installation and say what to mend."
    requires_system_checks: list[str] = []  # noqa: RUF012  (Django's own attribute; a broken setting is a finding)

    def handle(self, *args: Any, **options: Any) -> None:
        bad = False
        with translation.override("en"):  # as all commands speak
            for finding in findings():
                bad = bad or finding.level == "bad"
                self.stdout.write(f"{MARKS[finding.level]}  {finding.subject}: {finding.text}")
                if finding.fix:
                    self.stdout.write(f"      {finding.fix}")
        sys.exit(1 if bad else 0)

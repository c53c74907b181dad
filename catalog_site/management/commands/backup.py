"""`manage.py backup FILE`."""

from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from catalog_site import archive


class Command(BaseCommand):
    help = "Write every row and the keys to FILE (mode 0600; keep it like a password)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            rows = archive.backup(options["file"])
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}") from None
        self.stdout.write(f"{rows} rows are in the backup. It holds the keys too: keep it like a password.")

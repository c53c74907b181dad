"""`manage.py restore FILE`."""

from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from catalog_site import archive


class Command(BaseCommand):
    help = "Fill an empty data folder from FILE, the keys included; start the console afterwards."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            rows = archive.restore(options["file"])
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}") from None
        self.stdout.write(f"{rows} rows restored. Start the console now; running processes must be restarted.")

"""`manage.py api_token_create USERNAME --name NAME [--scope …] [--days N]`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from foundation.errors import Invalid
from people import services
from people.models import Scope, User


class Command(BaseCommand):
    help = "Make an API token for a user and print it, this one time, alone on standard output."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--name", required=True)
        parser.add_argument("--scope", action="append", choices=Scope.values, help="repeat for more than one")
        parser.add_argument("--days", type=int, default=services.TOKEN_DEFAULT_DAYS)

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["username"], is_active=True).first()
        if user is None:
            raise CommandError(f"There is no active user {options['username']!r}. Make one with user_create.")
        try:
            _token, value = services.token_create(
                user=user, name=options["name"], scopes=options["scope"], days=options["days"]
            )
        except Invalid as error:
            raise CommandError(" ".join(str(item["message"]) for item in error.errors)) from error
        self.stdout.write(value)

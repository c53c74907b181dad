"""`manage.py user_create USERNAME [--role …] --password-stdin`."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from foundation.errors import Invalid
from people import services
from people.models import Role


class Command(BaseCommand):
    help = "Make a user; the password is read from standard input, never from the command line."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--role", choices=Role.values, default=Role.OPERATOR.value)
        parser.add_argument("--password-stdin", action="store_true", required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        password = sys.stdin.readline().rstrip("\r\n")
        try:
            user = services.user_create(
                actor=None, username=options["username"], password=password, role=options["role"]
            )
        except Invalid as error:
            raise CommandError(" ".join(f"{item['path']}: {item['message']}" for item in error.errors)) from error
        self.stdout.write(f"{user.username} ({user.role})")

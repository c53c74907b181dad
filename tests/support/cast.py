"""The people of the suite. Operator owns things; colleague has the same role; the stranger is not logged in."""

from dataclasses import dataclass

from django.test import Client

from people import services
from people.models import Role, User

PASSWORD = "correct horse battery staple"


@dataclass
class Cast:
    operator: User
    colleague: User
    officer: User
    auditor: User
    administrator: User

    def browser(self, user: User | None) -> Client:
        """Return a browser logged in as `user` (None: the stranger)."""
        client = Client()
        if user is not None:
            client.force_login(user)
        return client

    def program(self, user: User, *scopes: str) -> Client:
        """Return an API client with a fresh bearer token of `user` (scopes: read and use unless given)."""
        _token, value = services.token_create(user=user, name="suite", scopes=scopes or ("read", "use"))
        return Client(headers={"authorization": f"Bearer {value}"})


def make_cast() -> Cast:
    def person(name: str, role: Role) -> User:
        return User.objects.create_user(username=name, password=PASSWORD, role=role)

    return Cast(
        operator=person("operator", Role.OPERATOR),
        colleague=person("colleague", Role.OPERATOR),
        officer=person("officer", Role.SECURITY_OFFICER),
        auditor=person("auditor", Role.AUDITOR),
        administrator=person("administrator", Role.ADMINISTRATOR),
    )

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

    def browser(self, user: User | None, *, csrf: bool = False) -> Client:
        """Return a browser logged in as `user` (None: the stranger); with `csrf` it is refused without the token."""
        client = Client(enforce_csrf_checks=csrf)
        if user is not None:
            client.force_login(user)
        return client

    def program(self, user: User, *scopes: str) -> Client:
        """Return an API client with a fresh bearer token of `user` (scopes: read and use unless given).

        The scopes are set past the service, so that a test can hold a token that its owner's role has outgrown.
        """
        token, value = services.token_create(user=user, name="suite", scopes=["read"])
        token.scopes = sorted(scopes or ("read", "use"))
        token.save(update_fields=["scopes"])
        return Client(headers={"authorization": f"Bearer {value}"})

    def clients(self) -> dict[str, Client]:
        """Return a browser for each role, by name, the stranger's among them: for walks over all addresses."""
        people = (self.operator, self.colleague, self.officer, self.auditor, self.administrator)
        return {"stranger": self.browser(None), **{user.username: self.browser(user) for user in people}}


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

import io

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from people.models import ApiToken, Role, User
from tests.support.cast import PASSWORD, Cast


def user_create(monkeypatch: pytest.MonkeyPatch, typed: str, *arguments: str) -> str:
    out = io.StringIO()
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    call_command("user_create", *arguments, "--password-stdin", stdout=out)
    return out.getvalue()


def test_a_user_is_made_with_the_password_from_standard_input(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    user_create(monkeypatch, PASSWORD + "\n", "ada", "--role", "security_officer")
    assert User.objects.get().role == Role.SECURITY_OFFICER
    assert Client().post("/login/", {"username": "ada", "password": PASSWORD}).status_code == 302


def test_a_user_is_an_operator_unless_said_otherwise(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    user_create(monkeypatch, PASSWORD, "ada")
    assert User.objects.get().role == Role.OPERATOR


@pytest.mark.parametrize(
    ("typed", "arguments"),
    [("short\n", ["ada"]), ("", ["ada"]), (PASSWORD, ["two words"]), (PASSWORD, ["ada", "--role", "root"])],
)
def test_it_refuses_what_does_not_fit_in_one_line(
    db: None, monkeypatch: pytest.MonkeyPatch, typed: str, arguments: list[str]
) -> None:
    with pytest.raises(CommandError) as refused:
        user_create(monkeypatch, typed, *arguments)
    assert "\n" not in str(refused.value)
    assert PASSWORD not in str(refused.value)
    assert not User.objects.exists()


def test_it_refuses_to_take_a_password_from_the_command_line(db: None) -> None:
    with pytest.raises((CommandError, TypeError)):
        call_command("user_create", "ada", "--password", PASSWORD)


def test_a_token_is_alone_on_standard_output_and_works(cast: Cast, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("api_token_create", "operator", "--name", "ci", "--scope", "read", "--scope", "agent")
    value = capsys.readouterr().out
    assert value.strip().startswith("mcpc_")
    assert value.count("\n") == 1
    assert ApiToken.objects.get().scopes == ["agent", "read"]
    client = Client(headers={"authorization": f"Bearer {value.strip()}"})
    assert client.get("/api/v1/me").status_code == 200


def test_a_token_has_read_and_use_unless_said_otherwise(cast: Cast) -> None:
    call_command("api_token_create", "operator", "--name", "ci", stdout=io.StringIO())
    call_command("api_token_create", "auditor", "--name", "ci", stdout=io.StringIO())
    assert ApiToken.objects.get(user=cast.operator).scopes == ["read", "use"]
    assert ApiToken.objects.get(user=cast.auditor).scopes == ["read"]


@pytest.mark.parametrize("arguments", [["nobody", "--name", "x"], ["operator", "--name", "x", "--scope", "manage"]])
def test_it_refuses_a_token_for_nobody_or_beyond_the_role(cast: Cast, arguments: list[str]) -> None:
    with pytest.raises(CommandError):
        call_command("api_token_create", *arguments, stdout=io.StringIO())
    assert not ApiToken.objects.exists()

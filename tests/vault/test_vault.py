"""Secrets at rest: bound to their row (attack case 21), verified at start, rotated while the console runs."""

import base64
import secrets
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from audit.models import AuditEvent, Verb
from tests.support.cast import Cast
from vault import services
from vault.checks import check_keys
from vault.errors import KeysNotInFile, SecretMissing, SecretUnreadable, WrongKeys
from vault.models import KeyCheck, StoredSecret


def entry(name: str) -> str:
    return f"{name}:{base64.b64encode(secrets.token_bytes(32)).decode()}"


@pytest.fixture
def key_file(settings: object, tmp_path: Path) -> Path:
    path = tmp_path / "vault"
    path.write_text(entry("first") + "\n")
    path.chmod(0o600)
    settings.VAULT_KEYS_FILE = path
    return path


def test_it_refuses_a_row_copied_to_another_owner(cast: Cast, key_file: Path) -> None:
    key = services.secret_store(owner=cast.operator, purpose="token", value="canary-value")
    StoredSecret.objects.filter(key=key).update(owner=cast.colleague)
    with pytest.raises(SecretUnreadable):
        services.secret_read(key=key, owner=cast.colleague)


def test_it_refuses_a_value_copied_to_another_row_or_purpose(cast: Cast, key_file: Path) -> None:
    mine = services.secret_store(owner=cast.operator, purpose="token", value="canary-value")
    theirs = services.secret_store(owner=cast.colleague, purpose="token", value="other-value")
    StoredSecret.objects.filter(key=theirs).update(sealed=StoredSecret.objects.get(key=mine).sealed)
    StoredSecret.objects.filter(key=mine).update(purpose="other")
    for key, owner in ((theirs, cast.colleague), (mine, cast.operator)):
        with pytest.raises(SecretUnreadable):
            services.secret_read(key=key, owner=owner)


def test_another_users_secret_is_not_there(cast: Cast, key_file: Path) -> None:
    key = services.secret_store(owner=cast.operator, purpose="token", value="canary-value")
    with pytest.raises(SecretMissing):
        services.secret_read(key=key, owner=cast.colleague)
    with pytest.raises(SecretMissing):
        services.secrets_read_many(keys=[key], owner=cast.colleague)
    assert not services.secret_delete(key=key, owner=cast.colleague)


def test_several_secrets_are_read_in_one_query(cast: Cast, key_file: Path, django_assert_num_queries: object) -> None:
    keys = [services.secret_store(owner=cast.operator, purpose="p", value=f"value {n}") for n in range(3)]
    with django_assert_num_queries(1):
        found = services.secrets_read_many(keys=keys, owner=cast.operator)
    assert [found[key] for key in keys] == ["value 0", "value 1", "value 2"]


def test_the_database_holds_no_plain_value(cast: Cast, key_file: Path) -> None:
    key = services.secret_store(owner=cast.operator, purpose="p", value="canary-value")
    assert b"canary" not in bytes(StoredSecret.objects.get(key=key).sealed)


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["first", "second"])
def test_the_wrong_keys_are_noticed(key_file: Path, name: str) -> None:
    services.verify_keys()
    services.verify_keys()
    assert check_keys() == []
    key_file.write_text(entry(name) + "\n")
    with pytest.raises(WrongKeys):
        services.verify_keys()
    assert [message.id for message in check_keys()] == ["vault.E002"]


@pytest.mark.django_db
def test_a_ring_that_cannot_be_read_and_an_open_file_are_reported(key_file: Path) -> None:
    key_file.write_text("first:canary-not-a-key\n")
    key_file.chmod(0o644)
    messages = check_keys()
    assert {message.id for message in messages} == {"vault.E001", "vault.W002"}
    assert "canary" not in "".join(str(message) for message in messages)


def test_a_rotation_makes_a_key_seals_anew_and_retires_the_old(cast: Cast, key_file: Path) -> None:
    key = services.secret_store(owner=cast.operator, purpose="p", value="canary-value")
    services.verify_keys()
    out = StringIO()
    call_command("vault_rotate", "--new-key", "--retire", stdout=out)
    assert services.ring().active != "first"
    assert list(services.ring().keys) == [services.ring().active]
    assert key_file.stat().st_mode & 0o777 == 0o600
    assert services.secret_read(key=key, owner=cast.operator) == "canary-value"
    assert list(KeyCheck.objects.values_list("key_id", flat=True)) == [services.ring().active]
    event = AuditEvent.objects.filter(verb=Verb.VAULT_ROTATE).first()
    assert event is not None
    assert base64.b64encode(b"x" * 32).decode() not in out.getvalue()
    assert services.rotate().resealed == 0


def test_an_old_key_stays_while_something_is_sealed_with_it(cast: Cast, key_file: Path) -> None:
    old = key_file.read_text().strip()
    key = services.secret_store(owner=cast.operator, purpose="p", value="canary-value")
    key_file.write_text(f"{entry('second')},{old}\n")
    assert services.retire() == []
    assert services.secret_read(key=key, owner=cast.operator) == "canary-value"
    assert services.rotate().resealed == 1
    assert services.retire() == ["first"]


def test_a_value_that_does_not_open_is_counted_and_kept(cast: Cast, key_file: Path) -> None:
    key = services.secret_store(owner=cast.operator, purpose="p", value="canary-value")
    StoredSecret.objects.filter(key=key).update(owner=cast.colleague)
    before = bytes(StoredSecret.objects.get(key=key).sealed)
    assert services.rotate(new_key=True).unreadable == 1
    assert bytes(StoredSecret.objects.get(key=key).sealed) == before
    assert services.retire() == []


@pytest.mark.django_db
def test_keys_of_the_environment_are_not_changed_by_the_console(settings: object) -> None:
    settings.VAULT_KEYS_FILE = None
    settings.VAULT_KEYS = entry("given")
    with pytest.raises(KeysNotInFile):
        services.rotate(new_key=True)
    assert services.rotate().key_id == "given"

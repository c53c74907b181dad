"""Secrets at rest: bound to their row (attack case 21), verified at start, rotated while the console runs."""

import base64
import secrets
from io import StringIO
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import models
from django.utils import timezone

from audit.models import AuditEvent, Verb
from dynamic_mcp.executions import arguments_identity, result_identity
from dynamic_mcp.models import Execution, Session
from gateways.endpoint import bearer_identity
from gateways.models import Gateway
from tests.support.cast import Cast
from vault import rotation, services
from vault.checks import check_keys
from vault.errors import KeysInUse, KeysNotInFile, SecretMissing, SecretUnreadable, WrongKeys
from vault.keyring import KeyRing, KeyRingError
from vault.models import KeyCheck, StoredSecret
from vault.ring import write_ring


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
    with pytest.raises(KeysInUse, match=r"vault\.keys_in_use: .*1.*first"):
        services.retire()
    assert list(services.ring().keys) == ["second", "first"]
    assert services.secret_read(key=key, owner=cast.operator) == "canary-value"
    assert services.rotate().resealed == 1
    assert services.retire() == ["first"]


def test_a_value_that_does_not_open_is_counted_and_kept(cast: Cast, key_file: Path) -> None:
    key = services.secret_store(owner=cast.operator, purpose="p", value="canary-value")
    StoredSecret.objects.filter(key=key).update(owner=cast.colleague)
    before = bytes(StoredSecret.objects.get(key=key).sealed)
    assert services.rotate(new_key=True).unreadable == 1
    assert bytes(StoredSecret.objects.get(key=key).sealed) == before
    with pytest.raises(KeysInUse):
        services.retire()
    with pytest.raises(CommandError, match="vault_rotate"):
        call_command("vault_rotate", "--retire", stdout=StringIO())


def test_a_value_sealed_with_the_old_ring_while_it_goes_brings_the_key_back(
    cast: Cast, key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.rotate(new_key=True)
    before, stale = key_file.read_text(), services.ring()
    late = KeyRing(active="first", keys=stale.keys)

    def written(path: Path, entries: list[str]) -> None:
        write_ring(path, entries)
        if len(entries) == 1:  # another process, which had read the old ring, commits just now
            StoredSecret.objects.create(owner=cast.operator, purpose="p", sealed=late.seal(b"late", "x"))

    monkeypatch.setattr(rotation, "write_ring", written)
    with pytest.raises(KeysInUse):
        services.retire()
    assert sorted(key_file.read_text().strip().split(",")) == sorted(before.strip().split(","))


def test_every_sealed_column_of_every_model_takes_part_in_rotations() -> None:
    """A column that nobody registered would be lost with the key it is sealed with."""
    sealed = {
        (model._meta.label, column.name)
        for model in apps.get_models()
        for column in model._meta.concrete_fields
        if isinstance(column, models.BinaryField) or "sealed" in column.name
    }
    known = {(column.model._meta.label, column.field) for column in rotation._columns()}
    assert sealed - {("vault.KeyCheck", "sealed")} == known  # the known values belong to one key each


def test_rotation_reaches_runs_and_gateways(cast: Cast, key_file: Path) -> None:
    now = timezone.now()
    gateway = Gateway.objects.create(owner=cast.operator, session_id="s", node="n")
    gateway.bearer_sealed = services.seal(b"canary-bearer", identity=bearer_identity(gateway))
    gateway.save()
    session = Session.objects.create(owner=cast.operator, name="s", last_used_at=now, expires_at=now)
    run = Execution.objects.create(owner=cast.operator, session=session, server="s", tool="t")
    run.arguments_sealed = services.seal(b"{}", identity=arguments_identity(run))
    run.result_sealed = services.seal(b"{}", identity=result_identity(run))
    run.save()
    done = services.rotate(new_key=True)
    assert (done.resealed, done.unreadable) == (3, 0)
    assert services.retire() == ["first"]
    gateway.refresh_from_db()
    assert services.unseal(bytes(gateway.bearer_sealed), identity=bearer_identity(gateway)) == b"canary-bearer"


@pytest.mark.parametrize("name", ["", "鍵", "a" * 17])
def test_it_refuses_a_key_whose_name_a_sealed_value_cannot_carry(name: str) -> None:
    with pytest.raises(KeyRingError):
        KeyRing.parse(entry(name))


@pytest.mark.django_db
def test_keys_of_the_environment_are_not_changed_by_the_console(settings: object) -> None:
    settings.VAULT_KEYS_FILE = None
    settings.VAULT_KEYS = entry("given")
    with pytest.raises(KeysNotInFile):
        services.rotate(new_key=True)
    assert services.rotate().key_id == "given"

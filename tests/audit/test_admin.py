"""The admin as a window for audits, walked over every model that is registered."""

import re
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import models
from django.urls import reverse
from django.utils import timezone

from audit import services as audit
from audit.models import AuditEvent, Verb
from foundation.admin_site import HIDDEN, Window, is_hidden
from people import services
from people.models import User
from tests.support.cast import Cast

OWN_APPS = ("people", "audit", "vault", "catalog", "signing", "oauth_connect", "gateways", "dynamic_mcp")
MODELS = [model for app in OWN_APPS for model in apps.get_app_config(app).get_models()]
CANARY = "canary-7f3a9d1e5b"
SECRET = re.compile(r"sealed|hash|password|secret|bearer|arguments|result$|output$", re.IGNORECASE)


def path(model: type[models.Model], act: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{act}", args=args)


def names(model: type[models.Model]) -> str:
    return model._meta.label


def row(model: type[models.Model], owner: User) -> models.Model:
    """Return a stored row of any model, with a canary in every column that must never be seen."""
    values: dict[str, Any] = {}
    for field in model._meta.concrete_fields:
        values |= {} if isinstance(field, models.AutoField) else {field.name: value(field, owner)}
    return model._default_manager.create(**values)


def value(field: Any, owner: User) -> Any:
    text = CANARY if is_hidden(field) else "plain"
    if isinstance(field, models.ForeignKey):
        return owner if field.related_model is User else row(field.related_model, owner)
    if isinstance(field, models.DateTimeField):
        return timezone.now()
    if isinstance(field, models.JSONField):
        return {text: text}
    if isinstance(field, models.BinaryField):
        return CANARY.encode()
    if isinstance(field, models.BooleanField):
        return False
    if isinstance(field, models.IntegerField | models.FloatField):
        return field.choices[0][0] if field.choices else 1
    if field.choices:
        return field.choices[0][0]
    return text[: field.max_length]


@pytest.mark.parametrize("model", MODELS, ids=names)
def test_a_canary_in_the_secret_columns_is_seen_on_no_page(cast: Cast, model: type[models.Model]) -> None:
    one = cast.operator if model is User else row(model, cast.operator)
    browser = cast.browser(cast.administrator)
    for address in (path(model, "changelist"), path(model, "change", one.pk)):
        page = browser.get(address)
        assert page.status_code == 200
        assert CANARY not in page.content.decode()
        assert CANARY.encode().hex() not in page.content.decode()


def visible(model: type[models.Model]) -> set[str]:
    """Every column name that the model's window displays, searches or filters by."""
    window = admin.site._registry[model]
    listed = [*window.get_list_display(None), *window.get_fields(None), *window.get_search_fields(None)]
    listed += [entry if isinstance(entry, str) else entry[0] for entry in window.get_list_filter(None)]
    return set(listed)


@pytest.mark.parametrize("model", MODELS, ids=names)
def test_every_model_of_every_app_has_a_window(model: type[models.Model]) -> None:
    assert isinstance(admin.site._registry[model], Window)


def test_nothing_else_is_registered() -> None:
    assert {model._meta.app_label for model in admin.site._registry} <= set(OWN_APPS)


@pytest.mark.parametrize("model", MODELS, ids=names)
def test_no_window_shows_or_searches_a_secret(model: type[models.Model]) -> None:
    if model._meta.label == "catalog.CatalogServer":
        assert "secrets" not in visible(model), "only the names of secrets, and still not shown"
    assert not {name for name in visible(model) if SECRET.search(name)}
    binary = {field.name for field in model._meta.concrete_fields if isinstance(field, models.BinaryField)}
    assert not visible(model) & binary


@pytest.mark.parametrize("model", MODELS, ids=names)
@pytest.mark.parametrize("person", ["administrator", "auditor"])
def test_the_list_opens_and_nothing_can_be_changed(cast: Cast, model: type[models.Model], person: str) -> None:
    browser = cast.browser(getattr(cast, person))
    assert browser.get(path(model, "changelist")).status_code == 200
    assert browser.get(path(model, "changelist"), {"q": "x"}).status_code == 200
    key = (cast.colleague if model is User else row(model, cast.operator)).pk
    before = list(model._default_manager.values())
    for address in (path(model, "add"), path(model, "change", key), path(model, "delete", key)):
        assert browser.post(address, {"post": "yes", "name": "changed"}).status_code == 403
    browser.post(path(model, "changelist"), {"action": "delete_selected", "_selected_action": [key], "post": "yes"})
    assert list(model._default_manager.values()) == before


@pytest.mark.parametrize("person", ["operator", "officer"])
def test_it_refuses_everybody_who_does_not_audit(cast: Cast, person: str) -> None:
    browser = cast.browser(getattr(cast, person))
    for address in ("/admin/", "/admin/login/", path(User, "changelist"), path(AuditEvent, "changelist")):
        assert browser.get(address, follow=True).status_code == 403


def test_the_stranger_comes_to_the_consoles_own_login(cast: Cast) -> None:
    answer = cast.browser(None).get("/admin/people/user/", follow=True)
    assert answer.redirect_chain[-1][0].startswith("/login/?next=")
    assert answer.status_code == 200


def test_an_administrators_token_opens_no_window(cast: Cast) -> None:
    program = cast.program(cast.administrator, "read", "manage")
    assert program.get("/admin/").status_code == 302


@pytest.mark.parametrize(
    "query",
    [
        {"token_hash__startswith": "a"},
        {"user__password__startswith": "p"},
        {"last4__regex": "."},
        {"user__api_tokens__token_hash__gt": "0"},
    ],
)
def test_it_refuses_to_tell_a_hash_letter_by_letter(cast: Cast, query: dict[str, str]) -> None:
    services.token_create(user=cast.operator, name="x")
    answer = cast.browser(cast.auditor).get("/admin/people/apitoken/", query)
    assert answer.status_code in (302, 400)


def test_no_window_on_a_user_or_token_contains_its_hash(cast: Cast) -> None:
    token, _value = services.token_create(user=cast.operator, name="x")
    browser = cast.browser(cast.administrator)
    hashed = User.objects.get(pk=cast.operator.pk).password
    pages = [
        browser.get(path(User, "change", cast.operator.pk)),
        browser.get(path(User, "changelist")),
        browser.get(path(type(token), "change", token.pk)),
        browser.get(path(type(token), "changelist")),
    ]
    for page in pages:
        assert page.status_code == 200
        assert token.token_hash not in page.content.decode()
        assert hashed.split("$")[-1] not in page.content.decode()


def test_the_window_says_what_it_is(cast: Cast) -> None:
    page = cast.browser(cast.auditor).get("/admin/", headers={"accept-language": "en"}).content.decode()
    assert "read-only" in page


def test_logging_out_there_is_the_consoles_own_logout(cast: Cast) -> None:
    browser = cast.browser(cast.auditor)
    browser.post("/admin/logout/", follow=True)
    assert AuditEvent.objects.filter(verb="user.logout").count() == 1
    assert browser.get("/admin/").status_code == 302


def test_a_window_of_somebody_elses_making_is_read_only_too() -> None:
    class Loose(admin.ModelAdmin):
        def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
            return True

    site = type(admin.site._wrapped)() if hasattr(admin.site, "_wrapped") else admin.site
    site.register(AuditEvent, Loose)
    assert site._registry[AuditEvent].has_delete_permission(None) is False


def test_the_list_of_events_asks_the_database_a_fixed_number_of_times(
    cast: Cast, django_assert_max_num_queries: Any
) -> None:
    for n in range(60):
        audit.record(Verb.EXEC_RUN, actor=cast.operator, detail={"n": n})
    browser = cast.browser(cast.auditor)
    with django_assert_max_num_queries(8):
        browser.get(path(AuditEvent, "changelist"))


def test_what_counts_as_secret_is_known_by_name_and_kind() -> None:
    for name in ("bearer_sealed", "token_hash", "password", "secret_keys", "code_verifier", "arguments_sealed"):
        assert HIDDEN.search(name)
    assert is_hidden(models.BinaryField(name="anything"))
    assert not is_hidden(models.CharField(name="storage_key"))

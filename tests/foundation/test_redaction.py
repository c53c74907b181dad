"""Text from anywhere loses what looks like a credential and what could steer a terminal or forge a line of a log."""

import base64
import json
import logging
import re
import sys
import time
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foundation.log_redaction import RedactingFilter
from foundation.redaction import Mask, mask, plain, redact

VALUE = "s3cr3t-Canary_0123456789"
PEM = "-----BEGIN {0}PRIVATE KEY-----\nMIIEvQIBADANBgkq\nhkiG9w0B+/==\n-----END {0}PRIVATE KEY-----"
CARRIERS = [
    "Authorization: Bearer {}",
    "authorization: basic {}",
    "the request had Bearer {} in it",
    "Proxy-Authorization: Digest {}",
    "Cookie: sessionid={}; theme=dark",
    "Set-Cookie: csrftoken={}",
    "API_KEY={}",
    "X-Api-Key: {}",
    "GITHUB_PERSONAL_ACCESS_TOKEN='{}'",
    "AWS_SECRET_ACCESS_KEY={} is wrong",
    "password={}&user=x",
    '{{"token": "{}"}}',
    "{{'client_secret': '{}', 'x': 1}}",
    '{{"message": "{{\\"token\\": \\"{}\\"}}"}}',
    '{{"passphrase": "two words {}"}}',
    "https://user:{}@example.com/x",
    "https://{}@example.com/x",
    "redis://:{}@127.0.0.1:6379/0",
    "GET /x?access_token={} HTTP/1.1",
    "https://example.com/cb?a=1&code={}&state=x",
    "Not Found: /setup/{}/",
    "--password {}".replace(" ", "="),
]
TOKENS = [
    "mcpc_" + "aB3_" * 10,
    "ghp_" + "aB3d" * 9,
    "github_pat_" + "aB3_" * 10,
    "glpat-" + "aB3_" * 5,
    "xoxb-" + "12345678901-abcdef",
    "sk-" + "proj-aB3d5678901234567890",
    "sk_live_" + "aB3d567890",
    "AKIA" + "IOSFODNN7EXAMPLE",
    "AIza" + "a" * 35,
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P",
]
PROSE = [
    "A Basic authentication is needed; see the manual.",
    "The bearer shows the token to the server, and the server asks for a password.",
    "Basic knowledge of JSON is enough. Secrets stay secret.",
    "token_endpoint: https://example.com/token",
    "password_url=https://example.com/reset",
    "Traceback: File \"a.py\", line 3, in main: ValueError: 'x' is not 3",
    "See https://example.com/a?q=time&page=2#top or mail me@example.com.",
    "日本語の文章と絵文字 👩‍💻 はそのまま。\n\tindented",
    "/usr/lib/node_modules/sk-learn/index.js:12:3",
]
ANYTHING = st.text(st.characters(codec=None), max_size=300) | st.lists(
    st.sampled_from(
        [
            "token",
            "=",
            ":",
            " ",
            '"',
            "'",
            "\\",
            "Bearer ",
            "basic ",
            "eyJ",
            ".",
            "://",
            "@",
            "-----BEGIN PRIVATE KEY-----",
            "[redacted]",
            "abc123XY",
            "\x1b[31m",
            "\x00",
            "\n",
            "&code=",
            "?",
            "Cookie: ",
            "mcpc_",
            "a" * 24,
            "/setup/",
            ";",
        ]
    ),
    max_size=20,
).map("".join)


@given(ANYTHING)
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_it_never_raises_and_a_second_time_changes_nothing(text):
    once = redact(text)
    assert redact(once) == once
    assert plain(once) == once


@pytest.mark.parametrize("carrier", CARRIERS)
@given(value=st.from_regex(r"[A-Za-z0-9_-]{7,30}[0-9][A-Z][a-z]", fullmatch=True))
@settings(max_examples=25, deadline=None)
def test_it_removes_a_credential_by_what_stands_around_it(carrier, value):
    if value.startswith("-") or value in carrier or len(value) < 16:
        value = "Canary0" + value.strip("-") + "X9z8y7w6"
    assert value not in redact(carrier.format(value))


@pytest.mark.parametrize("token", TOKENS)
@pytest.mark.parametrize("around", ["{}", "got {} there", "({})", '"{}"', "a\n{}\nb", "path/{}/x", "x={}"])
def test_it_removes_a_token_by_its_own_shape(token, around):
    assert token not in redact(around.format(token))


@pytest.mark.parametrize("kind", ["", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED "])
@pytest.mark.parametrize("cut", [None, 60])
@pytest.mark.parametrize("escaped", [False, True])
def test_it_removes_a_private_key_whole_or_cut_short(kind, cut, escaped):
    key = PEM.format(kind)[:cut]
    text = redact("before\n" + (json.dumps(key)[1:-1] if escaped else key))
    assert text == "before\n[redacted]"


def test_a_public_key_and_a_certificate_stay():
    text = "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZI\n-----END PUBLIC KEY-----"
    assert redact(text) == text


@pytest.mark.parametrize("text", PROSE)
def test_it_keeps_what_people_write(text):
    assert redact(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "\x1b[31mred\x1b[0m",
        "a\rb",
        "a\x00b",
        "a\x1b]0;title\x07b",
        "a\u202eb",
        "a\u2066b",
        "a\u2028b",
        "a\x85b",
        "a\u200bb",
    ],
)
def test_what_steers_a_terminal_or_turns_the_reading_direction_is_gone(text):
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\u200b]", redact(text))


@pytest.mark.parametrize("hidden", ["tok\x00en=", "tok\u200ben=", "tok\x1b[1men=", "tok\u202een="])
def test_a_name_hidden_by_unseen_characters_is_still_told(hidden):
    assert VALUE not in redact(hidden + VALUE)


@pytest.mark.parametrize(
    "chunk",
    [
        "a",
        "token",
        "token=",
        "eyJ",
        "eyJ-",
        "eyJaaaaaaaaa.",
        "-----BEGIN PRIVATE KEY-----",
        "://",
        "://a",
        "sk-",
        "bearer ",
        "basic A",
        "\\",
        '"',
        "'",
        "password='",
        "[redacted]",
        "?code=",
        "Cookie: ",
        "\x1b[",
        "=",
        " ",
        "secret\\\\\\\\",
        "日",
    ],
)
def test_the_time_it_takes_grows_with_the_text_only(chunk):
    def seconds(length: int) -> float:
        text = (chunk * (length // len(chunk) + 1))[:length]
        began = time.process_time()
        redact(text)
        return time.process_time() - began

    seconds(1000)
    small, large = max(seconds(20_000), 0.001), seconds(200_000)
    assert large < 40 * small, "ten times the text must not take a hundred times as long"
    assert large < 5.0


SECRETS = st.text(st.characters(exclude_categories=["Cs"]), min_size=8, max_size=40).filter(
    lambda text: text not in "[secret KEY]"
)


@given(SECRETS)
@settings(max_examples=200, deadline=None)
def test_a_known_value_is_gone_in_every_spelling(secret):
    for spelling in (
        secret,
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        json.dumps(json.dumps(secret)[1:-1])[1:-1],
        quote(secret),
        quote(secret, safe=""),
        quote_plus(secret),
        base64.b64encode(secret.encode()).decode(),
        base64.urlsafe_b64encode(secret.encode()).decode(),
        secret.encode().hex(),
    ):
        assert mask(f"<{spelling}>", {"KEY": secret}).startswith("<[secret KEY]")


@given(st.dictionaries(st.text(max_size=5), st.text(max_size=12), max_size=3), st.text(max_size=50))
@settings(max_examples=100, deadline=None)
def test_masking_never_raises_and_leaves_short_values(secrets, text):
    masked = mask(text, secrets)
    if all(len(value) < 8 for value in secrets.values()):
        assert masked == text


def test_the_longest_value_goes_first():
    secrets = {"SHORT": VALUE, "LONG": VALUE + "-and-more"}
    assert mask(f"{VALUE}-and-more {VALUE}", secrets) == "[secret LONG] [secret SHORT]"


def test_keys_lists_and_nested_values_are_masked_and_other_things_kept():
    value = {VALUE: [VALUE, 1, None, True, {"x": f"a{VALUE}b"}]}
    masked = {"[secret K]": ["[secret K]", 1, None, True, {"x": "a[secret K]b"}]}
    assert Mask({"K": VALUE}).value(value) == masked


def filtered(message: object, *args: object, exc_info: object = None) -> str:
    record = logging.LogRecord("x", logging.ERROR, "x.py", 1, message, args, exc_info)  # type: ignore[arg-type]
    assert RedactingFilter().filter(record)
    return logging.Formatter("%(levelname)s %(message)s").format(record)


def test_a_log_line_is_redacted_after_its_arguments_are_filled_in():
    assert VALUE not in filtered("token=%s", VALUE)
    assert filtered("one\ntwo %s", "a\r\nERROR forged") == "ERROR one\\ntwo a\\nERROR forged"


def test_a_wrong_format_string_is_still_one_redacted_line():
    assert VALUE not in filtered("%d %d", f"token={VALUE}")


def test_a_traceback_is_redacted_and_forges_no_line():
    try:
        raise ValueError(f"password={VALUE}\nERROR forged")
    except ValueError:
        text = filtered("failed", exc_info=sys.exc_info())
    assert VALUE not in text
    assert not any(line.startswith("ERROR forged") for line in text.splitlines())

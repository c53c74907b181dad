"""Tool output on a page: shown as what it is, and nothing in it runs, loads or leaves."""

import base64
import json
import subprocess

import pytest
from django.utils.translation import override
from hypothesis import given, settings
from hypothesis import strategies as st

from dynamic_mcp.rendering import blocks_of, curl_of, json_html
from dynamic_mcp.rendering.blocks import MAX_BLOCKS, MAX_CHARS, MAX_MEDIA_BYTES

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"\0" * 20).decode()
HOSTILE = [
    "<script>alert(1)</script>",
    "**bold** <img src=x onerror=alert(1)>",
    "# Title\n\n[click](javascript:alert(1))",
    "# Title\n\n[click](data:text/html;base64,PHNjcmlwdD4=)",
    "# T\n\n![x](https://evil.example/pixel.png)",
    "```\n</code></pre><script>alert(1)</script>\n```",
    "# T\n\n<svg onload=alert(1)>",
    '{"<script>": "</span><script>alert(1)</script>"}',
    '# T\n\n[a](https://e.example/"onmouseover="alert(1))',
    "| a |\n|---|\n| <iframe src=//evil.example> |",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_it_refuses_to_let_markup_of_a_tool_become_markup_of_the_page(text: str) -> None:
    (block,) = blocks_of([{"type": "text", "text": text}])
    html = str(block.html).lower()
    for sign in ("<script", "<img", "<svg", "<iframe", 'href="javascript:', 'href="data:', "<div onload", "style="):
        assert sign not in html
    assert 'onmouseover="' not in html


@settings(max_examples=200, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(), lambda i: st.lists(i) | st.dictionaries(st.text(), i)
    )
)
def test_every_json_value_is_drawn_and_only_with_our_elements(value: object) -> None:
    html = str(json_html(value))
    for sign in ("<script", "<img"):
        assert sign not in html
    assert html.count("<details") == html.count("</details>")


def test_text_json_and_markdown_are_told_apart() -> None:
    kinds = [
        blocks_of([{"type": "text", "text": text}])[0].kind
        for text in ("12:00 in Tokyo", '{"time": "12:00"}', "# Result\n\n- one", "a_b * c", "[1, 2", "3 < 4")
    ]
    assert kinds == ["text", "json", "markdown", "text", "text", "text"]


def test_an_image_is_shown_only_when_it_is_one_of_four_kinds_and_its_bytes_say_so() -> None:
    shown = blocks_of([{"type": "image", "data": PNG, "mimeType": "image/png"}])[0]
    assert (shown.kind, shown.src[:22]) == ("image", "data:image/png;base64,")
    svg = base64.b64encode(b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>").decode()
    refused = [(svg, "image/svg+xml"), (svg, "image/png"), (PNG, "text/html"), ("%%%", "image/png"), (7, "image/png")]
    for data, media_type in refused:
        block = blocks_of([{"type": "image", "data": data, "mimeType": media_type}])[0]
        assert (block.kind, block.src) == ("note", "")


def test_an_image_above_the_cap_is_named_and_not_shown() -> None:
    data = base64.b64encode(b"\xff\xd8\xff" + b"\0" * MAX_MEDIA_BYTES).decode()
    assert blocks_of([{"type": "image", "data": data, "mimeType": "image/jpeg"}])[0].kind == "note"


def test_sound_links_and_embedded_resources_have_their_own_blocks() -> None:
    blocks = blocks_of(
        [
            {"type": "audio", "data": base64.b64encode(b"RIFF1234").decode(), "mimeType": "audio/wav"},
            {"type": "resource_link", "uri": "https://example.com/a", "name": "a"},
            {"type": "resource_link", "uri": "javascript:alert(1)", "name": "b"},
            {"type": "resource", "resource": {"uri": "file:///x.md", "mimeType": "text/markdown", "text": "plain"}},
            {"type": "resource", "resource": {"uri": "x://p", "mimeType": "image/png", "blob": PNG}},
            {"type": "something-new", "value": 1},
            "not a block",
        ]
    )
    assert [block.kind for block in blocks] == ["audio", "link", "link", "markdown", "image", "json", "json"]
    assert [blocks[1].href, blocks[2].href] == ["https://example.com/a", ""]


def test_structured_content_is_shown_once() -> None:
    value = {"temperature": 21.5}
    assert len(blocks_of([{"type": "text", "text": json.dumps(value)}], value)) == 1
    assert len(blocks_of([{"type": "text", "text": "warm"}], {"result": "warm"})) == 1
    assert [block.kind for block in blocks_of([{"type": "text", "text": "warm"}], value)] == ["text", "json"]


def test_a_large_output_is_cut_with_a_note() -> None:
    (block,) = blocks_of([{"type": "text", "text": "x" * (MAX_CHARS + 5)}])
    assert (len(block.text), block.cut) == (MAX_CHARS, 5)
    assert blocks_of([{"type": "text", "text": "x"}] * (MAX_BLOCKS + 3))[-1].kind == "note"
    with override("en"):
        assert "more" in str(json_html(list(range(20_000))))


def test_json_nested_without_end_is_shown_without_a_failure() -> None:
    text = "[" * 100_000 + "]" * 100_000
    assert blocks_of([{"type": "text", "text": text}])[0].kind in ("text", "json")
    deep: list[object] = []
    for _level in range(300):
        deep = [deep]
    assert "…" in str(json_html(deep))


def test_output_stands_in_where_there_are_no_blocks() -> None:
    assert blocks_of([], None, output="gateway unavailable")[0].text == "gateway unavailable"
    assert blocks_of(None) == []


def test_the_curl_command_keeps_foreign_text_as_data() -> None:
    arguments = {"text": "'; touch /tmp/never; echo '$(id)`id`"}
    command = curl_of("http://127.0.0.1:8000", "01abc", server="echo", tool="-x;id", arguments=arguments)
    shown = subprocess.run(
        ["bash", "-c", command.replace("curl -sS", "printf '%s\\0'", 1)],
        env={"TOKEN": "t"}, capture_output=True, check=True,
    )  # fmt: skip
    body = shown.stdout.split(b"\0")[-2]
    assert json.loads(body) == {"tool": "-x;id", "server": "echo", "arguments": arguments}

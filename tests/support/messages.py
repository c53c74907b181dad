"""The Japanese catalogue: finds every text in the sources, keeps `catalog_site/locale/ja`, compiles it.

`python -m tests.support.messages` rewrites the .po (new texts come without a translation) and the .mo;
`--check` fails when a text has no translation, a translation no text, or the .mo is not made from the .po.
Needs no gettext on the machine: Babel reads the sources and writes both files.
"""

import io
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import django
import yaml
from babel.messages import Catalog
from babel.messages.catalog import Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

from catalog.wording import CATEGORIES, CATEGORY, STARTER

ROOT = Path(__file__).resolve().parent.parent.parent
STARTER_FILE = ROOT / "catalog" / "starter.yaml"
FOLDER = ROOT / "catalog_site" / "locale" / "ja" / "LC_MESSAGES"
APPS = [
    "foundation",
    "people",
    "audit",
    "vault",
    "catalog",
    "oauth_connect",
    "signing",
    "gateways",
    "dynamic_mcp",
    "catalog_site",
]
KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
TITLE_IN_WORDS = re.compile(r"\(.+\)| Doc(s|umentation)$")
PLACE = re.compile(r"%\(\w+\)[a-z]|%[^(]|</?\w+>")  # placeholders, bare per cents, tags
SAME_IN_BOTH = {"API", "Docker", "URL"}
HEADER = """# Japanese texts of the console.
#
# Voice: calm, short; sentences in です・ます, noun phrases on labels and buttons, no blank between Japanese and Latin
# letters, names of things in 「」. One word for one thing:
#
#   session セッション          server サーバー              catalogue カタログ        source 取得元
#   gateway ゲートウェイ        runtime ランタイム           tool ツール               execution, run 実行
#   exit code 終了コード        arguments 引数               configuration 設定        secret シークレット
#   receipt 後片付けの記録      connection 接続              sign-in（提供元）サインイン log in（コンソール）ログイン
#   authorisation 認可          approval 承認                reject 却下               refuse 拒否
#   notice お知らせ             audit log 監査ログ           vault 保管庫              key 鍵
#   role ロール                 scope スコープ               policy ポリシー           signature 署名
#   administrator 管理者        security officer セキュリティ担当                        operator オペレーター
#   auditor 監査者              people, user ユーザー        revoke（トークン）失効     close（アカウント）停止
#   connection states: not connected 未接続, pending 認可待ち, connected 接続済み, reauthorisation required 要再認可
#   gateway test passed 接続成功"""


def sources() -> Iterator[tuple[Path, str]]:
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path, path.read_text()
    for path in sorted((ROOT / "templates").rglob("*.html")):
        # what templatize leaves of the markup keeps its indentation, which Python would stumble over
        yield path, re.sub(r"^[ \t]+", "", templatize(path.read_text(), origin=str(path)), flags=re.MULTILINE)


def catalogue_texts() -> Iterator[tuple[str, str, Path]]:
    """Yield (text, context, file) of what the catalogue itself says: the starter's entries, the usual categories.

    A title is a name and stays; only one that says something of the server in words is translated.
    """
    for entry in yaml.safe_load(STARTER_FILE.read_text())["servers"]:
        texts = [entry["description"], *(tool["description"] for tool in entry.get("tools", []))]
        texts += [entry["title"]] if TITLE_IN_WORDS.search(entry["title"]) else []
        texts += [secret["description"] for secret in entry.get("secrets", [])]
        for part in entry.get("config_schema", {}).get("properties", {}).values():
            texts += [part["title"], part["description"]]
        yield from ((text, STARTER, STARTER_FILE) for text in texts)
    yield from ((name, CATEGORY, ROOT / "catalog" / "wording.py") for name in CATEGORIES)


def found() -> Catalog:
    """Return every text in the sources, with the files it stands in."""
    catalog = Catalog(locale="ja")
    for path, text in sources():
        for _line, message, _comments, context in extract("python", io.BytesIO(text.encode()), keywords=KEYWORDS):
            catalog.add(message, locations=[(str(path.relative_to(ROOT)), 0)], context=context)
    for text, context, path in catalogue_texts():
        catalog.add(text, locations=[(str(path.relative_to(ROOT)), 0)], context=context)
    return catalog


def kept() -> Catalog:
    path = FOLDER / "django.po"
    return read_po(io.BytesIO(path.read_bytes()), locale="ja") if path.exists() else Catalog(locale="ja")


def merged() -> Catalog:
    catalog, old = found(), kept()
    for message in catalog:
        before = old.get(message.id, message.context) if message.id else None
        if before is not None and before.string:
            message.string = before.string
        message.flags.discard("fuzzy")
        message.locations = sorted({(name, 0) for name, _line in message.locations})
    return catalog


def compiled(catalog: Catalog) -> bytes:
    buffer = io.BytesIO()
    write_mo(buffer, catalog)
    return buffer.getvalue()


def untranslated(catalog: Catalog) -> list[str]:
    return [str(message.id) for message in catalog if message.id and not all(texts_of(message.string))]


def texts_of(value: object) -> list[str]:
    return [str(part) for part in value] if isinstance(value, list | tuple) else [str(value or "")]


def faults(message: Message) -> list[str]:
    """Return what is wrong with one translation: its number of forms, its places to fill, an untouched copy."""
    ids, texts = texts_of(message.id), texts_of(message.string)
    wrong = [] if len(texts) == 1 else [f"Japanese has one form, not {len(texts)}"]
    for text in texts:
        if sorted(PLACE.findall(text)) != sorted(PLACE.findall(ids[-1])):
            wrong.append(f"the places to fill differ: {text}")
        if text in ids and text not in SAME_IN_BOTH:
            wrong.append("the translation is the English text")
    return wrong


def problems() -> list[str]:
    """Return what is wrong with the files as they stand."""
    catalog, old = merged(), kept()
    wrong = [f"no translation: {text}" for text in untranslated(catalog)]
    ids = {(message.id, message.context) for message in catalog if message.id}
    wrong += [f"no longer used: {m.id}" for m in old if m.id and (m.id, m.context) not in ids]
    for message in catalog:
        if message.id and all(texts_of(message.string)):
            wrong += [f"{message.id}: {error}" for error in faults(message)]
    binary = FOLDER / "django.mo"
    if not wrong and (not binary.exists() or read_texts(binary.read_bytes()) != read_texts(compiled(catalog))):
        wrong.append("django.mo is not made from django.po: run `make messages`")
    return wrong


def read_texts(binary: bytes) -> dict[object, object]:
    from gettext import GNUTranslations

    texts = dict(GNUTranslations(io.BytesIO(binary))._catalog)  # type: ignore[attr-defined]
    texts.pop("", None)
    return texts


def write() -> None:
    catalog = merged()
    FOLDER.mkdir(parents=True, exist_ok=True)
    catalog.project, catalog.version = "MCP Catalog Console", "1"
    catalog.msgid_bugs_address = catalog.last_translator = catalog.language_team = ""
    catalog.header_comment, catalog.fuzzy = HEADER, False
    catalog.creation_date = catalog.revision_date = datetime(2026, 1, 1, tzinfo=UTC)  # no date: no needless changes
    buffer = io.BytesIO()
    write_po(buffer, catalog, sort_output=True, width=120, omit_header=False, ignore_obsolete=True)
    (FOLDER / "django.po").write_bytes(buffer.getvalue())
    (FOLDER / "django.mo").write_bytes(compiled(catalog))


def main() -> int:
    settings.configure() if not settings.configured else None
    django.setup()
    if "--check" in sys.argv:
        wrong = problems()
        print("\n".join(wrong) or "every text has its translation")
        return 1 if wrong else 0
    write()
    missing = untranslated(merged())
    print(f"{len(missing)} texts without a translation")
    return 0


if __name__ == "__main__":
    sys.exit(main())

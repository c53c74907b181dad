"""Words of a query and of a text: how they are cut, and which Japanese words mean an English one. Pure."""

import re
import unicodedata

_LATIN = re.compile(r"[0-9a-z]+")
_JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff々ー]+")

# ruff: noqa: E501  (the table below counts wide characters twice)
# General terms that people search a catalogue of servers for; descriptions are mostly in English.
TERMS = {
    "ブラウザ": "browser", "課金": "payment", "決済": "payment", "支払い": "payment", "請求": "invoice", "検索": "search",
    "時間": "time", "時刻": "time", "日時": "time", "時計": "clock", "タイムゾーン": "timezone", "天気": "weather",
    "地図": "maps", "翻訳": "translation", "データベース": "database", "ファイル": "files", "フォルダ": "filesystem",
    "メール": "email", "カレンダー": "calendar", "予定": "calendar", "画像": "image", "音声": "speech", "動画": "video",
    "監視": "monitoring", "ログ": "logs", "エラー": "errors", "課題": "issues", "タスク": "tasks", "文書": "documents",
    "ドキュメント": "documentation", "ノート": "notes", "メモ": "notes", "記憶": "memory", "思考": "thinking",
    "論文": "papers", "百科事典": "encyclopedia", "表計算": "spreadsheet", "エクセル": "excel", "スクレイピング": "scraping",
    "自動化": "automation", "開発": "development", "セキュリティ": "security", "脆弱性": "vulnerability",
    "クラウド": "cloud", "コンテナ": "container", "分析": "analytics", "金融": "finance", "株価": "stock",
    "暗号資産": "crypto", "顧客": "crm", "チャット": "chat", "メッセージ": "messaging", "旅行": "travel", "ゲーム": "games",
    "設計": "design", "デザイン": "design", "図": "diagram", "リポジトリ": "repository", "ウェブ": "web", "通貨": "currency",
}  # fmt: skip


# Words of a sentence that say nothing of what is sought; left out where others remain.
_FILLERS = frozenset(
    [
        "a",
        "an",
        "and",
        "any",
        "can",
        "do",
        "find",
        "for",
        "from",
        "get",
        "give",
        "i",
        "in",
        "is",
        "it",
        "mcp",
        "me",
        "my",
        "need",
        "of",
        "on",
        "or",
        "please",
        "server",
        "servers",
        "show",
        "some",
        "that",
        "the",
        "to",
        "tool",
        "tools",
        "use",
        "using",
        "want",
        "which",
        "with",
        "you",
    ]
)


def fold(text: str) -> str:
    """Return text for comparing: NFKC, no case."""
    return unicodedata.normalize("NFKC", text).casefold()


def words(text: str) -> list[str]:
    """Return the words of a text: Latin words and numbers whole, Japanese as pairs of characters."""
    folded = fold(text)
    found = _LATIN.findall(folded)
    for run in _JAPANESE.findall(folded):
        found += [run[at : at + 2] for at in range(len(run) - 1)] or [run]
    return found


def query_terms(query: str) -> list[list[str]]:
    """Return the terms of a query, each a list of words of which all (a Japanese run) or one (Latin) must be met.

    A Japanese run of the dictionary also stands for its English word: such a term begins with `=` and that word.
    """
    folded = fold(query)
    latin = _LATIN.findall(folded)
    terms = [[word] for word in [word for word in latin if word not in _FILLERS] or latin]
    for run in _JAPANESE.findall(folded):
        pairs = [run[at : at + 2] for at in range(len(run) - 1)] or [run]
        meanings = [f"={english}" for word, english in TERMS.items() if fold(word) in run]
        terms.append(meanings + pairs)
    return terms[:12]

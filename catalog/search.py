"""Searches catalogue entries in memory: ranked, as one types, forgiving small typing errors. Pure.

A word counts by where it stands (name, title, tags and tools, description) and by how rare it is. Every term of the
query has to be met, as a word, as the beginning of one, or else as a near miss; where no entry meets all of them, those
that meet some are the answer.
"""

import math
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from catalog.words import fold, query_terms, words

_WEIGHTS = (("name", 8.0), ("title", 5.0), ("categories", 3.0), ("tags", 3.0), ("tools", 2.5), ("description", 1.0))
_BEGINNING, _NEAR_MISS = 0.7, 0.35
_EXPANSIONS_MAX = 60
_NEAR_MISS_MIN_CHARS = 4
QUERY_MAX_CHARS = 200


@dataclass(frozen=True)
class Filters:
    """What else must hold; "" and None leave a thing open."""

    kind: str = ""
    category: str = ""
    requires_oauth: bool | None = None


@dataclass
class Found:
    """`positions` in the order of the index, best first; `facets` count what each filter would give."""

    positions: list[int]
    facets: dict[str, dict[str, int]] = field(default_factory=dict)


class Index:
    """`entries` are mappings with name, title, description, tools, categories, tags, kind and requires_oauth."""

    def __init__(self, entries: Sequence[Mapping[str, Any]]) -> None:
        self._entries = entries
        self._names = [fold(entry["name"]) for entry in entries]
        self._titles = [fold(entry["title"]) for entry in entries]
        self._categories = [[fold(item) for item in entry["categories"]] for entry in entries]
        self._order = sorted(range(len(entries)), key=lambda at: (self._titles[at], self._names[at]))
        self._weights: dict[str, dict[int, float]] = defaultdict(dict)
        for at, entry in enumerate(entries):
            for part, weight in _WEIGHTS:
                for word in set(words(_text(entry[part]))):
                    held = self._weights[word].get(at, 0.0)
                    self._weights[word][at] = max(held, weight) + (0.1 * weight if held else 0.0)
        self._words = sorted(self._weights)
        self._shortened: dict[str, list[str]] = defaultdict(list)
        for word in self._words:
            if len(word) >= _NEAR_MISS_MIN_CHARS:
                for short in _shorter(word):
                    self._shortened[short].append(word)

    def search(self, query: str = "", filters: Filters | None = None) -> Found:
        """Return who meets query and filters; without a query, all in the order of their titles."""
        filters = filters or Filters()
        ranked = self._ranked(query[:QUERY_MAX_CHARS]) if query.strip() else self._order
        category = fold(filters.category)
        passes = [
            (
                not filters.kind or self._entries[at]["kind"] == filters.kind,
                not category or category in self._categories[at],
                filters.requires_oauth is None or self._entries[at]["requires_oauth"] == filters.requires_oauth,
            )
            for at in ranked
        ]
        found = Found([at for at, kept in zip(ranked, passes, strict=True) if all(kept)])
        found.facets = self._facets(ranked, passes)
        return found

    def _facets(self, ranked: Sequence[int], passes: Sequence[tuple[bool, bool, bool]]) -> dict[str, dict[str, int]]:
        kinds, categories, oauth = Counter[str](), Counter[str](), Counter[str]()
        for at, (kind, category, needs) in zip(ranked, passes, strict=True):
            if category and needs:
                kinds[self._entries[at]["kind"]] += 1
            if kind and needs:
                categories.update(self._categories[at])
            if kind and category:
                oauth["true" if self._entries[at]["requires_oauth"] else "false"] += 1
        return {
            "kind": dict(kinds.most_common()),
            "category": dict(categories.most_common()),
            "requires_oauth": dict(oauth),
        }

    def _ranked(self, query: str) -> list[int]:
        terms = query_terms(query)
        if not terms:
            return []
        met = [self._scores(term) for term in terms]
        total: dict[int, float] = defaultdict(float)
        count: Counter[int] = Counter()
        for scores in met:
            for at, score in scores.items():
                total[at] += score
                count[at] += 1
        if len(terms) in count.values():
            total = {at: score for at, score in total.items() if count[at] == len(terms)}
        whole = fold(query).strip()
        for at in total:
            total[at] += count[at] * 20.0 + self._bonus(at, whole)
        return sorted(total, key=lambda at: (-total[at], self._titles[at], self._names[at]))

    def _bonus(self, at: int, whole: str) -> float:
        if self._names[at] == whole:
            return 200.0
        if self._titles[at] == whole:
            return 100.0
        if self._names[at].startswith(whole) or self._titles[at].startswith(whole):
            return 20.0
        return 0.0

    def _scores(self, term: Sequence[str]) -> dict[int, float]:
        """Return {position: score} of one term: its meanings, or all of its words together."""
        scores: dict[int, float] = {}
        plain = [word for word in term if not word.startswith("=")]
        for word in (word[1:] for word in term if word.startswith("=")):
            _raise_to(scores, self._word(word))
        together = [self._word(word) for word in plain]
        common = set(together[0]).intersection(*together[1:]) if together else set()
        _raise_to(scores, {at: sum(part[at] for part in together) for at in common})
        return scores

    def _word(self, word: str) -> dict[int, float]:
        scores: dict[int, float] = {}
        at = bisect_left(self._words, word)
        for found in self._words[at : at + _EXPANSIONS_MAX]:
            if not found.startswith(word):
                break
            self._count(scores, found, 1.0 if found == word else _BEGINNING)
        if not scores:
            for found in self._near(word):
                self._count(scores, found, _NEAR_MISS)
        return scores

    def _count(self, scores: dict[int, float], word: str, factor: float) -> None:
        held = self._weights[word]
        rare = math.log(1 + len(self._entries) / len(held))
        _raise_to(scores, {at: weight * rare * factor for at, weight in held.items()})

    def _near(self, word: str) -> Iterable[str]:
        """Return words at one slip: a letter missing, doubled, wrong, or two of them swapped."""
        if len(word) < _NEAR_MISS_MIN_CHARS:
            return []
        found: dict[str, None] = {}
        for short in _shorter(word):
            for candidate in self._shortened.get(short, ()):
                if abs(len(candidate) - len(word)) <= 1:
                    found[candidate] = None
        return list(found)[:_EXPANSIONS_MAX]


def _raise_to(scores: dict[int, float], others: Mapping[int, float]) -> None:
    for at, score in others.items():
        if score > scores.get(at, 0.0):
            scores[at] = score


def _shorter(word: str) -> set[str]:
    return {word, *(word[:at] + word[at + 1 :] for at in range(len(word)))}


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return " ".join(
        item if isinstance(item, str) else f"{item.get('name', '')} {item.get('description', '')}" for item in value
    )

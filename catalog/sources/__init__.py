"""One module a shape. Each has `SHAPE` and `parse(document, ...) -> Parsed`, a pure function.

To add a shape: its module here, its value in `SourceShape`, its line in `recognise`, its tests.
"""

from dataclasses import dataclass, field

from catalog.entries import Entry, Refusal


@dataclass
class Parsed:
    """What a source holds: entries in its order, and what was left out and why."""

    entries: list[Entry] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)

"""The rows of a benchmark run and how they are printed."""

import statistics
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Row:
    name: str
    measured: str
    target: str
    met: bool


@dataclass
class Report:
    rows: list[Row] = field(default_factory=list)

    def add(self, name: str, measured: str, target: str, *, met: bool) -> None:
        self.rows.append(Row(name, measured, target, met))
        print(f"{name}: {measured} (target {target}){'' if met else '  MISSED'}", flush=True)

    def met(self, name: str) -> bool:
        return all(row.met for row in self.rows if row.name == name)

    def text(self) -> str:
        width = max(len(row.name) for row in self.rows)
        lines = [
            f"{row.name:<{width}}  {'met   ' if row.met else 'MISSED'}  {row.measured}  (target {row.target})"
            for row in self.rows
        ]
        return "\n" + "\n".join(lines)


def p50_ms(seconds: list[float]) -> float:
    return statistics.median(seconds) * 1000


def p95_ms(seconds: list[float]) -> float:
    return statistics.quantiles(seconds, n=20)[-1] * 1000

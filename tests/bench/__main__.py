"""`make bench`: the targets of the console against the direct call, measured in one interleaved run.

Starts a console as `make run` does, on a data folder of its own, with the real `server-everything` beside it as the
direct server. Ratios are what counts: the machine is noisy, and both sides of a ratio share its mood.
Prints one row a target; exit code 1 when the exec row misses its target.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.bench import executions, gateways, reads
from tests.bench.remote import RemoteServer
from tests.bench.report import Report
from tests.support.console import ROOT, running_console
from tests.support.program import program_for


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--calls", type=int, default=400, help="calls a side in the latency row")
    parser.add_argument("--seconds", type=float, default=6.0, help="length of the throughput row")
    parser.add_argument("--starts", type=int, default=5, help="cold starts a side")
    options = parser.parse_args()
    report = Report()
    with tempfile.TemporaryDirectory(prefix="console-bench-") as name:
        folder = Path(name)
        remote = RemoteServer(folder)
        sources = ",".join([*reads.catalogue_sources(), remote.source])
        try:
            with running_console(ROOT, folder / "data", env={**remote.settings, "CATALOG_SOURCES": sources}) as console:
                program = program_for(console, "bench")
                reads.measure(report, console, program)
                executions.measure(report, program, calls=options.calls, seconds=options.seconds)
                gateways.measure_starts(report, program, starts=options.starts)
                gateways.measure_memory(report, program)
        finally:
            remote.close()
    print(report.text())
    return 0 if report.met("exec latency") else 1


if __name__ == "__main__":
    sys.exit(main())

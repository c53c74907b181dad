"""Fixtures of the whole suite, and what a test may need of the machine.

A marker (`browser`, `node`, `redis`, `postgres`, `catalogue_data`) names a need; a test whose need is not there is
skipped with the reason, unless `TEST_REQUIRE` names it: then it fails.
"""

import glob
import os
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.cast import Cast, make_cast

SHARED_DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data"


def chromium_path() -> str | None:
    """Return the system's Chromium, None where there is none (Playwright's own is then tried)."""
    return next(
        (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
    )


def _browser_missing() -> str:
    own = glob.glob(os.path.expanduser("~/.cache/ms-playwright/chromium*"))
    return "" if chromium_path() or own else "no Chromium on this machine"


NEEDS: dict[str, Callable[[], str]] = {
    "browser": _browser_missing,
    "node": lambda: "" if shutil.which("npx") else "no Node.js on this machine",
    "redis": lambda: "" if shutil.which("redis-server") else "no redis-server on this machine",
    "postgres": lambda: "" if glob.glob("/usr/lib/postgresql/*/bin/initdb") else "no PostgreSQL on this machine",
    "catalogue_data": lambda: "" if SHARED_DATA.is_dir() else "the real catalogue's data is not beside the checkout",
}


def pytest_runtest_setup(item: pytest.Item) -> None:
    required = os.environ.get("TEST_REQUIRE", "").replace("-", "_").split(",")
    for need, missing in NEEDS.items():
        if item.get_closest_marker(need) and (reason := missing()):
            if need in required:
                pytest.fail(f"TEST_REQUIRE names {need}: {reason}", pytrace=False)
            pytest.skip(reason)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Count what was skipped and why; with TEST_TALLY=<file> also there, for the last lines of `make test`."""
    counted = Counter(str(report.longrepr[2]) for report in terminalreporter.stats.get("skipped", []))
    lines = [f"skipped {count}: {reason}" for reason, count in sorted(counted.items())] or ["skipped: nothing"]
    for line in lines:
        terminalreporter.write_line(line)
    if tally := os.environ.get("TEST_TALLY"):
        passed, failed = (len(terminalreporter.stats.get(name, [])) for name in ("passed", "failed"))
        with open(tally, "a") as stream:
            stream.write("\n".join([f"{passed} passed, {failed} failed", *lines]) + "\n")


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()

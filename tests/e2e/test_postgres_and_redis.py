"""The same console on PostgreSQL and a Redis of its own, as it runs in production."""

import signal
from pathlib import Path

import pytest

from tests.support.console import ROOT, running_console
from tests.support.postgres import postgres
from tests.support.program import program_for
from tests.support.redis import redis_server
from tests.support.waiting import until

pytestmark = [pytest.mark.postgres, pytest.mark.redis]


def test_the_main_job_on_postgresql_and_redis(tmp_path: Path) -> None:
    with postgres() as database, redis_server() as broker:
        env = {"DATABASE_URL": database, "REDIS_URL": broker}
        with running_console(ROOT, tmp_path / "data", env=env) as console:
            program = program_for(console, "keeper")
            assert program.get("/catalog/servers?q=time")["results"][0]["name"] == "time"
            session = program.session_with("time")
            done = program.run(session, "get_current_time", {"timezone": "Asia/Tokyo"})
            assert (done["exit_code"], done["state"]) == (0, "finished")
            later = {"tool": "get_current_time", "arguments": {"timezone": "UTC"}, "wait": False}
            status, queued = program.call("POST", f"/sessions/{session}/exec", later)
            assert status == 202
            until(lambda: program.get(f"/executions/{queued['execution_id']}")["exit_code"] == 0, timeout_s=20)
            status, receipt = program.call("DELETE", f"/sessions/{session}")
            assert (status, receipt["left_over"]) == (200, 0)
            assert not (tmp_path / "data" / "console.sqlite3").exists()
            assert "valkey" not in " ".join(" ".join(process.cmdline()) for process in console.processes())
            console.stop(signal.SIGTERM)
            assert console.processes() == []

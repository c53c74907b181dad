"""What other apps may have gateways do."""

from gateways.client import gateway_cancel, gateway_request
from gateways.lifecycle import (
    gateway_apply,
    gateway_create,
    gateway_ensure_running,
    gateway_stop,
    gateway_want,
    gateways_forget,
    server_removed_receipt,
    stop_all_local,
)
from gateways.packages import Launch, check_value, package_argv, package_check, package_launch
from gateways.probes import probe, probe_all
from gateways.selectors import node_queue
from gateways.sweep import SweepReport, sweep

__all__ = [
    "Launch",
    "SweepReport",
    "check_value",
    "gateway_apply",
    "gateway_cancel",
    "gateway_create",
    "gateway_ensure_running",
    "gateway_request",
    "gateway_stop",
    "gateway_want",
    "gateways_forget",
    "node_queue",
    "package_argv",
    "package_check",
    "package_launch",
    "probe",
    "probe_all",
    "server_removed_receipt",
    "stop_all_local",
    "sweep",
]

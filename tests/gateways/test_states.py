import pytest

from gateways.models import GatewayState as S
from gateways.states import TABLE, Event, after


def test_every_state_has_an_answer_to_every_event() -> None:
    assert set(TABLE) == set(S)
    assert all(set(row) == set(Event) for row in TABLE.values())


@pytest.mark.parametrize("state", list(S))
def test_starting_is_possible_from_everywhere(state: S) -> None:
    assert after(state, Event.START) == S.STARTING


@pytest.mark.parametrize("state", list(S))
def test_stopping_on_purpose_ends_stopped_from_everywhere(state: S) -> None:
    assert after(state, Event.STOP) == S.STOPPED


@pytest.mark.parametrize("state", list(S))
def test_only_a_listening_process_is_running(state: S) -> None:
    revived = [event for event in Event if after(state, event) == S.RUNNING]
    expected = {Event.LISTENING}
    if state in (S.RUNNING, S.UNHEALTHY):
        expected |= {Event.PROBE_OK}
    assert set(revived) == expected


@pytest.mark.parametrize("event", [Event.PROBE_OK, Event.PROBE_FAILED, Event.GAVE_UP])
def test_a_late_probe_changes_nothing_of_what_stopped_or_failed(event: Event) -> None:
    assert after(S.STOPPED, event) == S.STOPPED
    assert after(S.FAILED, event) == S.FAILED


def test_a_lost_process_is_told_as_stopped_and_a_failure_keeps_its_reason() -> None:
    assert after(S.RUNNING, Event.GONE) == after(S.UNHEALTHY, Event.GONE) == S.STOPPED
    assert after(S.FAILED, Event.GONE) == S.FAILED

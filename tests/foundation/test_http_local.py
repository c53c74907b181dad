"""The door to a session's own gateway: quick, kept alive, and never a tool call twice."""

import socket
import threading
import time

import pytest

from foundation.http import LocalEndpoint
from foundation.http_errors import LocalTimeout, LocalUnreachable, OutboundTooLarge
from foundation.processes import free_port
from tests.support.servers import raw_server, reply


def test_connections_are_kept_and_only_this_bearer_is_sent() -> None:
    with raw_server(reply(b"{}", Mcp_Session_Id="1")) as server:
        endpoint = LocalEndpoint("127.0.0.1", server.port, "right")
        for _ in range(5):
            answer = endpoint.post("/mcp", b"{}", headers={"Authorization": "Bearer wrong"})
        assert (answer.status, answer.body, answer.headers["mcp-session-id"]) == (200, b"{}", "1")
        assert server.connections == 1
        assert b"Bearer right" in server.requests[0]
        assert b"wrong" not in server.requests[0]
        assert "right" not in repr(endpoint)
        endpoint.close()


def test_threads_share_an_endpoint() -> None:
    with raw_server(reply(b"ok")) as server:
        endpoint = LocalEndpoint("127.0.0.1", server.port, "b")
        answers: list[bytes] = []
        threads = [
            threading.Thread(target=lambda: [answers.append(endpoint.post("/", b"x").body) for _ in range(50)])
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert answers == [b"ok"] * 400
        assert server.connections <= 8
        endpoint.close()


def test_a_connection_closed_while_idle_is_replaced_without_sending_twice() -> None:
    closed = threading.Semaphore(0)

    def once(connection: socket.socket, request: bytes) -> None:
        connection.sendall(reply(b"ok"))
        connection.shutdown(socket.SHUT_RDWR)
        closed.release()

    with raw_server(once) as server:
        endpoint = LocalEndpoint("127.0.0.1", server.port, "b")
        for _ in range(3):
            assert endpoint.post("/", b"x").body == b"ok"
            assert closed.acquire(timeout=5)
        assert len(server.requests) == 3
        endpoint.close()


@pytest.mark.parametrize(("repeatable", "requests"), [(False, 2), (True, 3)])
def test_a_call_is_repeated_only_when_the_caller_says_it_may_be(repeatable: bool, requests: int) -> None:
    seen: list[bytes] = []

    def second_is_dropped(connection: socket.socket, request: bytes) -> None:
        seen.append(request)
        if len(seen) == 2:
            connection.shutdown(socket.SHUT_RDWR)
        else:
            connection.sendall(reply(b"ok"))

    with raw_server(second_is_dropped) as server:
        endpoint = LocalEndpoint("127.0.0.1", server.port, "b")
        endpoint.post("/", b"1")
        if repeatable:
            assert endpoint.post("/", b"2", repeatable=True).body == b"ok"
        else:
            with pytest.raises(LocalUnreachable) as lost:
                endpoint.post("/", b"2")
            assert lost.value.sent
        assert len(seen) == requests
        endpoint.close()


def test_half_an_answer_is_never_asked_for_again() -> None:
    def half(connection: socket.socket, request: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
        connection.shutdown(socket.SHUT_RDWR)

    with raw_server(half) as server:
        with pytest.raises(LocalUnreachable):
            LocalEndpoint("127.0.0.1", server.port, "b").get("/")
        assert len(server.requests) == 1


def test_nobody_there_and_nobody_answering_are_told_apart() -> None:
    with pytest.raises(LocalUnreachable) as gone:
        LocalEndpoint("127.0.0.1", free_port(), "b").get("/")
    assert not gone.value.sent
    with raw_server(lambda connection, request: None) as server, pytest.raises(LocalTimeout):
        LocalEndpoint("127.0.0.1", server.port, "b").get("/", timeout_s=0.2)


def test_an_answer_has_a_cap_and_a_total_time() -> None:
    def endless(connection: socket.socket, request: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b"x" * 65536)

    def drip(connection: socket.socket, request: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        connection.settimeout(0.02)
        while True:
            connection.sendall(b"x")
            try:
                if not connection.recv(1):
                    return
            except TimeoutError:
                continue

    with raw_server(endless) as server, pytest.raises(OutboundTooLarge):
        LocalEndpoint("127.0.0.1", server.port, "b", max_bytes=1_000_000).get("/")
    with raw_server(reply(b"x" * 100)) as server, pytest.raises(OutboundTooLarge):
        LocalEndpoint("127.0.0.1", server.port, "b", max_bytes=99).get("/")
    with raw_server(drip) as server, pytest.raises(LocalTimeout):
        LocalEndpoint("127.0.0.1", server.port, "b").get("/", timeout_s=0.3)


def test_pieces_are_seen_as_they_arrive() -> None:
    second_may_go = threading.Event()

    def stream(connection: socket.socket, request: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n")
        assert second_may_go.wait(5)
        connection.sendall(b"1\r\nb\r\n0\r\n\r\n")

    pieces: list[bytes] = []

    def on_piece(piece: bytes) -> None:
        pieces.append(piece)
        second_may_go.set()

    with raw_server(stream) as server:
        endpoint = LocalEndpoint("127.0.0.1", server.port, "b")
        assert endpoint.post("/", b"", on_piece=on_piece).body == b"ab"
        endpoint.close()
    assert pieces == [b"a", b"b"]


def test_a_round_trip_costs_less_than_a_millisecond_on_this_side() -> None:
    with raw_server(reply(b"{}" * 100)) as server:
        endpoint = LocalEndpoint("127.0.0.1", server.port, "b")
        took = []
        for _ in range(200):
            started = time.perf_counter()
            endpoint.post("/mcp", b"{}")
            took.append(time.perf_counter() - started)
        endpoint.close()
    assert sorted(took)[len(took) // 10] < 0.001  # the quick tenth: the machine may be busy

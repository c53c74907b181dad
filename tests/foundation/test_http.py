"""Attack cases 1, 2, 3 and 17 at the transport: real servers on loopback, a name server that lies."""

import gzip
import socket
import time
import tracemalloc
import zlib
from pathlib import Path

import pytest

from foundation import http_transport
from foundation.addresses import OutboundPolicy
from foundation.http import check_url, fetch, guarded_session
from foundation.http_errors import (
    OutboundBroken,
    OutboundDns,
    OutboundRefused,
    OutboundRefusedConnection,
    OutboundTimeout,
    OutboundTls,
    OutboundTooLarge,
)
from foundation.processes import free_port
from tests.support.servers import certificate, raw_server, reply

HERE = OutboundPolicy(["127.0.0.1", "site.example"])


class LyingNameServer:
    """Answers each look-up of a name with the next of its answers."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    def __call__(self, host: str, port: int, timeout_s: float) -> list[str]:
        self.asked += 1
        return self.answers.pop(0)


def test_it_refuses_loopback_before_a_connection() -> None:
    with raw_server(reply()) as server:
        for url in (server.url, f"https://127.0.0.1:{server.port}/", f"https://localhost:{server.port}/"):
            with pytest.raises(OutboundRefused):
                fetch("GET", url, policy=OutboundPolicy())
        assert server.connections == 0


def test_it_refuses_a_name_that_resolves_to_an_inner_address(monkeypatch: pytest.MonkeyPatch) -> None:
    with raw_server(reply()) as server:
        monkeypatch.setattr(http_transport, "resolve", LyingNameServer(["127.0.0.1"]))
        with pytest.raises(OutboundRefused) as refused:
            fetch("GET", f"https://public.example:{server.port}/", policy=OutboundPolicy())
        assert server.connections == 0
    assert refused.value.rule == "address.loopback"
    assert "127" not in str(refused.value.detail)


def test_it_refuses_dns_rebinding_since_a_name_is_resolved_once(monkeypatch: pytest.MonkeyPatch) -> None:
    names = LyingNameServer(["203.0.114.9"], ["127.0.0.1"])
    connected: list[tuple[str, int]] = []

    def no_route(address: tuple[str, int], timeout: float) -> socket.socket:
        connected.append(address)
        raise OSError("no route in a test")

    monkeypatch.setattr(http_transport, "resolve", names)
    monkeypatch.setattr(http_transport.socket, "create_connection", no_route)
    with pytest.raises(OutboundRefusedConnection):
        fetch("GET", "https://rebind.example/", policy=OutboundPolicy())
    assert connected == [("203.0.114.9", 443)]
    assert names.asked == 1


def test_each_new_connection_to_a_rebinding_name_is_checked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_transport, "resolve", LyingNameServer(["127.0.0.1"], ["169.254.169.254"]))
    with raw_server(reply(b"", "302 Found", Connection="close", Location="/again")) as server:
        with pytest.raises(OutboundRefused) as refused:
            fetch("GET", f"http://site.example:{server.port}/", policy=HERE, redirects=True)
        assert refused.value.rule == "address.metadata"
        assert server.connections == 1


@pytest.mark.parametrize(
    "location",
    ["http://169.254.169.254/", "https://10.0.0.1/", "//10.0.0.1/", "file:///etc/passwd", "https://a:b@example.com/"],
)
def test_it_refuses_a_redirect_to_an_inner_address(location: str) -> None:
    with raw_server(reply(b"", "302 Found", Location=location)) as server, pytest.raises(OutboundRefused):
        fetch("GET", server.url, policy=HERE, redirects=True)


def test_it_refuses_an_endless_chain_of_redirects() -> None:
    with raw_server(reply(b"", "302 Found", Location="/again")) as server:
        with pytest.raises(OutboundRefused):
            fetch("GET", server.url, policy=HERE, redirects=True)
        assert len(server.requests) == 6


def test_a_redirect_is_an_answer_unless_asked_for_and_never_followed_with_a_body() -> None:
    with raw_server(reply(b"", "307 Temporary Redirect", Location="/other")) as server:
        assert fetch("GET", server.url, policy=HERE).status == 307
        assert fetch("POST", server.url, policy=HERE, data={"code": "secret"}, redirects=True).status == 307
        assert len(server.requests) == 2


def test_no_secret_follows_a_redirect_to_another_origin() -> None:
    secret = {"Authorization": "Bearer canary", "Cookie": "canary=1", "X-Api-Key": "canary", "Accept": "text/plain"}
    with raw_server(reply()) as other:
        with raw_server(reply(b"", "302 Found", Location=f"{other.url}/there", Set_Cookie="canary=2")) as first:
            assert fetch("GET", first.url, headers=secret, policy=HERE, redirects=True).status == 200
        assert b"canary" in first.requests[0]
        assert b"canary" not in other.requests[0]
        assert b"text/plain" in other.requests[0]


def test_a_redirect_within_the_origin_keeps_its_headers() -> None:
    def answer(connection: socket.socket, request: bytes) -> None:
        connection.sendall(reply(b"", "302 Found", Location="/b") if b"GET /a" in request else reply(b"there"))

    with raw_server(answer) as server:
        done = fetch("GET", f"{server.url}/a", headers={"Authorization": "Bearer x"}, policy=HERE, redirects=True)
        assert (done.body, done.url) == (b"there", f"{server.url}/b")
        assert b"Bearer x" in server.requests[1]


def test_proxies_and_credentials_of_the_environment_are_ignored(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login canary password canary\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    with raw_server(reply()) as server:
        assert fetch("GET", server.url, policy=HERE).status == 200
        assert guarded_session(policy=HERE).get(server.url).status_code == 200
        assert not any(b"Authorization" in request for request in server.requests)


def test_it_refuses_a_body_above_the_cap() -> None:
    with raw_server(reply(b"x" * 5000)) as server:
        with pytest.raises(OutboundTooLarge):
            fetch("GET", server.url, policy=HERE, max_bytes=4999)
        assert len(fetch("GET", server.url, policy=HERE, max_bytes=5000).body) == 5000


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "gzip, gzip"])
def test_it_refuses_a_compressed_bomb_without_unpacking_it(encoding: str) -> None:
    zeros = b"\0" * (64 * 1024 * 1024)
    bomb = zlib.compress(zeros) if encoding == "deflate" else gzip.compress(zeros, 6)
    if encoding == "gzip, gzip":
        bomb = gzip.compress(bomb)
    del zeros
    with raw_server(reply(bomb, Content_Encoding=encoding)) as server:
        tracemalloc.start()
        try:
            with pytest.raises(OutboundTooLarge):
                fetch("GET", server.url, policy=HERE, max_bytes=1_000_000)
            assert tracemalloc.get_traced_memory()[1] < 16_000_000
        finally:
            tracemalloc.stop()


@pytest.mark.parametrize("part", ["nothing", "headers", "body", "status"])
def test_it_ends_an_answer_that_drips(part: str) -> None:
    starts = {
        "nothing": b"",
        "status": b"HTTP/1.1 2",
        "headers": b"HTTP/1.1 200 OK\r\n",
        "body": b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n",
    }

    def drip(connection: socket.socket, request: bytes) -> None:
        connection.sendall(starts[part])
        connection.settimeout(0.05)
        while True:
            if part != "nothing":
                connection.sendall(b"X-A: b\r\n" if part == "headers" else b"0")
            try:
                if not connection.recv(1):
                    return
            except TimeoutError:
                continue

    with raw_server(drip) as server:
        started = time.monotonic()
        with pytest.raises(OutboundTimeout):
            fetch("GET", server.url, policy=HERE, deadline_s=0.4)
        assert time.monotonic() - started < 2


def test_it_ends_an_endless_stream_by_size_and_a_finished_one_by_request() -> None:
    def stream(connection: socket.socket, request: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
        while True:
            connection.sendall(b"data: x\n\n" * 1000)

    with raw_server(stream) as server:
        with pytest.raises(OutboundTooLarge):
            fetch("GET", server.url, policy=HERE, max_bytes=100_000)
        assert fetch("GET", server.url, policy=HERE, done=lambda body: b"data: x\n\n" in body).status == 200


def test_it_ends_an_event_stream_that_stays_open_and_silent() -> None:
    def stream(connection: socket.socket, request: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\ndata: 1\n\n")
        connection.recv(1)

    with raw_server(stream) as server:
        answer = fetch("POST", server.url, json={}, policy=HERE, done=lambda body: body.endswith(b"\n\n"))
        assert answer.body == b"data: 1\n\n"
        with pytest.raises(OutboundTimeout):
            fetch("GET", server.url, policy=HERE, deadline_s=0.3)


def test_a_tls_handshake_that_never_ends_is_ended() -> None:
    def silent(connection: socket.socket, request: bytes) -> None: ...

    policy = OutboundPolicy(["127.0.0.1"])
    with raw_server(silent) as server, pytest.raises(OutboundTimeout):
        fetch("GET", f"https://127.0.0.1:{server.port}/", policy=policy, deadline_s=0.3)


def test_a_certificate_is_checked_for_the_name_and_by_the_authorities(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(http_transport, "resolve", lambda host, port, timeout_s: ["127.0.0.1"])
    trusted, context = certificate(tmp_path, "site.example")
    policy = OutboundPolicy(["*.example"])
    with raw_server(reply(b"secure"), context) as server:
        with pytest.raises(OutboundTls):
            fetch("GET", f"https://site.example:{server.port}/", policy=policy)
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
        assert fetch("GET", f"https://site.example:{server.port}/", policy=policy).body == b"secure"
        with pytest.raises(OutboundTls):
            fetch("GET", f"https://other.example:{server.port}/", policy=policy)
        assert b"Host: site.example" in server.requests[0]


def test_failures_have_their_own_codes() -> None:
    with pytest.raises(OutboundRefusedConnection):
        fetch("GET", f"http://127.0.0.1:{free_port()}/", policy=HERE)
    with raw_server(b"SSH-2.0-nothing\r\n\r\n") as server, pytest.raises(OutboundBroken):
        fetch("GET", server.url, policy=HERE)

    def break_off(connection: socket.socket, request: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")
        connection.shutdown(socket.SHUT_RDWR)

    with raw_server(break_off) as server, pytest.raises(OutboundBroken):
        fetch("GET", server.url, policy=HERE)


def test_a_name_that_does_not_resolve_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OutboundDns):
        fetch("GET", "https://nobody.invalid/", policy=OutboundPolicy(), deadline_s=10)


def test_a_name_server_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_transport.socket, "getaddrinfo", lambda *args, **kwargs: time.sleep(1) or [])
    started = time.monotonic()
    with pytest.raises(OutboundTimeout):
        fetch("GET", "https://slow.example/", policy=OutboundPolicy(), deadline_s=0.2)
    assert time.monotonic() - started < 0.9


def test_it_refuses_line_breaks_in_headers() -> None:
    with raw_server(reply()) as server:
        with pytest.raises(OutboundRefused) as refused:
            fetch("GET", server.url, headers={"X-A": "canary\r\nX-C: d"}, policy=HERE)
        assert refused.value.__suppress_context__
        assert server.connections == 0


def test_the_settings_give_the_policy_and_saving_uses_the_same(settings: object) -> None:
    settings.OUTBOUND_ALLOW = ["10.0.0.0/8"]
    assert check_url("http://10.1.1.1/").port == 80
    settings.OUTBOUND_ALLOW = []
    with pytest.raises(OutboundRefused):
        check_url("http://10.1.1.1/")


def test_a_guarded_session_is_guarded_too() -> None:
    with raw_server(reply(b"", "302 Found", Location="http://169.254.169.254/", Set_Cookie="a=b")) as server:
        session = guarded_session(policy=HERE)
        assert session.post(server.url, data={"a": "b"}).status_code == 302
        assert not session.cookies
        with pytest.raises(OutboundRefused):
            session.get("https://10.0.0.1/", verify=False)


def test_a_guarded_session_ends_at_its_cap_also_of_a_bomb() -> None:
    bomb = gzip.compress(b"0" * 3_000_000)
    for answer in (reply(body=b"x" * 300_000), reply(body=bomb, Content_Encoding="gzip")):
        with raw_server(answer) as server, pytest.raises(OutboundTooLarge):
            guarded_session(policy=HERE, max_bytes=200_000).get(server.url)
        with raw_server(answer) as server, pytest.raises(OutboundTooLarge):
            guarded_session(policy=HERE, max_bytes=200_000).get(server.url, stream=True)
    with raw_server(reply(body=b"x" * 100)) as server:
        assert guarded_session(policy=HERE, max_bytes=200).get(server.url).content == b"x" * 100

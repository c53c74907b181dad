"""Attack cases 1 and 16 at the policy: every spelling of an inner address, before any connection."""

import ipaddress
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.addresses import AddressRefused, AllowListError, OutboundPolicy, address_rule, client_address

STRICT = OutboundPolicy()


def rule_of(url: str, policy: OutboundPolicy = STRICT) -> str:
    with pytest.raises(AddressRefused) as refused:
        policy.check_url(url)
    return refused.value.rule


@pytest.mark.parametrize(
    ("url", "rule"),
    [
        ("https://169.254.169.254/latest/meta-data/", "address.metadata"),
        ("https://[fd00:ec2::254]/", "address.metadata"),
        ("https://100.100.100.200/", "address.metadata"),
        ("https://168.63.129.16/", "address.metadata"),
        ("https://[64:ff9b::a9fe:a9fe]/", "address.metadata"),
        ("https://[::ffff:169.254.169.254]/", "address.metadata"),
        ("https://[2002:a9fe:a9fe::1]/", "address.metadata"),
        ("https://metadata.google.internal/", "address.metadata"),
        ("https://10.0.0.1/", "address.private"),
        ("https://172.31.255.255/", "address.private"),
        ("https://192.168.1.1:8443/", "address.private"),
        ("https://[fd12::1]/", "address.private"),
        ("https://100.64.0.1/", "address.shared"),
        ("https://127.0.0.1/", "address.loopback"),
        ("https://127.8.8.8/", "address.loopback"),
        ("https://[::1]/", "address.loopback"),
        ("https://localhost/", "address.loopback"),
        ("https://LOCALHOST./", "address.loopback"),
        ("https://api.localhost/", "address.loopback"),
        ("https://127.0.0.1./", "address.loopback"),
        ("https://169.254.1.1/", "address.link_local"),
        ("https://[fe80::1]/", "address.link_local"),
        ("https://0.0.0.0/", "address.unspecified"),
        ("https://0.1.2.3/", "address.unspecified"),
        ("https://[::]/", "address.unspecified"),
        ("https://224.0.0.1/", "address.multicast"),
        ("https://[ff02::1]/", "address.multicast"),
        ("https://240.0.0.1/", "address.reserved"),
        ("https://255.255.255.255/", "address.reserved"),
        ("https://198.18.0.1/", "address.reserved"),
        ("https://192.0.2.1/", "address.reserved"),
        ("https://[2001:db8::1]/", "address.reserved"),
        ("https://[::ffff:8.8.8.8]/", "address.embedded"),
        ("https://[::7f00:1]/", "address.embedded"),
        ("https://[64:ff9b::7f00:1]/", "address.embedded"),
        ("https://[64:ff9b:1::1]/", "address.embedded"),
        ("https://[2002:7f00:1::]/", "address.embedded"),
        ("https://[2001:0:4136:e378::1]/", "address.embedded"),
    ],
)
def test_it_refuses_an_address_that_is_not_public(url: str, rule: str) -> None:
    assert rule_of(url) == rule


@pytest.mark.parametrize(
    "host",
    ["2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "127.1", "017700000001", "127.0.0.0x1", "1.2.3.4.5", "0x"],
)
def test_it_refuses_numbers_that_another_parser_reads_as_an_address(host: str) -> None:
    assert rule_of(f"https://{host}/") == "host"


@pytest.mark.parametrize(
    ("url", "rule"),
    [
        ("http://example.com/", "scheme"),
        ("HTTP://example.com/", "scheme"),
        ("ftp://example.com/", "scheme"),
        ("file:///etc/passwd", "scheme"),
        ("javascript:alert(1)", "scheme"),
        ("example.com", "scheme"),
        ("https://user@example.com/", "user_info"),
        ("https://user:pw@example.com/", "user_info"),
        ("https://example.com@10.0.0.1/", "user_info"),
        ("https://example.com:0/", "port"),
        ("https://example.com:65536/", "port"),
        ("https://example.com:x/", "port"),
        ("https:///path", "host"),
        ("https://exa%6dple.com/", "host"),
        ("https://a..b/", "host"),
        ("https://-a.example/", "host"),
        ("https://[fe80::1%25eth0]/", "host"),
        ("https://example.com\\@10.0.0.1/", "url"),
        ("https://example.com/\r\nHost: inner", "url"),
        (" https://example.com/", "url"),
        ("https://example.com/\u2028", "url"),
    ],
)
def test_it_refuses_a_url_that_hides_its_host(url: str, rule: str) -> None:
    assert rule_of(url) == rule


@pytest.mark.parametrize(
    "host",
    ["ⓛocalhost", "１２７.0.0.1", "127。0。0。1", "ｅxample.com", "раypal.com", "gооgle.com", "xn--pypal-4ve.com"],
)
def test_it_refuses_a_look_alike(host: str) -> None:
    assert rule_of(f"https://{host}/") in ("host", "address.loopback")


def test_a_name_in_another_script_is_kept_as_punycode() -> None:
    assert STRICT.check_url("https://例え.jp/").host == "xn--r8jz45g.jp"
    assert STRICT.check_url("https://bücher.example/").host == "xn--bcher-kva.example"


def test_a_url_is_spelled_anew() -> None:
    target = STRICT.check_url("HTTPS://Example.COM.:443?q=1#part")
    assert target.url == "https://example.com/?q=1"
    assert STRICT.check_url("https://[2606:4700:0:0::1111]:8443/a").url == "https://[2606:4700::1111]:8443/a"


def test_the_refusal_does_not_say_what_lies_behind() -> None:
    with pytest.raises(AddressRefused) as refused:
        STRICT.check_addresses("inner.example.com", 443, ["10.11.12.13"])
    assert "10.11" not in str(refused.value)


def test_one_inner_address_among_public_ones_refuses_all() -> None:
    with pytest.raises(AddressRefused):
        STRICT.check_addresses("example.com", 443, ["93.184.215.14", "10.0.0.1"])
    with pytest.raises(AddressRefused):
        STRICT.check_addresses("example.com", 443, [])


def test_an_allowed_host_may_be_private_and_plain() -> None:
    policy = OutboundPolicy(["gateway.corp", "*.lab.example", "127.0.0.1:9000", "10.1.0.0/16:443"])
    assert policy.check_url("http://gateway.corp:8811/mcp").scheme == "http"
    policy.check_addresses("gateway.corp", 8811, ["10.0.0.5"])
    policy.check_addresses("a.lab.example", 443, ["192.168.0.9"])
    assert policy.check_url("http://127.0.0.1:9000/").port == 9000
    assert rule_of("http://127.0.0.1:9001/", policy) == "scheme"
    policy.check_addresses("any.example", 443, ["10.1.2.3"])
    with pytest.raises(AddressRefused):
        policy.check_addresses("any.example", 8443, ["10.1.2.3"])


def test_a_suffix_does_not_allow_the_bare_name_or_a_longer_one() -> None:
    policy = OutboundPolicy(["*.lab.example"])
    for host in ("lab.example", "evil-lab.example", "a.lab.example.evil.com"):
        assert rule_of(f"http://{host}/", policy) == "scheme"


@pytest.mark.parametrize("address", ["169.254.169.254", "fd00:ec2::254", "64:ff9b::a9fe:a9fe", "0.0.0.0", "224.0.0.1"])
def test_it_refuses_metadata_even_when_everything_is_allowed(address: str) -> None:
    policy = OutboundPolicy(["0.0.0.0/0", "::/0", "inner.example"])
    with pytest.raises(AddressRefused):
        policy.check_addresses("inner.example", 80, [address])


@pytest.mark.parametrize("entry", ["*", "*.", "a b", "http://x/", "10.0.0.0/33", "host:0", "host:70000", "0x7f.1"])
def test_it_refuses_an_allow_list_that_it_cannot_read(entry: str) -> None:
    with pytest.raises(AllowListError):
        OutboundPolicy([entry])


@given(st.ip_addresses())
def test_nothing_that_python_calls_private_passes(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    rule, _liftable = address_rule(address)
    if not address.is_global or address.is_multicast:
        assert rule


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_inside_an_ipv6_one_never_passes(address: ipaddress.IPv4Address) -> None:
    for prefix in ("::ffff:0:0", "64:ff9b::", "::"):
        assert address_rule(ipaddress.IPv6Address(int(ipaddress.IPv6Address(prefix)) + int(address)))[0]


@given(st.text(max_size=60))
def test_any_text_is_a_target_or_a_refusal(text: str) -> None:
    try:
        target = STRICT.check_url(f"https://{text}")
    except AddressRefused:
        return
    assert STRICT.check_url(target.url) == target


def test_the_caller_is_the_last_hop_that_no_trusted_proxy_added() -> None:
    assert client_address("10.0.0.1", "1.1.1.1, 2.2.2.2", ["10.0.0.0/8"]) == "2.2.2.2"
    assert client_address("9.9.9.9", "1.1.1.1", ["10.0.0.0/8"]) == "9.9.9.9"
    assert client_address("10.0.0.1", "", ["10.0.0.0/8"]) == "10.0.0.1"


def test_the_policy_loads_without_django() -> None:
    code = """if True:
        import sys, foundation.addresses, foundation.processes
        print('django' in sys.modules, 'psutil' in sys.modules)"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]

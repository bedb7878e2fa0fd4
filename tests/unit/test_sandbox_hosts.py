"""Which hosts a command may reach, and at which addresses."""

from __future__ import annotations

import ipaddress

import pytest

from understudy.sandbox.hosts import Hosts, authority
from understudy.sandbox.proxy import request


@pytest.mark.parametrize(
    ("entries", "host", "port", "listed"),
    [
        (["pypi.org"], "pypi.org", 443, True),
        (["pypi.org"], "pypi.org", 80, True),
        (["pypi.org"], "pypi.org", 22, False),
        (["pypi.org"], "files.pypi.org", 443, False),
        (["pypi.org"], "pypi.org.evil.example", 443, False),
        (["pypi.org"], "evilpypi.org", 443, False),
        (["PyPI.org."], "pypi.org", 443, True),
        (["pypi.org:8443"], "pypi.org", 8443, True),
        (["pypi.org:8443"], "pypi.org", 443, False),
        (["*.pypi.org"], "a.b.pypi.org", 443, True),
        (["*.pypi.org"], "pypi.org", 443, False),
        (["*.pypi.org"], "evilpypi.org", 443, False),
        (["127.0.0.1:9"], "127.0.0.1", 9, True),
        (["127.0.0.1:9"], "127.0.0.2", 9, False),
        (["[0:0::1]:9"], "::1", 9, True),
        (["10.0.0.1"], "10.0.0.1.evil.example", 443, False),
        ([], "pypi.org", 443, False),
    ],
)
def test_a_host_is_let_through_only_when_it_is_listed(
    entries: list[str], host: str, port: int, listed: bool
) -> None:
    assert Hosts(entries).lists(host, port) is listed


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.8.8.8",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1",
        "fc00::1",
        "fec0::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "64:ff9b::10.0.0.1",
        "2002:7f00:1::",
        "2001:0:1::1",
        "::127.0.0.1",
        "::ffff:0:10.0.0.1",
        "64:ff9b::169.254.169.254",
        "64:ff9b:1::10.0.0.1",
        "2002:a9fe:a9fe::",
        "4000::1",
        "100.100.100.200",
        "192.0.0.192",
        "168.63.129.16",
        "::ffff:168.63.129.16",
        "192.88.99.1",
    ],
)
def test_what_is_not_public_is_reached_only_when_it_is_listed_itself(address: str) -> None:
    entry = f"[{address}]" if ":" in address else address
    assert Hosts(["good.example"]).reachable("good.example", 443, [address], ()) == []
    both = Hosts(["good.example", entry])
    assert both.reachable("good.example", 443, [address], ()) == [address]
    assert both.reachable("good.example", 22, [address], ()) == []


def test_public_addresses_are_reached_and_localhost_when_it_is_named() -> None:
    hosts = Hosts(["good.example", "localhost"])
    public = ["9.9.9.9", "2620:fe::9", "64:ff9b::9.9.9.9"]
    assert hosts.reachable("good.example", 443, [*public, "127.0.0.1"], ()) == public
    found = ["127.0.0.1", "::1", *public]
    assert hosts.reachable("localhost", 443, found, ()) == ["127.0.0.1", "::1"]


@pytest.mark.parametrize(
    "address", ["9.9.9.9", "2620:fe::9", "::ffff:9.9.9.9", "64:ff9b::9.9.9.9", "2002:909:909::"]
)
def test_this_machine_is_not_outside_by_its_public_addresses_either(address: str) -> None:
    own = [ipaddress.ip_address(each) for each in ("9.9.9.9", "2620:fe::9")]
    hosts = Hosts(["good.example", "9.9.9.9"])
    assert hosts.reachable("good.example", 80, [address, "9.9.9.8"], []) == [address, "9.9.9.8"]
    listed = ["9.9.9.9"] if address == "9.9.9.9" else []
    assert hosts.reachable("good.example", 80, [address, "9.9.9.8"], own) == [*listed, "9.9.9.8"]


@pytest.mark.parametrize(
    "text",
    ["", "*", "*.", "a.*.b", "*a.b", "a:0", "a:65536", "a:b", "u@a", "a/b", "http://a", "a b", "[a]",
     "a\n", "ä.example", "[::1]x"],
)  # fmt: skip
def test_what_is_no_host_is_told(text: str) -> None:
    with pytest.raises(ValueError, match="is no host"):
        Hosts([text])


def test_a_host_and_its_port_are_read() -> None:
    assert authority("A.example.:80") == ("a.example", 80)
    assert authority("[::0:1]:443") == ("::1", 443)
    assert authority("10.0.0.1") == ("10.0.0.1", None)


def test_a_plain_request_is_written_anew_for_the_host_that_was_checked() -> None:
    head = (
        b"GET http://Good.example:8080/a?b HTTP/1.1\r\nHost: evil.example\r\nAccept: */*\r\n"
        b"Proxy-Authorization: x\r\nConnection: keep-alive\r\n\r\n"
    )
    assert request(head) == (
        "good.example",
        8080,
        b"GET /a?b HTTP/1.1\r\nHost: Good.example:8080\r\nConnection: close\r\nAccept: */*\r\n\r\n",
    )
    assert request(b"GET http://a?b HTTP/1.0\r\n\r\n").head.startswith(b"GET /?b HTTP/1.0\r\n")
    assert request(b"CONNECT a:443 HTTP/1.1\r\n\r\n") == ("a", 443, b"")


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"GET / HTTP/1.1",
        b"GET https://a/ HTTP/1.1",
        b"GET http://a/ HTTP/2",
        b"GET http://u@a/ HTTP/1.1",
        b"GET http://a/ x HTTP/1.1",
        b"GET http:///x HTTP/1.1",
        b"CONNECT a HTTP/1.1",
        b"CONNECT a:1:2 HTTP/1.1",
        b"GET http://a/ HTTP/1.1\r\nA: b\nHost: c",
        b"GET http://a/ HTTP/1.1\r\nA: b\rHost: c",
        b"GET http://a/ HTTP/1.1\r\nA: b\r\n Host: c",
        b"GET http://a/ HTTP/1.1\r\nHost : c",
        b"GET http://a/ HTTP/1.1\r\nA: \0",
    ],
)
def test_what_is_no_request_is_refused(head: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        request(head + b"\r\n\r\n")

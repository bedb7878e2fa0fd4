"""Which hosts a command may reach through the proxy. Pure."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

WEB = (443, 80)
"""The ports that are meant where none is named."""

_AUTHORITY = re.compile(r"(?:\[([0-9a-f:.]+)\]|([a-z0-9_*-][a-z0-9._*-]*))(?::([0-9]{1,5}))?")
_MAPPED = ipaddress.ip_network("64:ff9b::/96")
"""Where a translator has the IPv4 addresses."""
_PUBLIC = ipaddress.ip_network("2000::/3")
"""All of IPv6 that is handed out to be reached from anywhere."""
_NEAR = tuple(map(ipaddress.ip_network, ("168.63.129.16/32", "192.0.0.0/24", "192.88.99.0/24")))
"""What looks public and leads to something near: Azure's host, services of the own network (a
cloud's metadata among them), the next relay to IPv6."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Authority(NamedTuple):
    """A name in lower case or an address, and the port; None where it is not named."""

    host: str
    port: int | None


class Hosts:
    """An allow-list. An entry is ``NAME``, ``*.NAME`` (what is below it) or an address, ``:PORT``
    behind it. Without a port, those of the web are meant.

    A name is let through only to addresses that are public, and not this machine's own. Others are
    reached when they stand in the list themselves; ``localhost``, when it does. Raises ValueError,
    which names the entry.
    """

    def __init__(self, entries: Iterable[str]) -> None:
        self._names: set[tuple[str, int]] = set()
        self._addresses: set[tuple[Address, int]] = set()
        for entry in entries:
            name, port = authority(entry)
            if "*" in name and not re.fullmatch(r"\*\.[^*]*\w", name):
                raise ValueError(f"{entry!r} is no host: a star stands for all before a dot")
            for each in WEB if port is None else (port,):
                if address := _address(name):
                    self._addresses.add((address, each))
                else:
                    self._names.add((name, each))

    def lists(self, host: str, port: int) -> bool:
        """Whether ``host`` may be asked for there, wherever that turns out to be."""
        if address := _address(host):
            return (address, port) in self._addresses
        above = host.split(".")
        patterns = (f"*.{'.'.join(above[place:])}" for place in range(1, len(above)))
        return any((each, port) in self._names for each in (host, *patterns))

    def reachable(
        self, host: str, port: int, found: Sequence[str], own: Collection[Address]
    ) -> list[str]:
        """Of the addresses that were ``found`` for a host of the list, those to connect to.
        ``own``: this machine's."""

        def reaches(address: Address) -> bool:
            if (address, port) in self._addresses:
                return True
            return address.is_loopback if host == "localhost" else _public(address, own)

        return [each for each in found if reaches(ipaddress.ip_address(each))]


def authority(text: str) -> Authority:
    """Raises ValueError when it is none."""
    matched = _AUTHORITY.fullmatch(text.lower())
    if not matched or (matched[3] and not 0 < int(matched[3]) < 1 << 16):
        raise ValueError(f"{text!r} is no host")
    host = matched[1] or matched[2].rstrip(".")
    if matched[1]:
        if not (address := _address(host)):
            raise ValueError(f"{text!r} is no host")
        host = str(address)
    return Authority(host, int(matched[3]) if matched[3] else None)


def _address(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _public(address: Address, own: Collection[Address]) -> bool:
    if address in own:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in _MAPPED:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner:
            return _public(inner, own)
        return address in _PUBLIC and address.is_global and not address.teredo
    near = address.is_multicast or any(address in each for each in _NEAR)
    return address.is_global and not near

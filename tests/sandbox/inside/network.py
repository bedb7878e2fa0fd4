"""The network and sockets."""

from __future__ import annotations

import contextlib
import os
import socket
import struct
from typing import Any

from .table import Control, Told, attempt, check, libc


def _connect(family: int, address: Any) -> None:
    with socket.socket(family, socket.SOCK_STREAM) as connection:
        connection.settimeout(2.0)
        connection.connect(address)
        connection.sendall(b"!")


@attempt()
def connect_over_tcp(told: Told) -> None:
    _connect(socket.AF_INET, ("127.0.0.1", told.tcp))


@attempt()
def connect_to_any_address(told: Told) -> None:
    """Which the kernel takes for this machine."""
    _connect(socket.AF_INET, ("0.0.0.0", told.tcp))


@attempt(optional=True)
def connect_over_tcp_6(told: Told) -> None:
    _connect(socket.AF_INET6, ("::1", told.tcp6))


@attempt()
def connect_with_the_first_bytes(told: Told) -> None:
    """By a call that is not ``connect``."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as connection:
        connection.sendto(b"!", socket.MSG_FASTOPEN, ("127.0.0.1", told.tcp))


@attempt(optional=True)
def connect_over_mptcp(told: Told) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262) as connection:
        connection.settimeout(2.0)
        connection.connect(("127.0.0.1", told.tcp))
        connection.sendall(b"!")


@attempt()
def send_a_datagram(told: Told) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ours:
        ours.sendto(b"!", ("127.0.0.1", told.udp))


@attempt()
def ask_for_a_name(told: Told) -> None:
    """A name carries what is to be got out."""
    question = b"\x06secret\x07invalid\0" + struct.pack("!HH", 1, 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ours:
        ours.connect(("127.0.0.1", told.udp))
        ours.send(struct.pack("!6H", 7, 0x100, 1, 0, 0, 0) + question)


@attempt()
def reach_an_abstract_socket(told: Told) -> None:
    _connect(socket.AF_UNIX, f"\0{told.abstract}")


@attempt()
def reach_a_socket_by_its_path(told: Told) -> None:
    _connect(socket.AF_UNIX, told.pathname)


@attempt()
def reach_a_socket_through_a_link(told: Told) -> None:
    os.symlink(os.path.dirname(told.pathname), f"{told.inner}/new")
    _connect(socket.AF_UNIX, f"{told.inner}/new/{os.path.basename(told.pathname)}")


@attempt()
def send_to_a_socket_by_its_path(told: Told) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ours:
        ours.sendto(b"!", told.datagram)


@attempt()
def send_to_a_socket_from_a_pair(told: Told) -> None:
    """Where none can be made but pairs."""
    ours, _ = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with contextlib.suppress(OSError):
        ours.connect(told.datagram)
    ours.sendto(b"!", told.datagram)


@attempt()
def reach_the_message_bus_of_the_session(told: Told) -> None:
    kind, _, path = os.environ["DBUS_SESSION_BUS_ADDRESS"].partition("=")
    assert kind == "unix:path"
    _connect(socket.AF_UNIX, path)


@attempt(optional=True)
def reach_what_runs_containers(told: Told) -> None:
    """By the names that everybody knows; those are somebody else's where the suite has none."""
    if told.usual:
        for path in ("/run/docker.sock", "/var/run/docker.sock", told.usual):
            with contextlib.suppress(OSError):
                _connect(socket.AF_UNIX, path)


@attempt(control=Control.NAMESPACE)
def see_what_is_on_the_wire(told: Told) -> bool:
    socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    return True


@attempt(control=Control.NAMESPACE)
def forge_packets(told: Told) -> bool:
    socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    return True


@attempt(optional=True)
def list_the_machine_s_interfaces(told: Told) -> bool:
    return any(name != "lo" for _, name in socket.if_nameindex())


@attempt(optional=True)
def ask_the_kernel_for_addresses(told: Told) -> bool:
    """Over netlink: has another one than loopback an address?"""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as ours:
        ours.settimeout(2.0)
        request = struct.pack("=IHHIIB3x", 20, 22, 0x301, 1, 0, socket.AF_INET)
        ours.sendto(request, (0, 0))
        answer = ours.recv(1 << 16)
    while len(answer) >= 24:
        length, kind = struct.unpack_from("=IH", answer)
        if kind == 20 and struct.unpack_from("=I", answer, 20)[0] != 1:
            return True
        answer = answer[max(length, 16) :]
    return False


@attempt(optional=True)
def listen_to_events_of_the_kernel(told: Told) -> bool:
    """Of devices, over netlink: a namespace does not get them, where it has one."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, 15) as ours:
        ours.bind((0, 1))
        return (
            os.stat("/proc/self/ns/net").st_ino == 4026531840
            or len(os.listdir("/sys/class/net")) > 1
        )


@attempt(optional=True)
def reach_the_hypervisor(told: Told) -> bool:
    socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)
    return True


@attempt(optional=True)
def have_the_kernel_compute(told: Told) -> bool:
    socket.socket(38, socket.SOCK_SEQPACKET)  # AF_ALG
    return True


@attempt(optional=True)
def make_a_socket_of_an_odd_family(told: Told) -> bool:
    """Bluetooth, CAN, TIPC, RDS, X.25, AX.25, SMC, XDP: where holes were found."""
    for family in (3, 9, 21, 29, 30, 31, 35, 39, 41, 43, 44):
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET):
            with contextlib.suppress(OSError):
                socket.socket(family, kind).close()
                return True
    return False


@attempt(optional=True)
def make_a_socket_whose_family_has_more_bits(told: Told) -> bool:
    """A filter may compare 64 of them, where the kernel looks at 32."""
    import ctypes

    result = libc.syscall(
        ctypes.c_long(41), ctypes.c_long(38 | 1 << 32), ctypes.c_long(5), ctypes.c_long(0)
    )
    return check(int(result)) >= 0

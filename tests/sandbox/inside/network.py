"""The network and sockets."""

from __future__ import annotations

import contextlib
import os
import socket
import struct
from typing import Any

from .table import Control, Evidence, Told, attempt, call


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


@attempt(Evidence.SOCKET, control=Control.NAMESPACE)
def see_what_is_on_the_wire(told: Told) -> socket.socket:
    return socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))


@attempt(Evidence.SOCKET, control=Control.NAMESPACE)
def forge_packets(told: Told) -> socket.socket:
    return socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)


@attempt(Evidence.FACT, optional=True)
def list_the_machine_s_interfaces(told: Told) -> None:
    for _, name in socket.if_nameindex():
        print("list_the_machine_s_interfaces", name)


@attempt(Evidence.FACT, optional=True)
def ask_the_kernel_for_addresses(told: Told) -> None:
    """Over netlink."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as ours:
        ours.settimeout(2.0)
        ours.sendto(struct.pack("=IHHIIB3x", 20, 22, 0x301, 1, 0, socket.AF_INET), (0, 0))
        answer = ours.recv(1 << 16)
    while len(answer) >= 24:
        length, kind = struct.unpack_from("=IH", answer)
        at = 24
        while kind == 20 and at + 8 <= length:
            size, what = struct.unpack_from("=HH", answer, at)
            if what == 1:
                address = socket.inet_ntoa(answer[at + 4 : at + 8])
                print("ask_the_kernel_for_addresses", address)
            at += max((size + 3) & ~3, 4)
        answer = answer[max(length, 16) :]


@attempt(Evidence.EVENTS, optional=True)
def listen_to_events_of_the_kernel(told: Told) -> socket.socket:
    """Of devices, over netlink: a namespace does not get them, where it has one."""
    ours = socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, 15)
    ours.bind((0, 1))
    return ours


@attempt(Evidence.SOCKET, optional=True)
def reach_the_hypervisor(told: Told) -> socket.socket:
    return socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)


@attempt(Evidence.SOCKET, optional=True)
def have_the_kernel_compute(told: Told) -> socket.socket:
    return socket.socket(38, socket.SOCK_SEQPACKET)  # AF_ALG


@attempt(Evidence.SOCKET, optional=True)
def make_a_socket_of_an_odd_family(told: Told) -> list[socket.socket]:
    """Bluetooth, CAN, TIPC, RDS, X.25, AX.25, SMC, XDP: where holes were found."""
    made, failed = [], None
    for family in (3, 9, 21, 29, 30, 31, 35, 39, 41, 43, 44):
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET):
            try:
                made.append(socket.socket(family, kind))
            except OSError as error:
                failed = error
    if failed and not made:
        raise failed
    return made


@attempt(Evidence.SOCKET, optional=True)
def make_a_socket_whose_family_has_more_bits(told: Told) -> None:
    """A filter may compare 64 of them, where the kernel looks at 32."""
    call("socket", socket.AF_VSOCK | 1 << 32, int(socket.SOCK_STREAM), 0)

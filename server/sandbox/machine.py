"""What of the machine itself is seen in the sandbox, and what of that is covered. Who runs as the
system's root owns the devices and may read what ``/proc`` keeps from others."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

USER = 1000
"""Who the command is inside."""

DEVICES = ("null", "zero", "full", "random", "urandom", "tty")

ETC = {
    "passwd": "user:x:{0}:{0}::{1}:/bin/sh\n",
    "group": "user:x:{0}:\n",
    "hosts": "127.0.0.1 localhost sandbox\n::1 localhost\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
}
"""What programs ask of ``/etc`` to know who and where they are, for a user's number and home; the
machine's own names others."""

FACTS = ("cpuinfo", "meminfo", "stat", "loadavg", "uptime", "version", "filesystems", "sys")
"""What ``/proc`` tells of the machine as a whole; for where it tells of processes outside, too."""

_COVERED = (
    *("acpi", "asound", "fs", "interrupts", "iomem", "ioports", "kallsyms", "kcore", "key-users"),
    *("keys", "kmsg", "kpagecgroup", "kpagecount", "kpageflags", "latency_stats", "locks"),
    *("pagetypeinfo", "sched_debug", "schedstat", "scsi", "slabinfo", "sysrq-trigger"),
    *("timer_list", "timer_stats", "vmallocinfo"),
)


def covered() -> Iterator[str]:
    """Paths in ``/proc`` whose content is nobody's business inside."""
    for name in _COVERED:
        if os.path.exists(path := f"/proc/{name}"):
            yield path


def is_system_root() -> bool:
    """Whether this process is root as the kernel counts, not of a namespace of somebody else's."""
    inside, outside, _ = Path("/proc/self/uid_map").read_text().split()[:3]
    return os.geteuid() == 0 and inside == outside

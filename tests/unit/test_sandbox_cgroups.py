"""Where a control group might be made, from what the kernel tells."""

from __future__ import annotations

import pytest

from understudy.sandbox.cgroups import parents

_FIRST = (
    "30 24 0:26 / /sys/fs/cgroup ro - tmpfs tmpfs ro\n"
    "31 30 0:27 / /sys/fs/cgroup/pids rw,nosuid shared:9 - cgroup cgroup rw,pids\n"
    "32 30 0:28 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
)
_SECOND = "29 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw\n"
_ODD = (
    "60 24 0:40 / /home/u/a rw - tmpfs  rw\n"
    "61 24 0:41 / /home/u/\udcff\x0b\x85\u2028 rw - fuse.x x rw\n"
    "62 24 0:42 / /home/u/b rw\n\n62\n - \n"
)
_INSIDE = "29 23 0:26 /docker/c /sys/fs/cgroup ro - cgroup2 cgroup rw\n"


@pytest.mark.parametrize(
    ("name", "mounts", "memberships", "expected"),
    [
        ("pids", _FIRST, "8:pids:/user.slice\n3:cpu,cpuacct:/\n", ["/sys/fs/cgroup/pids/user.slice"]),
        ("cpu", _FIRST, "8:pids:/x\n3:cpu,cpuacct:/\n", ["/sys/fs/cgroup/cpu,cpuacct"]),
        ("memory", _FIRST, "8:pids:/x\n", []),
        (
            "memory",
            _SECOND,
            "0::/user.slice/app.slice/a.scope\n",
            [
                "/sys/fs/cgroup/user.slice/app.slice/a.scope",
                "/sys/fs/cgroup/user.slice/app.slice",
                "/sys/fs/cgroup/user.slice",
                "/sys/fs/cgroup",
            ],
        ),
        ("pids", _SECOND, "0::/\n", ["/sys/fs/cgroup"]),
        ("pids", _INSIDE, "0::/docker/c/own\n", ["/sys/fs/cgroup/own", "/sys/fs/cgroup"]),
        ("pids", _INSIDE, "0::/../elsewhere\n", ["/sys/fs/cgroup"]),
        ("pids", _FIRST + _SECOND.replace("cgroup rw", "cgroup/unified rw"), "8:pids:/\n0::/\n",
         ["/sys/fs/cgroup/pids", "/sys/fs/cgroup/unified"]),
        ("pids", _ODD + _SECOND, "0::/\n", ["/sys/fs/cgroup"]),
        ("pids", r"29 23 0:26 /a\134x2db /sys/cg\040x rw - cgroup2  rw", "0::/a\\x2db/c\n",
         ["/sys/cg x/c", "/sys/cg x"]),
    ],
)  # fmt: skip
def test_the_nearest_first(name: str, mounts: str, memberships: str, expected: list[str]) -> None:
    assert list(parents(name, mounts, memberships)) == expected

"""Settings of where time goes."""

from __future__ import annotations

from typing import Annotated

from .group import SENDS, About, Group


class Profile(Group):
    enabled: Annotated[
        bool,
        About("Take the time of what Understudy does; `understudy profile --engine` tells of it."),
    ] = True
    max_spans: Annotated[
        int,
        About(
            "So many of the newest steps are kept one by one; all are summed up.",
            ge=100,
            le=100_000,
        ),
    ] = 5_000
    keep_days: Annotated[
        int, About("So many days of sums are kept, the newest.", ge=1, le=3_650)
    ] = 30
    code_lens: Annotated[
        bool,
        About("Show above a function what share of the time the last profile saw it take."),
    ] = True
    otlp_endpoint: Annotated[
        str,
        About(
            "The address that spans are sent to, by OpenTelemetry's protocol over HTTP, such as"
            " http://localhost:4318/v1/traces. Empty: nothing leaves the machine. Needs the extra"
            " `telemetry`.",
            trusted_only=SENDS,
        ),
    ] = ""

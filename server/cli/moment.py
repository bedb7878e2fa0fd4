"""A moment, as it is written on a command line."""

from __future__ import annotations

import time

import click

from ..app.activity import moment


class Moment(click.ParamType[float]):
    """Seconds of the epoch."""

    name = "moment"

    def convert(
        self, value: str | float, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        try:
            return moment(str(value), time.time())
        except ValueError:
            self.fail(f"{value!r} is neither like 2h (s, m, h, d, w) nor a date", param, ctx)

"""A report as one page of HTML that needs nothing else: no script, no request. Pure."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from .outline import Bars, Outline, Steps
from .plots import bar_plot, range_rows, step_plot

_FIGURE = re.compile(r"(\d) (?=[a-zA-Z%])")
"""A figure and its unit stay in one line."""
_HERE = Path(__file__).parent


def page(outline: Outline) -> str:
    """What the workspace has a part in is escaped; its own policy lets nothing but its own style
    in, should that ever fail."""
    style = _style()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    template = _environment().get_template("page.html.jinja")
    return template.render(outline=outline, style=Markup(style), policy=policy)  # noqa: S704 - it is ours


@cache
def _style() -> str:
    return (_HERE / "style.css.jinja").read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.tests["bars"] = lambda plot: isinstance(plot, Bars)
    environment.tests["steps"] = lambda plot: isinstance(plot, Steps)
    environment.globals["bar_plot"] = bar_plot
    environment.globals["range_rows"] = range_rows
    environment.globals["step_plot"] = step_plot
    environment.filters["kept"] = lambda text: _FIGURE.sub("\\1\N{NO-BREAK SPACE}", text)
    environment.filters["pc"] = lambda value: f"{value:.2f}%"
    return environment

"""``understudy lsp``, for its help; the way it is started is the short one in ``cli.main``."""

from __future__ import annotations

import click


@click.command
@click.pass_context
def lsp(ctx: click.Context) -> None:
    """Speak the Language Server Protocol over standard input and output.

    Editors start this; a person has no use for it.
    """
    from ..lsp.serving import serve

    ctx.exit(serve())

"""The only room that speaks LSP. Conversion happens here; inside, data is plain."""

from __future__ import annotations


def main() -> int:
    """Serve one client over stdio; returns the exit code."""
    from .serving import serve

    return serve()

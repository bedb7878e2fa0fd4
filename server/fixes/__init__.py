"""Fixes: candidates from the tools and from our own rewrites, offered only when verified."""

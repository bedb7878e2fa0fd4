"""Understudy: a language server that works behind the editor."""

"""Lines of Markdown about what others have named: nothing of a name means anything."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from understudy.app.presentation.markdown import line

PLAIN = {
    "text",
    "text_special",
    "code_inline",
    "em_open",
    "em_close",
    "strong_open",
    "strong_close",
}


@given(st.text(st.sampled_from("ab \\`*_{}[]()<>#|~&!:/.-+\n\r\t\x1b\u202e\u2028"), max_size=60))
@example("[here](https://evil.example)")
@example("<img src=x> &lt;")
@example("`a` ![x](y) `b")
@example("`\\`<b>`")
@example("a\n# another")
def test_no_name_becomes_more_than_text(name: str) -> None:
    reader = MarkdownIt().enable("table")
    kinds = [each.type for each in reader.parse("- it: x\n")]
    found = reader.parse(f"- it: {line(name)}\n")
    assert [each.type for each in found] == kinds
    (inline,) = (each for each in found if each.type == "inline")
    assert {each.type for each in inline.children or ()} <= PLAIN
    table = reader.parse(f"| a | b |\n| --- | --- |\n| {line(name.replace('`', ''))} | 1 |\n")
    assert sum(each.type == "td_open" for each in table) == 2


def test_code_stays_as_it_is() -> None:
    assert line("sets no `a[0] | <b>`: x|y") == "sets no `a[0] | <b>`: x\\|y"

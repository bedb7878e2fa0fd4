"""Comments, told from what only looks like one."""

from __future__ import annotations

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.findings.comments import comments

CASES = {
    "python": ("a.py", "x = 1  # one\n", ["# one"]),
    "python, in a string": ("a.py", 'x = "# no"  # yes\n', ["# yes"]),
    "python, in a docstring": ("a.py", '"""\n# no\n"""\n# yes\n', ["# yes"]),
    "python, in an f-string": ("a.py", "x = f\"{a}# no {'# no'}\"\n", []),
    "python, over a line end": ("a.py", "x = 'a\\\n# no'\n", []),
    "python, before what is none": ("a.py", "# yes\nx = $\n", ["# yes"]),
    "python, returns alone": ("a.py", "x = 1\r# yes\ry = 2", ["# yes"]),
    "python without a suffix": ("tool", "#!/usr/bin/env python3\nx = '# no'\n", ["#!/usr/bin/env python3"]),
    "script": ("a.js", "x(); // one\n/* two */\n", ["// one", "/* two */"]),
    "script, in a string": ("a.js", "x = '// no'; // yes\n", ["// yes"]),
    "script, in a template": ("a.ts", "x = `// no ${ y /* yes */ } // no`;\n", ["/* yes */"]),
    "script, in a regular expression": ("a.js", "x = /[/]\\/\\/ no/; // yes\n", ["// yes"]),
    "script, behind emoji": ("a.js", "x = '😀'; // yes\n", ["// yes"]),
    "script, in an element": ("a.jsx", "x = <a>// no {/* yes */}</a>;\n", ["/* yes */"]),
    "script, a cast": ("a.ts", "x = <any>y; // yes\n", ["// yes"]),
    "go": ("a.go", "x := `\n// no` // yes\ny(\"// no\", '\"') /* too\n*/\n", ["// yes", "/* too\n*/"]),
    "java": ("A.java", 'x = """\n// no "\n"""; // yes\n# no\n', ["// yes"]),
    "yaml": ("a.yml", "a: b # one\n# two\n", ["# one", "# two"]),
    "yaml, in a scalar": ("a.yml", "a: b#no\nc: 'd # no' # yes\n", ["# yes"]),
    "yaml, in a block": ("a.yml", "run: |\n  # no\n  x\nb: c # yes\n", ["# yes"]),
    "yaml, in a text over lines": ("a.yaml", 'a: "b\n  # no"\n', []),
    "yaml, before a fault": ("a.yml", "a: b # yes\nc: 'd\n", ["# yes"]),
    "shell": ("a.sh", "x # one\n", ["# one"]),
    "shell, no comment": ("a.sh", "echo $# a#b ${#x} '# no' \"# no\" \\# no\n", []),
    "shell, over lines": ("a.sh", "echo 'a\n# no\n' # yes\n", ["# yes"]),
    "shell, in a here-document": ("a.sh", "cat <<EOF\n# no\nEOF\n# yes\n", ["# yes"]),
    "shell, a here-string": ("a.sh", "cat <<<EOF # yes\n# too\n", ["# yes", "# too"]),
    "shell by its first line": ("tool", "#!/bin/bash\nx='\n# no'\n", ["#!/bin/bash"]),
    "toml": ("a.toml", 'a = "# no" # yes\nb = """\n# no\n"""\n', ["# yes"]),
    "toml, literal": ("a.toml", "a = '''\n# no ''' # yes\nb = 'c # no'\n", ["# yes"]),
    "requirements": ("requirements.txt", "a==1 # yes\nb @ git+x#egg=b\n", ["# yes"]),
    "docker": ("Dockerfile", "# yes\nRUN echo # no\n", ["# yes"]),
    "of C and its kin": ("a.rs", "x('\"'); // yes\n# no\ny(\"// no\")\n/* too", ["// yes", "/* too"]),
    "build.gradle": ("build.gradle", "x 'http://no' // yes\n", ["// yes"]),
    "Jenkinsfile": ("Jenkinsfile", "x // yes\n# no\n", ["// yes"]),
    "with comments": ("a.jsonc", '{"a": "// no"} // yes\n', ["// yes"]),
    "sql": ("a.sql", "select '-- no', 'it''s\n-- no' -- yes\n# no\n/* too */", ["-- yes", "/* too */"]),
    "markup": ("a.xml", "<a b='<!-- no -->'\n<!-- no --> >x <!-- yes -->\n</a># no\n", ["<!-- yes -->"]),
    "markup, in data": ("a.xml", "<a><![CDATA[<!-- no -->]]><!-- yes\n too --></a>", ["<!-- yes\n too -->"]),
    "markup, in a script": ("a.vue", "<script>\n<!-- no -->\n</script>\n<!-- yes -->\n", ["<!-- yes -->"]),
    "markup, never closed": ("a.html", "<p>a <b <!-- no -->", []),
    "markdown": ("a.md", "# no\na <!-- yes --> `<!-- no -->`\n", ["<!-- yes -->"]),
    "markdown, code": ("a.md", "```\n<!-- no -->\n```\n\n    <!-- no -->\n<!-- yes -->\n", ["<!-- yes -->"]),
    "markdown, what heads it": ("a.md", "---\na: <!-- no -->\n---\n<!-- yes -->\n", ["<!-- yes -->"]),
    "whole rows": ("a.ini", "; no\n# yes\na = b # no\n", ["# yes"]),
    "an environment": (".env.local", "# yes\nA=b # no\n", ["# yes"]),
    "a key": ("id_ed25519", "# no\n", []),
    "nobody knows": ("a.xyz", "x # yes\n", ["# yes"]),
    "json": ("package.json", '{"a": "# no // no"}\n', []),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_where_comments_are(case: str) -> None:
    path, text, expected = CASES[case]
    found = comments(text, path)
    assert [comment.text for comment in found] == expected
    assert all(text[each.start :].startswith(each.text) for each in found)


PIECES = [
    *("#", "//", "/*", "*/", "'", '"', '"""', "`", "\\", "\n", "\r", "\r\n", " ", "x", "😀", "\x00"),
    *("<<E\n", "E\n", "|\n", ": ", "- ", "{", "}", "${", "f'", "$(", "understudy: ignore[B1]", "\ufeff"),
    *("--", "<!--", "-->", "<a", ">", "<script>", "</script>", "```", "---\n"),
]  # fmt: skip


@given(
    st.lists(st.sampled_from(PIECES), max_size=40).map("".join),
    st.sampled_from(
        [
            *("a.py", "a.js", "a.ts", "a.yml", "a.sh", "a.toml", "a.txt", "Dockerfile", "t"),
            *("a.c", "a.sql", "a.html", "a.md"),
        ]
    ),
)
def test_whatever_stands_there_comments_are_pieces_of_it_in_order(text: str, path: str) -> None:
    reached = 0
    for start, words in comments(text, path):
        assert start >= reached
        assert text[start : start + len(words)] == words
        reached = start + len(words)


@pytest.mark.parametrize("path", ["a.c", "a.sql", "a.html", "a.md"])
@pytest.mark.parametrize(
    "piece", ["/*", "<!--", "<a '", '<a "', "<script ", "```", "` ``", "--", "'\""]
)
def test_what_never_ends_does_not_take_long(path: str, piece: str) -> None:
    begun = process_time()
    comments(piece * 50_000, path)
    assert process_time() - begun < 2

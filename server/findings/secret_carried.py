"""Secrets in what a command carries: SQL, code, markup, and files that it writes. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable

from .late_pattern import Late
from .secret_programs import FILES_OF_SECRETS, TAKERS
from .secret_shapes import CALLS
from .secret_words import is_chosen, names_secret

_QUOTED = r"""\\"(?:[^"\\]|\\[^"])*+(?:\\"|\Z)|"(?:[^"\\]|\\.)*+(?:"|\Z)|'[^']*+(?:'|\Z)"""
_JOINED = r"""(?:"[^"\s]*+"|'[^'\s]*+')"""
_BARE = (
    rf"""(?:<secret>|\\.|[^\s"'`;|&<>(){{}}\\,]|[(){{}},<>](?=[^\s"'`;|&<>(){{}}\\,])|{_JOINED})"""
)
VALUE = rf"(?:{_QUOTED}|\$[({{][^\s]*+|{_BARE}++)"
"""A word as a shell has it: quoted, or bare with quoted parts in it."""

_SPOKEN = r"(?i:passw|token|secret|key)"
RULES = (
    # SQL.
    Late(
        ("identified", "pragma", "password", "pwdcompare"),
        (
            r"""(?i:\bidentified\s+(?:with\s+\S+\s+)?(?:by|as)\s+(?:password\s+)?"""
            r"""|\bpragma\s+(?:hex|re)?key\s*=\s*|\bpassword(?:\s+for\s+\S+)?[\s=(]+(?:password\()?"""
            r"""|\bpwdcompare\()"""
            r"""(?P<value>\\?'[^']*'|\\"[^"\\]*\\"|"[^"]*"|\\?\$\\?\$[^$\\]+\\?\$\\?\$)"""
        ),
    ),
    # A line of .netrc, and a format with what is put into it.
    Late(
        ("login", "printf"),
        (
            rf"""(?:\blogin\s+\S+\s+password\s+(?!%s)|\bprintf\s+(?:'[^'\n]{{0,200}}?{_SPOKEN}"""
            rf"""[^'\n]{{0,200}}'|"[^"\n]{{0,200}}?{_SPOKEN}[^"\n]{{0,200}}")\s+)(?P<value>{VALUE})"""
        ),
    ),
    # What a program reads as if from a file.
    Late(
        ("<(", "echo"),
        (
            r"(?:(?:\s-y|--?[\w-]{0,40}?(?:pass|secret|token|key)[\w-]{0,40})[ =]"
            r"<\(\s*(?:echo|printf)\s+(?:-\w+\s+)*"
            r"|--?[\w-]{0,40}?pass[\w-]{0,20}(?:command|cmd|eval)[ =][\"']echo\s+)"
            rf"(?P<value>{VALUE})"
        ),
    ),
    Late(
        ("<(",),
        r"""<\(\s*(?:echo|printf)\s+(?:-\w+\s+)*(?P<chosen>"[^"\n]*"|'[^'\n]*'|[^\s()|;]+)(?=\s*\))""",
    ),
    # An answer to a question of debconf, and a filter of a template.
    Late(("password",), rf"/[\w-]*pass[\w-]*\s+password\s+(?P<value>{VALUE})"),
    Late(
        ("password_hash",),
        r"""(?P<value>\\?'[^'\n]+'|\\"[^"\n]+\\"|"[^"\n]+")(?=\s*\|\s*password_hash\b)""",
    ),
    # Calls in code.
    Late(
        ("(",),
        (
            rf"""(?:{"|".join(CALLS)})(?!["'](?i:sha-?\d+|md5|bcrypt|blowfish)["'])"""
            r"""(?P<value>'[^'\n]*'|"[^"\n]*")(?=\s*[),])"""
        ),
    ),
    # Two strings in code, of which one may be the name of the other.
    Late(
        ('"', "'"),
        r"""(["'])(?P<name>[\w:-]{2,100})\1\s*,\s*(?P<chosen>"[^"\n]{4,}"|'[^'\n]{4,}')""",
    ),
    # Markup: an element, or an attribute for the name and one for the value.
    Late(("</",), r"""<(?P<name>[\w:.-]{2,100})>(?P<value>[^<>\s][^<>]*)(?=</)"""),
    Late(
        ("value",),
        (
            r"""(?i:\b(?:key|name)\\?["']?\s*[=:]\s*\\?["']?)(?P<name>[\w:.-]{2,100})\\?["']?[\s,]+"""
            r"""\\?["']?(?i:value)\\?["']?\s*[=:]\s*"""
            r"""(?P<value>\\"[^"\\]+\\"|"[^"\n]+"|'[^'\n]+'|[^\s"'\\]+)"""
        ),
    ),
    # What stands instead of a placeholder.
    Late(
        ("sed", "s/", "s|"),
        (
            r"""\bs([/|#,:@~])(?:(?!\1)[^\n]){0,200}?(?i:change_?me|replace_?me|placeholder|your|xxx"""
            r"""|todo|pass|secret|token|key)(?:(?!\1)[^\n]){0,200}\1"""
            r"""(?P<chosen>(?:(?!\1)[^\n'"]){4,200})(?=\1)"""
        ),
    ),
    # Prose.
    Late(
        (" is ", " was ", " ist ", " lautet "),
        (
            r"""\b(?i:password|passwd|passphrase|pw|pin|token|secret)\s+(?:is|was|ist|lautet)[ ]+"""
            r"""["']?(?P<chosen>[^\s"']+)"""
        ),
    ),
    # What expect types.
    Late(("send ",), r"""\bsend\s+(?:--\s+)?"(?P<chosen>[^"\n\\]+)(?=\\[rn]")"""),
)
"""``name`` has to be that of a secret; ``chosen``, unlike ``value``, is one only if it looks like a
password."""
_HERE = re.compile(
    r"""^([^\n]*<<-?[ ]*["']?(\w+)["']?[^\n]*\n)((?:[^\n]*\n){0,50}?)(?=[ \t]*\2$)""", re.MULTILINE
)
_LINE = re.compile(
    r"""^([ \t]*(?:export[ ]+)?([A-Za-z][\w.-]{0,100})[ \t]*[=:][ \t]*)([^\s"'|>][^\n]* [^\n]*)$""",
    re.MULTILINE,
)
_TO_FTP = re.compile(
    r"^([ \t]*(?:user[ ]+\S+|(?:quote[ ]+)?pass)[ ]+)(\S+)$", re.MULTILINE | re.IGNORECASE
)
_LAST_FIELD = re.compile(r"^([^\n=#]*:|)([^\s:=#]{4,})$", re.MULTILINE)
_INTO = re.compile(rf">\s*{FILES_OF_SECRETS}|\|.*(?i:{TAKERS})")


def without_carried(text: str, instead: Callable[[str], str]) -> str:
    """``text`` with ``instead`` of each secret in what it carries."""

    def judged(match: re.Match[str]) -> str:
        found = match.groupdict()
        value = found.get("value") or found["chosen"]
        is_one = ("name" not in found or names_secret(found["name"])) and (
            "value" in found or is_chosen(value.strip("\"'"))
        )
        return match[0].removesuffix(value) + instead(value) if is_one else match[0]

    def second(match: re.Match[str]) -> str:
        return match[1] + instead(match[2])

    def line(match: re.Match[str]) -> str:
        return match[1] + (instead(match[3]) if names_secret(match[2]) else match[3])

    def file(match: re.Match[str]) -> str:
        body = _TO_FTP.sub(second, _LINE.sub(line, match[3]))
        return match[1] + (_LAST_FIELD.sub(second, body) if _INTO.search(match[1]) else body)

    small = text.lower()
    for rule in RULES:
        text = rule.sub(judged, text, small)
    return _HERE.sub(file, text) if "<<" in text else text

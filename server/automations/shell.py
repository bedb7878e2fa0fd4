"""What a line that was typed into a shell does: its commands, each with a typed template. Pure.

A template keeps what a person picks when choosing *what* to do (the program, subcommands, options)
and names the types of what is picked each time anew: ``git add <file.py>``. Two commands with the
same template have the same words but for the values of their arguments.

This is the judge of what can be automated: what runs without a shell, and files for input and
output (``<``, ``>``) and alternatives (``||``), which a script does by itself. Of pipes, variables
and the like there is a template, too, so that they are counted and listed, and the reason why they
are no more.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from .interactive import talks


class Argument(NamedTuple):
    """What may be another value the next time: of the word of that number, what follows ``prefix``.
    ``kind``: path, glob, number, hash, url, address, version, secret, text, or ``file.`` with the
    suffix. ``option``: the option that it belongs to, without dashes, where there is one."""

    word: int
    prefix: str
    value: str
    kind: str
    option: str = ""


class Command(NamedTuple):
    """``words``: as the program gets them; those whose numbers are in ``operators`` are the
    shell's, and where there is no ``why_not`` each is ``<``, ``>`` or ``||``. ``template``: equal
    for what differs in arguments only. ``why_not``: why it cannot be automated; empty where it
    can."""

    words: tuple[str, ...]
    template: str
    arguments: tuple[Argument, ...]
    why_not: str = ""
    operators: tuple[int, ...] = ()


PIPE, REDIRECTION, BACKGROUND = "a pipe", "a redirection", "it runs in the background"
INPUT, OUTPUT, OR = "<", ">", "||"
VARIABLE, SUBSTITUTION, HOME = "a variable", "a substitution", "a home folder"
CONTROL, BUILTIN, UNCLOSED = "a loop or condition", "only a shell does it", "an open quote"
ALTERNATIVE, BRACES, HISTORY = "an alternative", "braces", "it repeats from the shell's history"
INTERACTIVE = "somebody works in it, at a terminal"

GIT = "it writes into git's own folder, which no automation may"
TOO_LONG = "it is very long"
_LONGEST = 1_000
"""Characters. Longer lines are pasted, not repeated; and what is read of a line takes up to the
square of its length."""

_TOKEN = re.compile(
    r"""
    (?P<gap> (?: [ \t\r\f\v] | \\\n )+ )
  | (?P<comment> (?<![^\s;&|()]) \# [^\n]* )
  | (?P<end> && | ;+ | \n+ )
  | (?P<operator> (?!<secret>)
      \d*(?: >> | >\| | >& | <<< | <<-? | <& | <> | [<>] ) | &>>? | \|& | \|\|? | [&()]
    )
  | (?P<word> (?:
        <secret> | [^\s'"\\$`|&;<>()]+ | \\. | '[^']*' | "(?: [^"\\] | \\. )*"
      | \$'(?: [^'\\] | \\. )*' | \$\((?: [^()] | \([^()]*\) )*\) | `[^`]*` | \$ | \\\Z
    )+ )
  | (?P<open> . )
    """,
    re.VERBOSE | re.DOTALL,
)
_SPECIAL = re.compile(r"""['"\\$`*?\[\]{}~!]""")
_PIECE = re.compile(
    r"""'(?P<single>[^']*)'|"(?P<double>(?:[^"\\]|\\.)*)"|\\(?P<escaped>.)|(?P<bare>[^'"\\]+|\\\Z)""",
    re.DOTALL,
)
_ESCAPE = re.compile(r'\\([\\"$`\n])')
_GLOB = re.compile(r"[*?]|\[[^\]]+\]")
_BRACES = re.compile(r"\{[^{}]*(?:,|\.\.)[^{}]*\}")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=")
_OPTION = re.compile(r"--?[A-Za-z][\w-]*(?:=|\Z)|-\d+\Z|--?\Z")
_SHORT_NUMBER = re.compile(r"(-[A-Za-z]?)(\d+)\Z")
_SEPARATORS = frozenset({"|", OR, "|&", "&", "(", ")", ";"})
_SUBCOMMAND = re.compile(r"[a-z][a-z0-9]*(?:[-:_][a-z0-9]+)*\Z")
_KINDS = re.compile(
    r"""
    (?P<secret> .*<secret>.* )
  | (?P<url> [a-z][a-z0-9+.-]*://.+ | [\w.-]+@[\w.-]+:[^\s]+ )
  | (?P<number> [+-]?\d+(?:\.\d+)? )
  | (?P<address> \d+(?:\.\d+){3}(?::\d+)?(?:/\d+)? )
  | (?P<version> v?\d+(?:\.\d+)+(?:[.+-]?[A-Za-z0-9])* | v\d+ )
  | (?P<hash> (?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{7,64} )
  | (?P<text> [^/]*\s.* | .*::.* | )
  | (?: [^:=]*/ )? [^/:=]*[^/:=.] (?P<file> \.[A-Za-z][A-Za-z0-9]{0,9} )
  | (?P<path> \.\.? | [^:=]*/[^:=]* | \.[\w.-]+ )
    """,
    re.VERBOSE | re.DOTALL,
)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_CONTROL = _words("for while until if then else elif fi case esac select function do done { } [[ !")
_BUILTINS = _words(
    "cd : pushd popd export source . alias unalias set unset shopt exit logout history fg bg jobs"
    " eval exec read trap ulimit umask wait disown bind complete declare local typeset let hash"
    " activate deactivate setopt rehash"
)
_ON_FILES = _words(
    "cat cd chmod chown cp cut diff dir du ed emacs file find gedit head la less ll ln ls mkdir"
    " more mv nano nl od open patch pushd readlink rm rmdir sort source split stat strings tac tail"
    " tar tee touch tree truncate uniq unzip vi view vim nvim code wc xdg-open zip"
)
"""Their words are files, not subcommands."""
_ON_TEXTS = _words(
    "ack ag apropos awk basename cal date dig dirname echo egrep fgrep finger grep host hostname id"
    " info jq kill killall man mail mysql nslookup passwd perl pgrep ping pkill printf psql rg"
    " rlogin rsh scp sed seq ssh su telnet test traceroute type w wget whatis which who whoami"
    " whereis finger ftp sftp expr curl bash sh zsh fish python python3 node ruby"
)
"""Their words are values, not subcommands."""
_BEFORE = _words("sudo time nohup env nice command npx doas xvfb-run")
"""Before a program, with its words."""
_RUNNERS = _words("uv poetry pipenv pdm hatch rye pixi conda")
_GIT_WRITES = _words(
    "add am bisect branch checkout cherry-pick clone commit commit-tree config fetch filter-branch"
    " gc init lfs maintenance merge mv notes pack-refs prune pull push read-tree rebase reflog"
    " remote repack replace reset restore revert rm sparse-checkout stash submodule switch tag"
    " update-index update-ref worktree write-tree"
)
"""Its subcommands that change something in ``.git``, be it the index only."""
_GIT_READS = {
    "bisect": _words("log view"),
    "branch": frozenset({""}),
    "config": _words("get list"),
    "lfs": _words("ls-files status"),
    "notes": _words("list show") | {""},
    "reflog": _words("show") | {""},
    "remote": _words("show get-url") | {""},
    "stash": _words("list show"),
    "submodule": _words("status summary") | {""},
    "tag": frozenset({""}),
    "worktree": _words("list"),
}
"""What follows them where they only look; empty: nothing but options."""
_GIT_VALUES = _words("-C -c --git-dir --work-tree --namespace --config-env")
"""Options before a subcommand that have a value of their own."""
_DEEP = _words(
    "stash remote submodule worktree bisect notes run compose container image volume network system"
    " config get describe create delete pip auth pr issue repo"
)
"""Subcommands that have some of their own."""
_PICKED = {
    "pytest": _words("k m"),
    **dict.fromkeys(("jest", "vitest"), _words("t testNamePattern")),
    **dict.fromkeys(("mocha", "playwright"), _words("g grep")),
    "phpunit": _words("filter group"),
    "rspec": _words("e example t tag"),
}
"""Of programs without subcommands, the options whose value is a word that is picked each time."""


@lru_cache(4096)
def commands(line: str) -> tuple[Command, ...]:
    """The commands of a line, in order: what ``&&`` and ``;`` join is several of them. Of any text
    at all; of one that says nothing: none."""
    if len(line) > _LONGEST:
        return (Command((line,), "<line>", (), TOO_LONG),)
    return tuple(_read(line))


def _read(line: str) -> list[Command]:
    found: list[Command] = []
    words: list[str] = []
    raw: list[str] = []
    why_not = end = ""
    control = False
    for token in _TOKEN.finditer(line):
        match token.lastgroup:
            case "word":
                text = token[0]
                if not words and text in _CONTROL:
                    control = True
                why_not = why_not or (_needs_shell(text) if _SPECIAL.search(text) else "")
                raw.append(text)
                words.append(_unquoted(text) if _SPECIAL.search(text) else text)
            case "operator":
                control = control or token[0] == "("
                why_not = why_not or _of_operator(token[0], end)
                raw.append("")
                words.append(token[0])
            case "open":
                why_not = UNCLOSED
                raw.append("")
                words.append(line[token.start() :])
                break
            case "end" if not control:
                if words:
                    found.append(_command(words, raw, why_not))
                words, raw, why_not, end = [], [], "", token[0]
            case "end":
                raw.append("")
                words.append(";")
    if words:
        found.append(_command(words, raw, CONTROL if control else why_not))
    return found


def _of_operator(text: str, end: str) -> str:
    """``end``: of the command before, as ``a && b || c`` does ``c`` where either fails."""
    match text:
        case "<" | ">":
            return ""
        case "|" | "|&":
            return PIPE
        case "||":
            return ALTERNATIVE if end == "&&" else ""
        case "&":
            return BACKGROUND
        case "(" | ")":
            return CONTROL
    return REDIRECTION


def _needs_shell(raw: str) -> str:
    if raw[0] == "~":
        return HOME
    for piece in _PIECE.finditer(raw):
        text = piece["double"] or piece["bare"] or ""
        if "`" in text or "$(" in text:
            return SUBSTITUTION
        if re.search(r"(?<!\\)\$[\w{@*#?!$'-]", text):
            return VARIABLE
        if piece["bare"] and _BRACES.search(text):
            return BRACES
        if raw[0] == "!" and len(raw) > 1:
            return HISTORY
    return ""


def _unquoted(raw: str) -> str:
    return "".join(
        _ESCAPE.sub(r"\1", piece["double"])
        if piece["double"] is not None
        else piece["single"] or piece["escaped"] or piece["bare"] or ""
        for piece in _PIECE.finditer(raw)
    )


def _is_glob(raw: str) -> bool:
    return any(piece["bare"] and _GLOB.search(piece["bare"]) for piece in _PIECE.finditer(raw))


def _command(words: list[str], raw: list[str], why_not: str) -> Command:
    """``raw``: the words as they were typed; empty of operators."""
    reader = _Reader()
    for number, (word, typed) in enumerate(zip(words, raw, strict=True)):
        reader.template.append(reader.read(number, word, typed))
    template, arguments = " ".join(reader.template), tuple(reader.arguments)
    why_not = why_not or reader.why_not or _misplaced(words, raw)
    why_not = why_not or (INTERACTIVE if talks(_started(words)) else _of_git(words))
    operators = tuple(number for number, typed in enumerate(raw) if not typed)
    return Command(tuple(words), template, arguments, why_not, operators)


def _misplaced(words: list[str], raw: list[str]) -> str:
    """Why its operators are not one file for the input, one for the output, of each command."""
    seen: set[str] = set()
    begins = True
    for number, (word, typed) in enumerate(zip(words, raw, strict=True)):
        if typed:
            begins = False
        elif begins or not any(raw[number + 1 : number + 2]) or word in seen:
            return ALTERNATIVE if word == OR else REDIRECTION
        elif begins := word == OR:
            seen.clear()
        else:
            seen.add(word)
    return ""


def _of_git(words: list[str]) -> str:
    """Why it cannot be tried, where it is one of git's that writes; empty where it is none."""
    rest = iter(words)
    program = next((word for word in rest if word not in _BEFORE), "")
    if program.rpartition("/")[2] != "git":
        return ""
    plain: list[str] = []
    for word in rest:
        if not plain and word in _GIT_VALUES:
            next(rest, None)
        elif not word.startswith("-"):
            plain.append(word)
    command, argument, *_ = [*plain, "", ""]
    looks = argument in _GIT_READS.get(command, ())
    return GIT if command in _GIT_WRITES and not looks else ""


def _started(words: list[str]) -> list[str]:
    """A program and its words, without what is before it."""
    number = 0
    while number + 1 < len(words) and (
        words[number] in _BEFORE or (number and words[number][0:1] == "-")
    ):
        number += 1
    return words[number:]


class _Reader:
    """Reads a command word by word. ``bare``: the type of a word that looks like nothing; empty
    while it may be a subcommand. ``option``: the one before, whose value may follow. ``is_file``:
    what follows is a file's name."""

    __slots__ = ("arguments", "bare", "is_file", "option", "program", "template", "why_not")

    def __init__(self) -> None:
        self.template: list[str] = []
        self.arguments: list[Argument] = []
        self.program = self.bare = self.option = self.why_not = ""
        self.is_file = False

    def read(self, number: int, word: str, typed: str) -> str:
        """What stands for it in the template."""
        if not typed:
            if word in _SEPARATORS:
                self.program = ""
            self.is_file = word in (INPUT, OUTPUT)
            return word
        if self.is_file:
            self.is_file = False
            return self._argument(Argument(number, "", word, _kind(word, typed, "path")))
        if not self.program:
            return self._begin(number, word, typed)
        if typed[0] == "-" and _OPTION.match(word):
            return self._option(number, word, typed)
        option, self.option = self.option, ""
        picked = option in _PICKED.get(self.program, ())
        kind = _kind(word, typed, "text" if picked else self.bare)
        if not kind:
            if word == "run" and self.program in _RUNNERS:
                self.program = ""
            elif not option and word not in _DEEP:
                self.bare = "text"
            return word
        if not picked:
            self.bare = self.bare or "text"
        return self._argument(Argument(number, "", word, kind, option))

    def _begin(self, number: int, word: str, typed: str) -> str:
        if _ASSIGNMENT.match(typed):
            self.why_not = self.why_not or VARIABLE
            name, _, value = word.partition("=")
            return self._argument(Argument(number, f"{name}=", value, "text", name))
        if word in _BEFORE or (self.template and word.startswith("-")):
            return word
        self.program = word.rpartition("/")[2] or word
        if self.program in _BUILTINS:
            self.why_not = self.why_not or BUILTIN
        on_files, on_texts = self.program in _ON_FILES, self.program in _ON_TEXTS
        self.bare = "path" if on_files else "text" if on_texts else ""
        return word

    def _option(self, number: int, word: str, typed: str) -> str:
        self.option = ""
        if short := _SHORT_NUMBER.match(word):
            return self._argument(Argument(number, short[1], short[2], "number", short[1][1:]))
        name, found, value = word.partition("=")
        if found:
            kind = _kind(value, typed, "text")
            return self._argument(Argument(number, f"{name}=", value, kind, name.lstrip("-")))
        self.option = word.lstrip("-")
        if word == "-m" and self.program.startswith("python"):
            self.program = self.option = ""
        return word

    def _argument(self, argument: Argument) -> str:
        self.arguments.append(argument)
        return f"{argument.prefix}<{argument.kind}>"


def _kind(word: str, typed: str, bare: str) -> str:
    """Empty: it may be a subcommand."""
    if not bare and _SUBCOMMAND.match(typed):
        return ""
    special = _SPECIAL.search(typed)
    if special and "://" not in word and _is_glob(typed):
        return "glob"
    if (match := _KINDS.fullmatch(word)) and (kind := match.lastgroup):
        return f"file{match['file'].lower()}" if kind == "file" else kind
    return "text" if special else bare or "text"

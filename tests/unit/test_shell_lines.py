"""What lines that are typed into a shell become."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.automations.shell import Command, commands, judge


@pytest.mark.parametrize(
    ("line", "templates"),
    [
        ("git add cart.py && git commit -m 'fix: it; now' && git push", [
            "git add <file.py>", "git commit -m <text>", "git push",
        ]),
        ("git commit -m wip", ["git commit -m <text>"]),
        ("git push origin main", ["git push <text> <text>"]),
        ("git checkout -b feature/cart", ["git checkout -b <path>"]),
        ("git stash pop", ["git stash pop"]),
        ("git show 1a2b3c4", ["git show <hash>"]),
        ("git log --oneline -n 5", ["git log --oneline -n <number>"]),
        ("git log -5", ["git log -<number>"]),
        ("head -n5 notes", ["head -n<number> <path>"]),
        ("python -m pytest tests/test_cart.py -k total", ["python -m pytest <file.py> -k <text>"]),
        ("pytest tests/test_cart.py::test_total", ["pytest <text>"]),
        ("pytest -k mb tests/test_mb.py", ["pytest -k <text> <file.py>"]),
        ("python -m pytest cart -k total", ["python -m pytest cart -k <text>"]),
        ("uv run pytest -x -m slow", ["uv run pytest -x -m <text>"]),
        ("uv run pytest -x", ["uv run pytest -x"]),
        ("sudo apt install vim", ["sudo apt install <text>"]),
        ("npm run build; npm test", ["npm run build", "npm test"]),
        ("docker compose up -d", ["docker compose up -d"]),
        ("kubectl get pods", ["kubectl get pods"]),
        ("make test", ["make test"]),
        ("pip install -r requirements.txt", ["pip install -r <file.txt>"]),
        ("twine upload dist/*", ["twine upload <glob>"]),
        ("rm '*.pyc'", ["rm <file.pyc>"]),
        ("curl https://example.org/a?b=1", ["curl <url>"]),
        ("git tag v1.2.3", ["git tag <version>"]),
        ("./build.sh --out=dist/app.js", ["./build.sh --out=<file.js>"]),
        ("deploy --token <secret>", ["deploy --token <secret>"]),
        ("deploy --token='<secret>'", ["deploy --token=<secret>"]),
        ("cd src; make", ["cd <path>", "make"]),
        ("ls # all of it", ["ls"]),
        ("make > log", ["make > <path>"]),
        ("sort a.txt > b.txt", ["sort <file.txt> > <file.txt>"]),
        ("make || touch failed", ["make || touch <path>"]),
        ("grep '<' a.txt", ["grep <text> <file.txt>"]),
        ("echo a#b", ["echo <text>"]),
        ("  ", []),
        ("# nothing", []),
    ],
)  # fmt: skip
def test_templates(line: str, templates: list[str]) -> None:
    assert [each.template for each in commands(line)] == templates


@pytest.mark.parametrize(
    ("line", "why_not"),
    [
        ("ls -l | grep cart", judge.PIPE),
        ("make || true", ""),
        ("make ||", judge.ALTERNATIVE),
        ("|| make", judge.ALTERNATIVE),
        ("make > log", ""),
        ("tr a b < in > out || cat < in > out", ""),
        ("make >> log", judge.REDIRECTION),
        ("make > a > b", judge.REDIRECTION),
        ("make >", judge.REDIRECTION),
        ("make > || true", judge.REDIRECTION),
        ("> log", judge.REDIRECTION),
        ("make 2>&1", judge.REDIRECTION),
        ("cat <<EOF", judge.REDIRECTION),
        ("sleep 5 &", judge.BACKGROUND),
        ("echo $HOME", judge.VARIABLE),
        ('echo "${name}"', judge.VARIABLE),
        ("DEBUG=1 make", judge.VARIABLE),
        ("echo `date`", judge.SUBSTITUTION),
        ("echo $(date -u)", judge.SUBSTITUTION),
        ("ls ~/src", judge.HOME),
        ("cp a.{py,txt} b", judge.BRACES),
        ("!!", judge.HISTORY),
        ("(cd src && make)", judge.CONTROL),
        ("for f in *.py; do black $f; done", judge.CONTROL),
        ("if true; then ls; fi", judge.CONTROL),
        ("export A=1", judge.BUILTIN),
        ("make || exit", judge.BUILTIN),
        ("source venv/bin/activate", judge.BUILTIN),
        ("cat 'notes", judge.UNCLOSED),
        ("echo " + "very " * 1_000, judge.TOO_LONG),
        ("echo '$HOME'", ""),
        (r"echo \$HOME", ""),
        ('git-cola -m "say \\"yes\\""', ""),
        ("git diff HEAD~1", ""),
        ("git stash show stash@{0}", ""),
    ],
)
def test_what_needs_a_shell(line: str, why_not: str) -> None:
    (command,) = commands(line)
    assert command.why_not == why_not


@pytest.mark.parametrize(
    ("line", "writes"),
    [
        ("git add a.py", True),
        ("git commit -m 'Add it'", True),
        ("git mv a.py b.py", True),
        ("git rm a.py", True),
        ("git checkout main", True),
        ("git -C sub -c user.name=me add .", True),
        ("sudo /usr/bin/git pull", True),
        ("git branch -d old", True),
        ("git stash", True),
        ("git stash pop", True),
        ("git tag v1.0", True),
        ("git remote add origin there", True),
        ("git status", False),
        ("git diff --stat HEAD", False),
        ("git log --grep commit", False),
        ("git show add", False),
        ("git branch --all", False),
        ("git stash list", False),
        ("git remote -v", False),
        ("git tag", False),
        ("git", False),
        ("gitk add", False),
        ("touch git add", False),
    ],
)
def test_what_writes_into_the_folder_of_git(line: str, writes: bool) -> None:
    (command,) = commands(line)
    assert command.why_not == (judge.GIT if writes else "")


def test_what_depends_on_two_commands_before_needs_a_shell() -> None:
    assert [each.why_not for each in commands("make && ls || true")] == ["", judge.ALTERNATIVE]
    assert [each.why_not for each in commands("make || true && ls")] == ["", ""]


def test_a_loop_is_one_command() -> None:
    assert len(commands("for f in *.py; do black $f; done")) == 1


_words = st.lists(st.text(min_size=1).filter(lambda word: word.strip()), min_size=1, max_size=5)


@given(_words)
def test_words_are_those_that_a_program_gets(words: list[str]) -> None:
    """Quoted as the standard library quotes for a shell, they come back."""
    line = shlex.join(["program", *words])
    (command,) = commands(line)
    assert command.words == ("program", *words)
    assert not command.why_not


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from("'\"\\$`|&;<>(){}#~! \n="))))
def test_any_text_is_read(line: str) -> None:
    for command in commands(line):
        assert command.words
        assert all(command.words[each.word].startswith(each.prefix) for each in command.arguments)


@pytest.mark.parametrize(
    "line",
    [
        "x 1.1" + "a" * 900 + "!",
        "x 1.1" + "1" * 900 + "!",
        "x {" + "," * 900,
        "x $(" * 240,
        "x `" * 330,
        'x "' * 330,
        "x " + "a/" * 400 + ":",
        "x " + "a." * 400 + "=",
        "x " + "\\" * 450,
    ],
)
def test_no_line_takes_long(line: str) -> None:
    """What would backtrack without end would end at the time-out."""
    for number in range(20):
        assert commands(line + " " * number)


@given(_words, _words)
def test_equal_templates_differ_in_arguments_only(one: list[str], other: list[str]) -> None:
    first, second = (_one(["git", "commit", "-m", *words]) for words in (one, other))
    if first.template == second.template:
        assert _literal(first) == _literal(second)


def _one(words: list[str]) -> Command:
    (command,) = commands(shlex.join(words))
    return command


def _literal(command: Command) -> list[str]:
    words = list(command.words)
    for each in command.arguments:
        words[each.word] = each.prefix
    return words


@pytest.mark.parametrize(
    ("line", "talks"),
    [
        ("vim cart.py", True), ("sudo -E nano /etc/hosts", True), ("less log", True),
        ("top", True), ("ssh host", True), ("ssh -v host", True), ("ssh host uptime", False),
        ("python", True), ("python3 -i", True), ("python cart.py", False), ("node -e 1", False),
        ("psql shop", True), ("psql shop -c 'select 1'", False), ("mysql -e 'show tables'", False),
        ("git rebase -i main", True), ("git rebase main", False), ("git add -p", True),
        ("docker run -it debian", True), ("docker run debian ls", False),
        ("kubectl exec -it web -- sh", True), ("nvim.sh", False),
    ],
)  # fmt: skip
def test_what_somebody_works_in(line: str, talks: bool) -> None:
    (command,) = commands(line)
    assert (command.why_not == judge.INTERACTIVE) is talks


def test_the_module_that_python_runs_is_no_option_of_what_follows() -> None:
    (command,) = commands("python -m json.tool in.json")
    assert [(each.value, each.option) for each in command.arguments] == [("in.json", "")]

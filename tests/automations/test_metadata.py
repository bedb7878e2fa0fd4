"""What scripts tell of themselves is read, or refused with a reason; nothing else happens."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.automations.generate import Templates, Unfit, generate
from understudy.automations.metadata import Fit, Flawed, read
from understudy.automations.pattern import (
    Create,
    Delete,
    Move,
    Occurrence,
    Parameter,
    Part,
    Place,
    Shape,
    Type,
)

from .patterns import FILE, TEST_OF_MODULE, pattern, run
from .scripts import draft, ours, perform

_SOURCE = draft(pattern(TEST_OF_MODULE, parameters=(FILE,), shape=Shape.FILES)).source
_FITTED = draft(
    replace(
        pattern(TEST_OF_MODULE, parameters=(FILE,), shape=Shape.FILES),
        when="/src/*.py",
        occurrences=(Occurrence(1_760_000_000.0, 30.0, {"file": "src/cart.py"}),),
    )
).source
_CRLF = _SOURCE.replace("\n", "\r\n")

FLAWED = [
    ("", "no block"),
    ("print()\n", "no block"),
    (_SOURCE.replace("# ///\n", "", 1), "no end"),
    (_SOURCE + _SOURCE, "two blocks"),
    (_SOURCE.replace("version = 1", "version = "), "in line 8"),
    (_SOURCE.replace("version = 1", 'version = "1"'), "Line 8: tool.understudy.version"),
    (_SOURCE.replace("version = 1", "version = true"), "Line 8: tool.understudy.version"),
    (_SOURCE.replace("version = 1", "version = 1\n# more = 2"), "Line 9: tool.understudy.more"),
    (_SOURCE.replace("# run = []", "# sudo = []"), "tool.understudy.permissions.sudo"),
    (_SOURCE.replace("# run = []", '# run = ["a b"]'), "tool.understudy.permissions.run"),
    (_SOURCE.replace("network = []", 'network = ["a b"]'), "is no host"),
    (_SOURCE.replace("network = []", 'network = ["*"]'), "is no host"),
    (_SOURCE.replace("tests/test_*.py", "../x"), "no glob below the workspace"),
    (_SOURCE.replace("tests/test_*.py", "/etc/*"), "no glob below the workspace"),
    (_SOURCE.replace("tests/test_*.py", "//etc"), "no glob below the workspace"),
    (_SOURCE.replace("tests/test_*.py", "/.."), "no glob below the workspace"),
    (_SOURCE.replace("tests/test_*.py", "/"), "no glob below the workspace"),
    (_SOURCE.replace('type = "path"', 'type = "code"'), "tool.understudy.parameters.0.type"),
    (_SOURCE.replace('name = "file"', 'name = "--x"'), "tool.understudy.parameters.0.name"),
    (_SOURCE.replace('name = "file"', 'name = "root"'), "an option 'root' of its own"),
    (_SOURCE.replace("[tool.understudy]", "[tool.other]"), "understudy.id: Field required"),
    (_SOURCE.replace("# seen = 4", f"# seen = {10**30}"), "tool.understudy.pattern.seen"),
    (_SOURCE.replace("# seen = 4", f"# seen = {'9' * 5_000}"), "cannot be read"),
    (_SOURCE.replace("# seen = 4", f"# x = {'[' * 30_000}"), "block"),
    (_SOURCE.replace("# seen = 4", "# x = 1\n" * 20_000 + "#"), "larger than"),
    (_SOURCE + " " * 1_000_000, "too large"),
    (_SOURCE.replace('type = "path"', 'type = "choice"'), "is a choice, and has no choices"),
    (_SOURCE.replace("tests/test_*.py", "{file.heart}"), "or no part 'heart' of it"),
    (_SOURCE.replace("tests/test_*.py", "{other}"), "no parameter 'other', or no part 'whole'"),
    *(  # else they take some 20 s to read
        (_SOURCE.replace("# seen = 4", text), "Line 15: a name of so many parts")
        for text in [
            f"# {'a.' * 30_000}a = 1",
            f"# [{'a.' * 30_000}a]",
            f"#  x = {{ {'a . ' * 15_000}a = 1 }}",
            f"""# {"'a'." * 15_000}a = 1""",
        ]
    ),
    *(
        (_FITTED.replace(old, new), why)
        for old, new, why in [
            ('takes = "file"', 'takes = "other"', "'other', which is no parameter"),
            ('["file", "stem"]', '["other", "stem"]', "follows from 'file' alone"),
            ('["file", "stem"]', '["file", "heart"]', "tool.understudy.offer.makes"),
            ('["file", "stem"]', "7", "tool.understudy.offer.makes"),
            ('makes = [["tests/', 'makes = [["../', "no path below the workspace"),
            ('makes = [["tests/', 'makes = [["/', "no path below the workspace"),
            ('fits = "/src/*.py"', "fits = 1", "tool.understudy.offer.fits"),
            ('file = "src/cart.py"', "file = 1", "tool.understudy.example.file"),
        ]
    ),
]


@pytest.mark.parametrize(("source", "why"), FLAWED, ids=range(len(FLAWED)))
def test_a_broken_block_is_refused_with_the_reason(source: str, why: str) -> None:
    with pytest.raises(Flawed, match=why):
        read(source)


def test_what_a_script_tells_of_where_it_fits() -> None:
    metadata = read(_FITTED)
    assert metadata.offer == Fit(
        fits="/src/*.py", takes="file", makes=(("tests/test_", Place("file", Part.STEM), ".py"),)
    )
    assert metadata.example == {"file": "src/cart.py"}
    assert (read(_SOURCE).offer, read(_SOURCE).example) == (None, {})


@pytest.mark.parametrize(
    ("parameter", "value", "told"),
    [
        (FILE, "src/cart.py", "src/cart.py"),
        (Parameter("word"), "two words", "two words"),
        (Parameter("password"), "hunter2-is-mine", None),
        (Parameter("word"), "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8", None),
        (Parameter("word"), "<secret>", None),
        (Parameter("word", Type.SECRET), "SHOP_KEY", None),
        (Parameter("word"), "x" * 2_001, None),
    ],
)
def test_no_example_has_a_secret_in_it(parameter: Parameter, value: str, told: str | None) -> None:
    seen = (Occurrence(1_760_000_000.0, 30.0, {parameter.name: value}),)
    step = Create((Place(parameter.name), ".txt"))
    made = draft(replace(pattern(step, parameters=(parameter,)), occurrences=seen))
    assert read(made.source).example.get(parameter.name) == told
    assert told or value not in made.source


def test_what_the_id_says() -> None:
    metadata = read(_SOURCE)
    assert not metadata.is_edited(_SOURCE)
    for old, new in [
        ("seen = 4", "seen = 5"),
        ("return 0", "return 1"),
        (f'id = "{metadata.pattern.id}"', 'id = "other"'),
    ]:
        changed = _SOURCE.replace(old, new, 1)
        assert changed != _SOURCE
        assert read(changed).is_edited(changed)
    assert read(_CRLF).parameters == metadata.parameters


@given(st.one_of(st.text(), st.binary().map(lambda raw: raw.decode("utf-8", "surrogateescape"))))
def test_any_block_is_read_or_flawed(text: str) -> None:
    block = "".join(f"# {line}\n" for line in text.split("\n"))
    for source in (text, f"# /// script\n{block}# ///\n", f"# /// script\n{text}\n# ///\n"):
        with pytest.raises(Flawed):
            read(source)


@given(st.data())
def test_any_damage_is_read_or_flawed(data: st.DataObject) -> None:
    end = _SOURCE.index('"""')
    start, stop = sorted(data.draw(st.tuples(st.integers(0, end), st.integers(0, end))))
    source = _SOURCE[:start] + data.draw(st.text(max_size=9)) + _SOURCE[stop:]
    try:
        read(source).is_edited(source)
    except Flawed:
        return


_HARD = st.sampled_from(
    ['"""', "'''", "\\", "{{", "}}", "{file}", "{% x %}", "\n", "\r", "# ///", "é"]
)
_TEXT = st.lists(st.one_of(_HARD, st.text(max_size=6)), max_size=5).map("".join)
_WORD = st.lists(
    st.one_of(_TEXT.filter(bool), st.sampled_from([Place("file", part) for part in Part])),
    min_size=1,
    max_size=3,
).map(tuple)
_STEP = st.one_of(
    st.builds(Create, _WORD, _WORD),
    st.builds(Move, _WORD, _WORD),
    st.builds(Delete, _WORD),
    st.lists(_TEXT, max_size=3).map(lambda words: run("tool", *words)),
    st.tuples(_TEXT, _TEXT).map(lambda each: run("sed", "-i", f"s/{each[0]}/{each[1]}/g", "a")),
    st.tuples(_TEXT, _TEXT).map(lambda each: run("curl", "-d", each[0], f"http://a/{each[1]}")),
)


@given(st.lists(_STEP, min_size=1, max_size=3), _TEXT, _TEXT)
def test_any_text_is_data_and_never_code(steps: list[object], default: str, identity: str) -> None:
    parameters = (Parameter("file", Type.TEXT, default, (default,)),)
    given_ = pattern(*steps, parameters=parameters, identity=identity)  # type: ignore[arg-type]
    try:
        made = draft(given_)
    except Unfit:
        return
    tree = ast.parse(made.source)
    values = {
        each.target.id: ast.literal_eval(each.value)
        for each in tree.body
        if isinstance(each, ast.AnnAssign)
        and isinstance(each.target, ast.Name)
        and each.target.id in ("PARAMETERS", "STEPS")
        and each.value
    }
    assert values["PARAMETERS"][0]["default"] == default
    metadata = read(made.source)
    assert (metadata.parameters[0].default, metadata.pattern.id) == (default, identity)
    assert not metadata.is_edited(made.source)
    written = [s for s in steps if isinstance(s, Create)]
    created = [s for s in values["STEPS"] if s["do"] == "create"]
    for step, told in zip(written, created, strict=True):
        content = "".join(told["content"]).replace("{{", "\1").replace("}}", "\2")
        plain = "".join(e for e in step.content if isinstance(e, str))
        assert set(plain.replace("{", "\1").replace("}", "\2")) <= set(content)


def test_a_name_that_is_no_name_is_refused() -> None:
    for name in ("", "A", "a b", "é", "a\n", "help", "__class__"):
        with pytest.raises(Unfit):
            draft(pattern(run("a", (Place(name),)), parameters=(Parameter(name),)))


def _folder(tmp_path: Path, manifest: str, **files: str) -> Path:
    (tmp_path / "manifest.yaml").write_text(manifest)
    for name, text in files.items():
        (tmp_path / f"{name}.jinja").write_text(text)
    return tmp_path


_OWN = "templates: [{name: mine, file: mine.jinja, steps: [run], programs: [git]}]"
_GIT = pattern(run("git", "push"))


def test_the_template_that_the_page_shows_comes_first(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs/templates.md").read_text("utf-8")
    [manifest] = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    [text] = re.findall(r"```jinja\n(.*?)```", page, re.DOTALL)
    templates, problems = Templates.load(_folder(tmp_path, manifest, release=text))
    assert problems == ()
    made = generate(_GIT, templates)
    assert made.template == "release"
    assert perform(made.source, tmp_path).stdout == "['git', 'push']\n"
    assert generate(pattern(run("make")), templates).template == "workflow"


@pytest.mark.parametrize(
    ("manifest", "text", "file", "line", "why"),
    [
        (_OWN, "a\n{% if %}\n", "mine.jinja", 2, "Expected"),
        (_OWN, "a\n{{ x | nothing }}\n", "mine.jinja", 2, "filter"),
        (_OWN.replace("mine.jinja", "../x"), "", "manifest.yaml", 0, "file"),
        (_OWN.replace("mine.jinja", "x.jinja"), "", "x.jinja", 0, "x.jinja"),
        ("a: [\n", "", "manifest.yaml", 2, "expected"),
        ("a: 1", "", "manifest.yaml", 0, "templates"),
        ("!!python/object/apply:os.getcwd []", "", "manifest.yaml", 1, "constructor"),
        ("\0", "", "manifest.yaml", 0, "special"),
    ],
)
def test_a_template_with_an_error_is_refused_and_others_go_on(
    manifest: str, text: str, file: str, line: int, why: str, tmp_path: Path
) -> None:
    templates, [problem] = Templates.load(_folder(tmp_path, manifest, mine=text))
    assert (problem.path.name, problem.line) == (file, line)
    assert why in problem.why
    assert generate(_GIT, templates).template == "workflow"


@pytest.mark.parametrize(
    "text",
    [
        "{{ missing }}",
        "no block of metadata",
        '{% include "parts/head.jinja" %}\n\ndef broken(:\n',
        "{{ ''.__class__.__mro__ }}",
        "{{ 1 / 0 }}",
    ],
)
def test_a_template_that_goes_wrong_makes_no_script(text: str, tmp_path: Path) -> None:
    templates, problems = Templates.load(_folder(tmp_path, _OWN, mine=text))
    assert problems == ()
    with pytest.raises(Unfit):
        generate(_GIT, templates)


def test_a_folder_that_is_not_there_is_told_of(tmp_path: Path) -> None:
    templates, [problem] = Templates.load(tmp_path / "missing")
    assert problem.path == tmp_path / "missing/manifest.yaml"
    assert generate(_GIT, templates).source == generate(_GIT, ours()).source

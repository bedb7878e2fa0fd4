"""Which tasks an event starts, and why; which rules are refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.triggers.changes import Changes, Debouncer, Kind, merged
from understudy.triggers.rules import (
    DEFAULTS,
    Event,
    On,
    Rule,
    Start,
    checked,
    describe,
    explain,
    schedules,
    starts,
    starts_by_clock,
)
from understudy.triggers.schedule import Run, cron

TASKS = {
    *("security_scan", "code_analysis", "performance_profile", "dependency_audit"),
    *("test_runner", "docs"),
}
NEW, OTHER, GONE = Kind.CREATED, Kind.MODIFIED, Kind.DELETED


def on(*events: On, paths: tuple[str, ...] = ()) -> Rule:
    return Rule("r", ("docs",), frozenset(events), paths)


BATCH: Changes = {"a.py": OTHER, "b.py": NEW, "in/c.js": NEW, "d.py": GONE}


@pytest.mark.parametrize(
    ("rule", "event", "files", "cause"),
    [
        (on(On.CHANGE), Event(On.CHANGE, BATCH), "a.py b.py in/c.js", "changed a.py and 2 more"),
        (on(On.CREATED), Event(On.CHANGE, BATCH), "b.py in/c.js", "created b.py and 1 more"),
        (on(On.DELETED), Event(On.CHANGE, BATCH), "d.py", "deleted d.py"),
        (on(On.CREATED, On.DELETED), Event(On.CHANGE, BATCH), "b.py d.py in/c.js", "changed b.py and 2 more"),
        (on(On.CHANGE, paths=("*.js",)), Event(On.CHANGE, BATCH), "in/c.js", "created in/c.js"),
        (on(On.CHANGE, paths=("*.py", "!b.py")), Event(On.CHANGE, BATCH), "a.py", "changed a.py"),
        (on(On.CHANGE, paths=("/c.js",)), Event(On.CHANGE, BATCH), None, "no file matches its paths (/c.js)"),
        (on(On.CHANGE), Event(On.CHANGE, {"d.py": GONE}), None, "no file matches it"),
        (on(On.SAVE), Event(On.CHANGE, BATCH), None, "it is for save"),
        (on(On.SAVE), Event(On.SAVE, {"app.py": OTHER}), "app.py", "saved app.py"),
        (on(On.SAVE, paths=("*.js",)), Event(On.SAVE, {"app.py": OTHER}), None, "no file matches its paths (*.js)"),
        (on(On.COMMIT), Event(On.COMMIT, {"app.py": OTHER}), "app.py", "committed app.py"),
        (on(On.COMMIT, paths=("*.py",)), Event(On.COMMIT), "", "committed"),
        (on(On.COMMIT, paths=("*.py",)), Event(On.COMMIT, {"a.js": OTHER}), None, "no file matches its paths (*.py)"),
        (on(On.PUSH), Event(On.PUSH, {"app.py": OTHER}), "app.py", "before a push"),
        (on(On.MERGE), Event(On.MERGE), "", "merged"),
        (on(On.START), Event(On.START), "", "at the start"),
        (on(On.IDLE), Event(On.IDLE), "", "while idle"),
        (on(On.IDLE), Event(On.START), None, "it is for idle"),
        (Rule("r", ("docs",), after=("test_runner",)), Event(On.AFTER_TASK, task="test_runner"), "", "after test_runner"),
        (Rule("r", ("docs",), after=("test_runner",)), Event(On.AFTER_TASK, task="docs"), None, "it does not wait for docs"),
        (on(On.START)._replace(enabled=False), Event(On.START), None, "it is switched off"),
    ],
)  # fmt: skip
def test_what_an_event_starts(rule: Rule, event: Event, files: str | None, cause: str) -> None:
    (explained,) = explain([rule], event)
    assert explained.why == cause
    assert starts([rule], event) == explained.starts
    if files is None:
        assert not explained.starts
    else:
        (start,) = explained.starts
        assert start[:3] == ("docs", "r", cause)
        assert " ".join(sorted(start.changes)) == files
        assert start.debounce == (1.0 if event.on is On.CHANGE else 0.0)


def test_every_task_of_a_rule_starts() -> None:
    rule = Rule("r", ("docs", "test_runner"), frozenset({On.START}))
    assert [start.task for start in starts([rule, rule], Event(On.START))] == [*rule.tasks] * 2


@pytest.mark.parametrize(
    ("event", "tasks"),
    [
        (Event(On.CHANGE, {"a.py": OTHER}), {"security_scan"}),
        (Event(On.SAVE, {"a.py": OTHER}), set()),
        (Event(On.COMMIT, {"a.py": OTHER}), {"code_analysis"}),
        (Event(On.PUSH), {"test_runner"}),
        (Event(On.AFTER_TASK, task="test_runner"), {"performance_profile"}),
        (Event(On.AFTER_TASK, task="performance_profile"), set()),
    ],
)
def test_the_defaults(event: Event, tasks: set[str]) -> None:
    assert {start.task for start in starts(DEFAULTS, event)} == tasks


def test_the_defaults_are_sound_and_have_their_times() -> None:
    assert checked(DEFAULTS, TASKS) == (DEFAULTS, ())
    assert {name: each.text for name, each in schedules(DEFAULTS).items()} == {
        "security-while-working": "every 30m of activity",
        "security-daily": "every 1d",
    }
    (on_change,) = (rule for rule in DEFAULTS if rule.name == "tests-on-change")
    event = Event(On.CHANGE, {"a.py": OTHER})
    assert [start.task for start in starts([on_change._replace(enabled=True)], event)] == [
        "test_runner"
    ]


@pytest.mark.parametrize(
    ("path", "audits"),
    [
        ("requirements.txt", True),
        ("sub/dev-requirements.txt", True),
        ("sub/requirements/dev.txt", True),
        ("a/uv.lock", True),
        ("a/pylock.dev.toml", True),
        ("web/package-lock.json", True),
        ("web/tsconfig.json", False),
        ("notes.txt", False),
        ("app.py", False),
    ],
)
def test_audits_start_by_themselves_only_where_that_is_switched_on(path: str, audits: bool) -> None:
    event = Event(On.CHANGE, {path: OTHER})
    assert "dependency_audit" not in {start.task for start in starts(DEFAULTS, event)}
    assert "audit-daily" not in schedules(DEFAULTS)
    switched_on = [rule._replace(enabled=True) for rule in DEFAULTS if "audit" in rule.name]
    assert {start.task for start in starts(switched_on, event)} == (
        {"dependency_audit"} if audits else set()
    )
    assert list(schedules(switched_on)) == ["audit-daily"]


@pytest.mark.parametrize(
    ("late", "cause"),
    [(0, "rule nightly (0 9 * * *)"), (59, "rule nightly (0 9 * * *)"), (3_600, "rule nightly (0 9 * * *, made up)")],
)  # fmt: skip
def test_what_the_clock_starts(late: float, cause: str) -> None:
    rule = Rule("nightly", ("docs",), cron="0 9 * * *")
    run = Run("nightly", cron("0 9 * * *"), 1_000.0, 1_000.0 + late)
    assert starts_by_clock([rule, *DEFAULTS], run) == (Start("docs", "nightly", cause),)
    assert starts_by_clock([rule._replace(enabled=False)], run) == ()


# ── refused ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (Rule("r", ()), "it names no task"),
        (Rule("r", ("lint",), frozenset({On.SAVE})), "there is no task 'lint'"),
        (Rule("r", ("docs",), after=("lint",)), "there is no task 'lint'"),
        (Rule("r", ("docs",)), "nothing starts it: give it on, cron, every or after"),
        (Rule("r", ("docs",), frozenset({On.AFTER_TASK})), "afterTask needs after, the tasks"),
        (Rule("r", ("docs",), cron="0 9 * * *", every="1d"), "cron or every, not both"),
        (Rule("r", ("docs",), every="1d", timezone="UTC"), "a timezone is of use only with cron"),
        (Rule("r", ("docs",), cron="0 25 * * *"), "the hour of the cron expression"),
        (Rule("r", ("docs",), cron="0 9 * * *", timezone="Nowhere"), "no time zone 'Nowhere'"),
        (Rule("r", ("docs",), every="soon"), "'soon' is no interval"),
        (Rule("r", ("docs",), frozenset({On.SAVE}), paths=("!",)), "its paths are no patterns"),
        (Rule("r", ("docs",), after=("docs",)), "would start each other: docs → docs"),
    ],
)
def test_a_rule_that_is_refused(rule: Rule, words: str) -> None:
    fine = Rule("fine", ("docs",), frozenset({On.START}))
    rules, (problem,) = checked([rule, fine], TASKS)
    assert rules == (fine,)
    assert str(problem).startswith("rule r: ")
    assert words in problem.why


def after(name: str, ended: str, task: str) -> Rule:
    return Rule(name, (task,), after=(ended,))


def test_rules_that_start_each_other_are_refused_by_name() -> None:
    circle = [
        after("one", "docs", "test_runner"),
        after("two", "test_runner", "code_analysis"),
        after("three", "code_analysis", "docs"),
    ]
    rest = [after("four", "docs", "security_scan"), after("five", "security_scan", "security_scan")]
    sound, problems = checked([*circle, *rest], TASKS)
    assert [rule.name for rule in sound] == ["four"]
    assert {problem.rule for problem in problems} == {"one", "two", "three", "five"}
    assert all(
        {"docs", "test_runner", "code_analysis"} == set(problem.why.split(": ")[1].split(" → "))
        for problem in problems
        if problem.rule != "five"
    )


def test_a_rule_that_is_switched_off_closes_no_circle() -> None:
    rules = [
        after("one", "docs", "test_runner"),
        after("two", "test_runner", "docs")._replace(enabled=False),
    ]
    assert checked(rules, TASKS) == (tuple(rules), ())


def test_a_name_that_is_taken() -> None:
    rule = Rule("r", ("docs",), frozenset({On.START}))
    assert checked([rule, rule], TASKS) == ((rule,), (("r", "", "its name is taken by another"),))


@given(
    st.lists(st.tuples(st.sampled_from(sorted(TASKS)), st.sampled_from(sorted(TASKS))), max_size=12)
)
def test_no_rules_that_are_sound_ever_loop(edges: list[tuple[str, str]]) -> None:
    rules = [after(f"r{n}", *edge) for n, edge in enumerate(edges)]
    sound, problems = checked(rules, TASKS)
    assert len(sound) + len(problems) == len(rules)
    ahead = [(task, 0) for task in TASKS]
    while ahead:
        task, depth = ahead.pop()
        assert depth < len(TASKS), "a task starts itself again"
        event = Event(On.AFTER_TASK, task=task)
        ahead += {(start.task, depth + 1) for start in starts(sound, event)}


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (on(On.SAVE, On.CHANGE, paths=("*.py", "*.js")), "change, save of *.py, *.js"),
        (Rule("r", ("docs",), cron="0 9 * * *", timezone="UTC"), "0 9 * * * UTC"),
        (Rule("r", ("docs",), every="30m of activity"), "every 30m of activity"),
        (Rule("r", ("docs",), frozenset({On.AFTER_TASK, On.START}), after=("a", "b")), "start, after a, b"),
    ],
)  # fmt: skip
def test_describe(rule: Rule, words: str) -> None:
    assert describe(rule) == words


# ── changes ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("first", "second", "both"),
    [
        (NEW, NEW, NEW),
        (NEW, OTHER, NEW),
        (NEW, GONE, None),
        (OTHER, OTHER, OTHER),
        (OTHER, GONE, GONE),
        (GONE, NEW, OTHER),
        (GONE, GONE, GONE),
    ],
)
def test_two_changes_of_a_file(first: Kind, second: Kind, both: Kind | None) -> None:
    one, two = {"a": first, "x": NEW}, {"a": second, "y": GONE}
    expected = {"x": NEW, "y": GONE} | ({"a": both} if both else {})
    assert merged(one, two) == expected


def test_a_task_waits_until_its_changes_have_ceased() -> None:
    debouncer = Debouncer()
    debouncer.add("tests", {"a": OTHER}, now=0.0)
    debouncer.add("scan", {"a": OTHER}, now=0.0, quiet=0.2)
    debouncer.add("tests", {"b": NEW}, now=0.9)
    assert debouncer.next_ready() == 0.2
    assert debouncer.ready(0.5) == {"scan": {"a": OTHER}}
    assert debouncer.ready(1.8) == {}
    assert debouncer.next_ready() == 1.9
    assert debouncer.ready(1.9) == {"tests": {"a": OTHER, "b": NEW}}
    assert debouncer.next_ready() is None


def test_changes_that_never_cease_do_not_hold_up_a_task() -> None:
    debouncer = Debouncer()
    ready = []
    for n in range(400):
        debouncer.add("t", {"a": OTHER}, n / 10)
        if debouncer.ready(n / 10):
            ready.append(n)
    assert ready == [100, 201, 302]


def test_what_came_and_went_starts_nothing() -> None:
    debouncer = Debouncer()
    debouncer.add("t", {"a": NEW}, 0.0)
    debouncer.add("t", {"a": GONE}, 0.5)
    assert debouncer.next_ready() is None
    debouncer.add("t", {"a": NEW}, 1.0)
    debouncer.forget(["t", "other"])
    assert debouncer.ready(9.0) == {}

"""What is wrong with rules, at the place where they are written."""

from __future__ import annotations

from pathlib import Path

import pytest

from understudy.app.folder.rules import need_problems, rule_problems
from understudy.model import Severity
from understudy.settings import Layer, Origin, load

PROJECT = Path("/project/.understudy/config.yaml")
USER = Path("/home/config.yaml")


def told(*layers: Layer, trusted: bool = True) -> list[tuple[Path | None, str, str]]:
    """File, place as people count, and words."""
    loaded = load(layers, trusted=trusted)
    assert not [problem for problem in loaded.problems if problem.severity >= Severity.HIGH]
    found = [*rule_problems(loaded), *need_problems(loaded)]
    assert all(problem.severity is Severity.MEDIUM for problem in found)
    return [
        (p.path, f"{p.range.start.line + 1}:{p.range.start.column + 1}", p.message) for p in found
    ]


def rule(*lines: str) -> str:
    return "\n".join(
        ["triggers:", "  rules:", "    nightly:", *(f"      {line}" for line in lines)]
    )


def tasks(**own: str) -> str:
    """A file with these tasks, from line 3 on."""
    return "\n".join(
        ["tasks:", "  custom:", *(f"    {name}: {each}" for name, each in own.items())]
    )


SCAN = "tasks: [security_scan]"
ASKING = '{command: [ship, "${{ to }}"]}'


@pytest.mark.parametrize(
    ("text", "place", "why"),
    [
        (rule("tasks: [nope]", "on: [save]"), "4:14", "there is no task 'nope'"),
        (rule(SCAN, "after: nope"), "5:14", "there is no task 'nope'"),
        (rule(SCAN, "after: security_scan"), "5:14", "would start each other: security_scan → "),
        (rule(SCAN, "cron: 61 * * * *"), "5:13", "the minute of the cron expression"),
        (rule(SCAN, "cron: 0 0 30 2 *"), "5:13", "the day of month of the cron expression"),
        (rule(SCAN, "every: 1s"), "5:14", "at least 10s"),
        (rule(SCAN, "every: 1h", "timezone: UTC"), "6:17", "only with cron"),
        (rule(SCAN), "3:5", "nothing starts it"),
        (rule(SCAN, 'on: [save]', 'paths: ["!"]'), "6:14", "its paths are no patterns"),
        ("triggers:\n  securityDaily: 0 25 * * *", "2:18", "the hour of the cron expression"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_at_its_place(text: str, place: str, why: str) -> None:
    ((path, at, message),) = told(Layer(Origin.PROJECT, text, PROJECT))
    assert (path, at) == (PROJECT, place)
    assert message.startswith("The rule `")
    assert why in message


@pytest.mark.parametrize(
    ("text", "places", "why"),
    [
        (tasks(ship="{command: [a], needs: [nope]}"), ["3:33"], "no task 'nope', which 'ship' needs"),
        (
            tasks(a="{command: [a], needs: [b]}", b="{command: [b], needs: [a]}"),
            ["3:30", "4:30"],
            "these tasks need each other: ",
        ),
        (
            tasks(ship=ASKING, all="{command: [a], needs: [ship]}"),
            ["4:32"],
            "The task `all` cannot run: it needs ship, whose parameter to has no default.",
        ),
        (
            tasks(ship=ASKING[:-1] + ", when: [save]}"),
            ["3:48"],
            "Nothing but a person starts the task `ship`: ship has a parameter without a default",
        ),
        (
            tasks(ship=ASKING) + "\n" + rule("tasks: [ship]", "on: [save]"),
            ["7:14"],
            "The rule `nightly` has no effect: ship has a parameter without a default",
        ),
    ],
)  # fmt: skip
def test_what_tasks_lack_is_told_where_it_is_needed(text: str, places: list[str], why: str) -> None:
    found = told(Layer(Origin.PROJECT, text, PROJECT))
    assert [place for _, place, _ in found] == places
    assert all(why in message for _, _, message in found)


@pytest.mark.parametrize(
    "text",
    [
        tasks(ship=ASKING[:-1] + ", parameters: {to: here}, when: [save]}"),
        tasks(ship='{command: [ship, "${{ files }}", "${{ root }}"], when: [save]}'),
        tasks(ship=ASKING, scan="{command: [a], needs: [security_scan]}"),
        rule(SCAN, "cron: 0 9 29 2 *", "timezone: Europe/Berlin"),
        rule(SCAN, "every: 30m of activity"),
        rule("tasks: [nope]", "on: [save]") + "\n  enabled: false",
        rule("tasks: [mine]", "on: [save]") + "\ntasks: {custom: {mine: {command: [true]}}}",
        "triggers:\n  securityDaily: ''",
    ],
)
def test_what_is_right_is_not_told_of(text: str) -> None:
    assert told(Layer(Origin.PROJECT, text.replace("[true]", '["true"]'), PROJECT)) == []


def test_a_task_that_does_not_count_for_want_of_trust_is_told_of_once() -> None:
    text = rule("tasks: [mine]", "on: [save]") + '\ntasks: {custom: {mine: {command: ["true"]}}}'
    assert told(Layer(Origin.PROJECT, text, PROJECT), trusted=False) == []


def test_it_is_told_in_the_file_that_counts() -> None:
    wrong, right = rule("tasks: [nope]", "on: [save]"), rule(SCAN, "on: [save]")
    user, project = (Layer(Origin.USER, wrong, USER), Layer(Origin.PROJECT, right, PROJECT))
    assert told(user, project) == []
    assert [path for path, _, _ in told(user)] == [USER]
    editor = Layer(Origin.EDITOR, {"triggers": {"rules": {"nightly": {"tasks": ["nope"]}}}})
    assert [path for path, _, _ in told(user, project, editor)] == [None]


def test_a_rule_that_comes_with_the_program_is_nobodys_mistake() -> None:
    text = rule("tasks: [test_runner]", "after: performance_profile")
    ((_, at, message),) = told(Layer(Origin.PROJECT, text, PROJECT))
    assert at == "5:14"
    assert "`nightly`" in message

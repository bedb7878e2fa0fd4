"""Settings of the task engine: its budget, the tasks that come with it, and the user's own."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Literal

from .group import RUNS, About, Group

Importance = Literal["low", "medium", "high", "critical"]
Metric = Literal["executionTime", "successRate", "resourceUsage", "queueLength", "concurrency"]
Occasion = Literal["completion", "issues", "failures", "highCounts", "timeouts"]
When = Literal["save", "commit", "push", "merge", "start", "idle"]

Enabled = Annotated[bool, About("Whether this task runs.")]
Priority = Annotated[Importance, About("What it is worth when several tasks wait.")]
Notify = Annotated[tuple[Occasion, ...], About("What of its runs is told.")]
NOTIFY: tuple[Occasion, ...] = ("issues", "failures", "timeouts")
NO_TEXTS: Mapping[str, str] = MappingProxyType({})


class IssueTask(Group):
    """A task that comes with the program and counts issues."""

    enabled: Enabled = True
    priority: Priority = "medium"
    notify: Notify = NOTIFY
    high_count: Annotated[
        int,
        About("How many issues are a high count, which `highCounts` tells of.", ge=1, le=100_000),
    ] = 20


class TestRunner(Group):
    enabled: Enabled = True
    priority: Priority = "high"
    notify: Notify = NOTIFY
    command: Annotated[
        tuple[str, ...],
        About(
            "The command that runs the tests, word by word; `${{ files }}` or `${{ ids }}` alone "
            "stands for those that are asked for. Empty: found by the project's files.",
            trusted_only=RUNS,
        ),
    ] = ()
    report: Annotated[
        str,
        About("The JUnit XML that `command` writes. Empty: junit.xml, if there is one."),
    ] = ""
    matcher: Annotated[
        str,
        About(
            "How failures are found in what `command` prints, where it writes no report: the name "
            "of a problem matcher or a regular expression. Empty: as TAP, or by its exit status.",
            form="expression",
        ),
    ] = ""
    interpreter: Annotated[
        str,
        About(
            "The Python interpreter that runs pytest and unittest. Empty: that of the workspace's "
            "environment (.venv, venv), of the active one, or the first on the PATH.",
            trusted_only=RUNS,
        ),
    ] = ""
    code_lens: Annotated[bool, About("Offer to run each test above it, as code lenses.")] = True
    on_change: Annotated[bool, About("Run the tests that a changed file affects.")] = False
    on_push: Annotated[bool, About("Run the tests before a push, with the hook installed.")] = True


class Question(Group):
    """What an editor asks when a parameter has no default."""

    text: Annotated[str, About("The question. Empty: the parameter's name.")] = ""
    type: Annotated[Literal["text", "number", "boolean"], About("What the answer has to be.")] = (
        "text"
    )
    choices: Annotated[tuple[str, ...], About("The answers to choose from. Empty: any.")] = ()


class CustomTask(Group):
    """``retries`` -1 and ``timeout_seconds`` 0: as ``tasks`` has them."""

    command: Annotated[
        tuple[str, ...],
        About("The program and its arguments, word by word; no shell reads them."),
    ]
    cwd: Annotated[str, About("The folder to run in, below the workspace. Empty: its root.")] = ""
    env: Annotated[
        Mapping[str, str], About("Environment variables that are set besides those inherited.")
    ] = NO_TEXTS
    parameters: Annotated[
        Mapping[str, str], About("Parameters of the command, each with its default.")
    ] = NO_TEXTS
    ask: Annotated[
        Mapping[str, Question],
        About(
            "How to ask for parameters; for those without default an editor asks, and the command "
            "line wants them."
        ),
    ] = MappingProxyType({})
    matcher: Annotated[
        str,
        About(
            "How problems are found in its output: the name of a problem matcher or a regular "
            "expression. Empty: not at all.",
            form="expression",
        ),
    ] = ""
    needs: Annotated[tuple[str, ...], About("Tasks that must have succeeded before.")] = ()
    inputs: Annotated[tuple[str, ...], About("Files that it reads, as .gitignore patterns.")] = ()
    outputs: Annotated[
        tuple[str, ...],
        About("Files that it writes, as .gitignore patterns. Tasks that read them run after it."),
    ] = ()
    when: Annotated[tuple[When, ...], About("What starts it, besides a person.")] = ()
    repeatable: Annotated[
        bool,
        About("Run it again after a crash without asking: a second run does no harm."),
    ] = False
    timeout_seconds: Annotated[
        float,
        About("Seconds after which it is stopped. 0: `tasks.timeoutSeconds`.", ge=0, le=604_800),
    ] = 0
    retries: Annotated[
        int,
        About("How often a passing failure is tried again. -1: `tasks.retries`.", ge=-1, le=20),
    ] = -1
    priority: Priority = "low"
    notify: Notify = NOTIFY
    sandbox: Annotated[
        bool,
        About(
            "Whether it runs in the sandbox: it changes nothing, and what it would change is kept "
            "to be looked at and applied (`understudy sandbox list`)."
        ),
    ] = False
    sandbox_network: Annotated[
        tuple[str, ...],
        About(
            "Hosts that it may reach in the sandbox: HOST, *.HOST or HOST:PORT. Empty: no network."
        ),
    ] = ()
    sandbox_write: Annotated[
        tuple[str, ...],
        About(
            "What it may change in the sandbox, as patterns of paths; with any other change it "
            "fails. Empty: all."
        ),
    ] = ()


class Tasks(Group):
    max_concurrent: Annotated[int, About("How many tasks run at once, at most.", ge=1, le=64)] = 5
    max_queued: Annotated[
        int,
        About(
            "How many tasks wait, at most; beyond that the least urgent is dropped, and told.",
            ge=10,
            le=100_000,
        ),
    ] = 1_000
    max_cpu_percent: Annotated[
        int,
        About("What all tasks together may take of the processors, in percent.", ge=5, le=100),
    ] = 50
    max_memory_mb: Annotated[
        int,
        About("What all tasks together may take of memory, in MiB.", ge=128, le=1_048_576),
    ] = 2_048
    timeout_seconds: Annotated[
        float, About("Seconds after which a task is stopped.", ge=1, le=604_800)
    ] = 3_600
    scan_timeout_seconds: Annotated[
        float, About("Seconds after which a security scan is stopped.", ge=1, le=604_800)
    ] = 600
    retries: Annotated[
        int, About("How often a task is tried again after a passing failure.", ge=0, le=20)
    ] = 3
    retry_delay_seconds: Annotated[
        float,
        About("Seconds before the first new try; each further one waits longer.", ge=0, le=3_600),
    ] = 10
    checkpoint_every: Annotated[
        int,
        About("After so many actions a long task saves how far it is.", ge=1, le=10_000),
    ] = 10
    keep_results_days: Annotated[int, About("Days for which results are kept.", ge=1, le=3_650)] = 7
    keep_metrics_days: Annotated[int, About("Days for which metrics are kept.", ge=1, le=3_650)] = (
        30
    )
    metrics: Annotated[tuple[Metric, ...], About("What is measured and kept.")] = (
        "executionTime",
        "successRate",
        "resourceUsage",
        "queueLength",
        "concurrency",
    )
    on_battery: Annotated[bool, About("Run low-priority work on battery.")] = False
    while_typing: Annotated[bool, About("Run low-priority work while you type.")] = False
    security_scan: IssueTask = IssueTask(priority="critical")
    code_analysis: IssueTask = IssueTask()
    performance_profile: IssueTask = IssueTask(priority="low")
    dependency_audit: IssueTask = IssueTask(priority="critical")
    test_runner: TestRunner = TestRunner()
    custom: Annotated[
        Mapping[str, CustomTask],
        About("Tasks of your own, by name.", trusted_only=RUNS),
    ] = MappingProxyType({})

    @property
    def names(self) -> frozenset[str]:
        """Of all tasks, those that are switched off included."""
        own = (name for name, value in vars(self).items() if isinstance(value, Group))
        return frozenset((*own, *self.custom))

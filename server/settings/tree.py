"""Every setting: one immutable tree, with what a person has to know about each.

The JSON schema, the VS Code section and docs/settings.md are generated from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from ..disk import LARGEST_FILE
from ..model import Level
from .analyzers import Analyzers, Kingfisher, OptionalTool, Semgrep, TypeChecker
from .audit import Audit
from .complexity import Complexity
from .eslint import Eslint
from .fixes import Fixes
from .forms import OFF
from .group import RUNS, About, Group
from .learning import Activity, Automations
from .notifications import Notifications
from .profile import Profile
from .pylint import Pylint
from .resources import Resources
from .results import Results
from .secrets import Secrets
from .tasks import Tasks
from .triggers import Hooks, Triggers


class Analysis(Group):
    on_save: Annotated[bool, About("Analyse a file when it is saved.")] = True
    on_idle: Annotated[
        bool,
        About("Analyse the unsaved text while typing pauses, so that a save finds the answer."),
    ] = True
    idle_delay_ms: Annotated[
        int, About("Milliseconds without typing that count as a pause.", ge=50, le=60_000)
    ] = 400
    debounce_ms: Annotated[
        int,
        About("Milliseconds in which several saves of one file count as one.", ge=0, le=10_000),
    ] = 150
    max_file_bytes: Annotated[
        int,
        About("Larger files are not analysed, and are named as such.", ge=1_000, le=LARGEST_FILE),
    ] = 1_000_000
    only_changed: Annotated[
        str,
        About(
            "Editors show findings on lines that were not changed since this revision as known,"
            " which baseline.show says how: HEAD, a branch, a tag, a commit, or main... for where"
            " main and HEAD parted; off: none are.",
            form="revision",
        ),
    ] = OFF
    exclude: Annotated[
        tuple[str, ...],
        About("Files and folders that are not analysed, as .gitignore patterns."),
    ] = ()
    leave_out: Annotated[
        tuple[Literal["generated", "minified", "vendored"], ...],
        About(
            "What people did not write and is not analysed either: generated files (a comment at"
            " the top says so), minified scripts, folders of others' code (_vendor, third_party,"
            " bower_components and the like). `understudy scan --left-out` lists what is left out."
        ),
    ] = ("generated", "minified", "vendored")
    asserts_in_tests: Annotated[
        bool,
        About(
            "Tell of `assert` in tests, too (tests/, test_*.py, *_test.py, conftest.py): B101 of"
            " Bandit, S101 of Ruff."
        ),
    ] = False


class Ruff(Group):
    enabled: Annotated[bool, About("Run Ruff.")] = True
    path: Annotated[
        str,
        About(
            "The Ruff executable. Empty: the one installed with the server.",
            trusted_only=RUNS,
        ),
    ] = ""


class Bandit(Group):
    enabled: Annotated[bool, About("Run Bandit.")] = True
    interpreter: Annotated[
        str,
        About(
            "The Python interpreter that runs Bandit, which reads only the syntax of the Python "
            "it runs on. Empty: the server's own.",
            trusted_only=RUNS,
        ),
    ] = ""
    timeout_seconds: Annotated[
        float, About("Seconds after which Bandit is stopped on one file.", ge=0.1, le=600)
    ] = 30


class SeverityLevels(Group):
    critical: Annotated[Level, About("How a critical finding is shown.")] = "error"
    high: Annotated[Level, About("How a high finding is shown.")] = "error"
    medium: Annotated[Level, About("How a medium finding is shown.")] = "warning"
    low: Annotated[Level, About("How a low finding is shown.")] = "information"
    info: Annotated[Level, About("How an informative finding is shown.")] = "hint"


class Baseline(Group):
    show: Annotated[
        Literal["all", "hint", "hidden"],
        About(
            "How findings that the baseline (.understudy/baseline.json) has are shown: as all "
            "others, as hints, or not at all."
        ),
    ] = "hint"


class Rules(Group):
    ignore: Annotated[
        tuple[str, ...],
        About(
            "Rules whose findings are not shown, by their codes, such as B101; also with where, "
            "how long and why: B101 in tests/ until 2026-03-01 -- why.",
            form="ignored",
        ),
    ] = ()


class Log(Group):
    level: Annotated[
        Literal["error", "warning", "info", "debug"],
        About("How much the server writes to its log.", scope="window"),
    ] = "info"


class Settings(Group):
    analysis: Analysis = Analysis()
    ruff: Ruff = Ruff()
    bandit: Bandit = Bandit()
    eslint: Eslint = Eslint()
    complexity: Complexity = Complexity()
    audit: Audit = Audit()
    secrets: Secrets = Secrets()
    pylint: Pylint = Pylint()
    zizmor: OptionalTool = OptionalTool()
    shellcheck: OptionalTool = OptionalTool()
    hadolint: OptionalTool = OptionalTool()
    mypy: TypeChecker = TypeChecker()
    ty: TypeChecker = TypeChecker()
    semgrep: Semgrep = Semgrep()
    kingfisher: Kingfisher = Kingfisher()
    analyzers: Analyzers = Analyzers()
    severity: SeverityLevels = SeverityLevels()
    baseline: Baseline = Baseline()
    rules: Rules = Rules()
    results: Results = Results()
    fixes: Fixes = Fixes()
    tasks: Tasks = Tasks()
    triggers: Triggers = Triggers()
    hooks: Hooks = Hooks()
    notifications: Notifications = Notifications()
    activity: Activity = Activity()
    automations: Automations = Automations()
    resources: Resources = Resources()
    profile: Profile = Profile()
    log: Log = Log()

    @staticmethod
    def of(values: Mapping[str, object]) -> Settings:
        """The tree with frozen ``values`` (by key, ``analysis.onSave``) over the defaults."""
        from .options import over  # what a tree means: only when one is read

        chosen: Settings = over(Settings(), values)
        return chosen

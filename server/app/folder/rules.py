"""The rules of a workspace: those that come with the program, as the settings have them, and the
user's own. What is wrong with them, and with what the user's tasks need."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from ...runner.graph import GraphError, Node, closure
from ...settings import ConfigProblem, Loaded, Settings
from ...settings.triggers import Rule as OwnRule
from ...tasks.audits import NAME as AUDIT
from ...tasks.custom import parameters_of
from ...tasks.scans import scan_names
from ...tasks.test_runs import NAME as TESTS
from ...triggers.rules import DEFAULTS, Checked, On, Rule, checked


def rules_of(settings: Settings, tasks: Collection[str], automated: Sequence[Rule] = ()) -> Checked:
    """The rules that come with the program, as the settings have them, and the user's own;
    ``automated``: those of automations."""
    own = settings.triggers
    runner = settings.tasks.test_runner
    switched = {
        "security-on-change": own.security_on_change,
        "security-while-working": own.security_every_minutes > 0,
        "security-daily": bool(own.security_daily),
        "audit-daily": own.audit_daily,
        "audit-on-change": own.audit_on_change,
        "quality-on-commit": own.quality_on_commit,
        "tests-on-change": runner.on_change,
        "tests-before-push": runner.on_push,
    }
    rules = [
        rule._replace(
            enabled=switched.get(rule.name, rule.enabled), debounce=own.debounce_ms / 1000
        )
        for rule in DEFAULTS
        if set(rule.tasks) <= set(tasks)
    ]
    rules = [_timed(rule, settings) for rule in rules]
    rules += [_own(name, rule, own.debounce_ms) for name, rule in own.rules.items()]
    rules += [
        Rule(f"{name}{_ITS_OWN}", (name,), frozenset(map(On, task.when)))
        for name, task in settings.tasks.custom.items()
        if task.when
    ]
    rules += automated
    return checked(rules if own.enabled else (), tasks, _asking(settings))


def _asking(settings: Settings) -> dict[str, str]:
    """The tasks that only a person can start, each with the parameter that it has no value for."""
    lacking = {
        name: [each.name for each in parameters_of(task) if each.default is None]
        for name, task in settings.tasks.custom.items()
    }
    return {name: parameters[0] for name, parameters in lacking.items() if parameters}


def _timed(rule: Rule, settings: Settings) -> Rule:
    own = settings.triggers
    if rule.name == "security-while-working" and own.security_every_minutes:
        return rule._replace(every=f"{own.security_every_minutes}m of activity")
    if rule.name == "security-daily" and own.security_daily:
        return rule._replace(every="", cron=own.security_daily)
    return rule


def _own(name: str, rule: OwnRule, debounce_ms: int) -> Rule:
    return Rule(
        name,
        rule.tasks,
        frozenset(map(On, rule.on)),
        rule.paths,
        rule.cron,
        rule.every,
        rule.timezone,
        (rule.after,) if rule.after else (),
        rule.enabled,
        debounce_ms / 1000,
    )


_ITS_OWN = " (its own)"
_DAILY = ("triggers", "securityDaily")
_CUSTOM = ("tasks", "custom")


def rule_problems(loaded: Loaded) -> Iterator[ConfigProblem]:
    """What is wrong with the rules, where they are written. Imports what reads cron expressions."""
    settings = loaded.settings
    for rule, field, why in rules_of(settings, _names(loaded)).flaws:
        told = f"The rule `{rule}` has no effect: {why}."
        if rule in settings.triggers.rules:
            found = loaded.problem(("triggers", "rules", rule), field, told)
        elif rule == "security-daily":
            found = loaded.problem(_DAILY, field, told)
        else:
            name = rule.removesuffix(_ITS_OWN)
            told = f"Nothing but a person starts the task `{name}`: {why}."
            found = loaded.problem((*_CUSTOM, name), "when", told)
        if found:
            yield found


def need_problems(loaded: Loaded) -> Iterator[ConfigProblem]:
    """What is wrong with what tasks need, where it is written."""
    own = loaded.settings.tasks.custom
    nodes = {name: Node(name) for name in _names(loaded)}
    nodes |= {name: Node(name, t.needs, t.inputs, t.outputs) for name, t in own.items()}
    asking = _asking(loaded.settings)
    for name in own:
        try:
            needs = closure(nodes, [name])
        except GraphError as error:
            why = str(error)
        else:
            asked = [each for each in needs if each in asking and each != name]
            if not asked:
                continue
            why = f"it needs {asked[0]}, whose parameter {asking[asked[0]]} has no default"
        told = f"The task `{name}` cannot run: {why}."
        if found := loaded.problem((*_CUSTOM, name), "needs", told):
            yield found


def _names(loaded: Loaded) -> set[str]:
    """Of all tasks, also of those that do not count for want of trust, of which more is told
    elsewhere."""
    own = loaded.settings.tasks
    names = {*scan_names(own), *((TESTS,) if own.test_runner.enabled else ())}
    if own.dependency_audit.enabled:
        names.add(AUDIT)
    for source in loaded.sources:
        names.update(source.names(_CUSTOM))
        if source.path:  # an automation is a task once it is active, which the files do not tell
            names.update(e.stem for e in source.path.parent.glob("automations/*.py"))
    return names

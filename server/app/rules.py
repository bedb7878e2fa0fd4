"""The rules of a workspace: those that come with the program, as the settings have them, and the
user's own."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from ..settings import ConfigProblem, Loaded, Settings
from ..settings.triggers import Rule as OwnRule
from ..tasks.scans import scan_names
from ..tasks.test_runs import NAME as TESTS
from ..triggers.rules import DEFAULTS, Checked, On, Rule, checked


def rules_of(settings: Settings, tasks: Collection[str]) -> Checked:
    """The rules that come with the program, as the settings have them, and the user's own."""
    own = settings.triggers
    runner = settings.tasks.test_runner
    switched = {
        "security-on-change": own.security_on_change,
        "security-while-working": own.security_every_minutes > 0,
        "security-daily": bool(own.security_daily),
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
        Rule(f"{name} (its own)", (name,), frozenset(map(On, task.when)))
        for name, task in settings.tasks.custom.items()
        if task.when
    ]
    return checked(rules if own.enabled else (), tasks)


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


_DAILY = ("triggers", "securityDaily")
_CUSTOM = ("tasks", "custom")


def rule_problems(loaded: Loaded) -> Iterator[ConfigProblem]:
    """What is wrong with the rules, where they are written. Imports what reads cron expressions."""
    settings = loaded.settings
    names = {*scan_names(settings.tasks), *((TESTS,) if settings.tasks.test_runner.enabled else ())}
    for source in loaded.sources:
        names.update(source.names(_CUSTOM))  # of those that do not count, more is told elsewhere
    for rule, field, why in rules_of(settings, names).flaws:
        own = rule in settings.triggers.rules
        if own or rule == "security-daily":
            entry = ("triggers", "rules", rule) if own else _DAILY
            told = f"The rule `{rule}` has no effect: {why}."
            if found := loaded.problem(entry, field, told):
                yield found

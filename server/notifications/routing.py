"""Which channels a notice goes to, and when. Pure: state and time go in and come out.

For each channel: what was told already is counted, not told again; more than a minute's allowance
waits and becomes one digest; so does what comes while the developer types. What is critical never
waits. ``now`` and ``typed_at`` are seconds of one monotonic clock.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from .base import Event, Json, Level, Notice

_MINUTE = 60.0
_DIGEST_LINES = 10

NEVER = float("-inf")
"""For ``typed_at``: nobody typed yet."""


class Rule(NamedTuple):
    """What a channel wants; no ``events``: all. ``log``: it disturbs nobody, so nothing waits."""

    channel: str
    enabled: bool = True
    minimum: Level = Level.INFO
    events: frozenset[Event] = frozenset()
    log: bool = False

    def takes(self, notice: Notice) -> bool:
        wanted = not self.events or notice.event in self.events
        return self.enabled and notice.level >= self.minimum and wanted


class Policy(NamedTuple):
    """``burst``: notices a minute and channel; ``pause``: seconds without a keystroke;
    ``same_within``: seconds in which the same content is a duplicate."""

    quiet_while_typing: bool = True
    burst: int = 5
    pause: float = 10.0
    same_within: float = 300.0


class Delivery(NamedTuple):
    """``parts``: the ids of the notices that it tells of, where they were held."""

    channel: str
    notice: Notice
    parts: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return f"{self.notice.id}/{self.channel}"


class Held(NamedTuple):
    """``times``: how often the same came."""

    notice: Notice
    times: int = 1


_Content = tuple[str, int, str, str]


@dataclass(frozen=True, slots=True)
class Gate:
    """One channel: what it was given lately, what waits, and how many duplicates it was spared."""

    seen: Mapping[_Content, float] = field(default_factory=dict)
    sent: tuple[float, ...] = ()
    held: tuple[Held, ...] = ()
    duplicates: int = 0


State = Mapping[str, Gate]
"""By channel. Begin with ``{}``."""


class Routed(NamedTuple):
    """``held``: what is to be told later; a delivery names it among its parts then.
    ``duplicates``: the channels for which the notice was one."""

    state: State
    deliveries: tuple[Delivery, ...] = ()
    held: tuple[Delivery, ...] = ()
    duplicates: tuple[str, ...] = ()


def submit(
    state: State,
    notice: Notice,
    rules: Iterable[Rule],
    policy: Policy,
    now: float,
    typed_at: float = NEVER,
) -> Routed:
    """Take a new notice in."""
    gates = dict(state)
    deliveries: list[Delivery] = []
    waiting = []
    duplicates = []
    for rule in rules:
        if not rule.takes(notice):
            continue
        name = rule.channel
        gate = _forget(gates.get(name, Gate()), policy, now)
        content = _content(notice)
        if content in gate.seen:
            gates[name] = _count(gate, content)
            duplicates.append(name)
            continue
        gate = replace(gate, seen={**gate.seen, content: now})
        if rule.log or notice.level is Level.CRITICAL:
            deliveries.append(Delivery(name, notice))
            gate = replace(gate, sent=(*gate.sent, now))
        else:
            gate = replace(gate, held=(*gate.held, Held(notice)))
            gate, told = _open(gate, policy, now, typed_at)
            deliveries += _deliveries(name, told)
            if not told:
                waiting.append(Delivery(name, notice))
        gates[name] = gate
    return Routed(gates, tuple(deliveries), tuple(waiting), tuple(duplicates))


def hold(state: State, held: Delivery, now: float) -> State:
    """Take back what was held before all else was forgotten."""
    gate = state.get(held.channel, Gate())
    if any(each.notice.id == held.notice.id for each in gate.held):
        return state
    seen = {**gate.seen, _content(held.notice): now}
    gate = replace(gate, seen=seen, held=(*gate.held, Held(held.notice)))
    return {**state, held.channel: gate}


def tick(state: State, policy: Policy, now: float, typed_at: float = NEVER) -> Routed:
    """Let go what need not wait any longer."""
    return _let_go(state, lambda gate: _open(_forget(gate, policy, now), policy, now, typed_at))


def release(state: State, now: float) -> Routed:
    """Let go everything: the last thing before the end."""
    return _let_go(state, lambda gate: _flush(gate, now))


def due(state: State, policy: Policy, now: float, typed_at: float = NEVER) -> float | None:
    """When ``tick`` will have something to let go, if nothing else happens; None: never."""
    times = [
        _opens_at(_forget(gate, policy, now), policy, now, typed_at)
        for gate in state.values()
        if gate.held
    ]
    return min(times, default=None)


def _let_go(state: State, opening: Callable[[Gate], tuple[Gate, tuple[Held, ...]]]) -> Routed:
    gates: dict[str, Gate] = {}
    deliveries: list[Delivery] = []
    for name, gate in state.items():
        gates[name], told = opening(gate)
        deliveries += _deliveries(name, told)
    return Routed(gates, tuple(deliveries))


def _deliveries(channel: str, told: tuple[Held, ...]) -> tuple[Delivery, ...]:
    parts = tuple(each.notice.id for each in told)
    return (Delivery(channel, digest(told), parts),) if told else ()


def _content(notice: Notice) -> _Content:
    return (notice.event, notice.level, notice.title, notice.message)


def _count(gate: Gate, content: _Content) -> Gate:
    held = tuple(
        each._replace(times=each.times + 1) if _content(each.notice) == content else each
        for each in gate.held
    )
    return replace(gate, held=held, duplicates=gate.duplicates + 1)


def _forget(gate: Gate, policy: Policy, now: float) -> Gate:
    """What waits is known as long as it waits, so that the same does not wait twice."""
    waiting = {_content(each.notice) for each in gate.held}
    seen = {
        content: at
        for content, at in gate.seen.items()
        if content in waiting or now - at < policy.same_within
    }
    return replace(gate, seen=seen, sent=tuple(at for at in gate.sent if now < at + _MINUTE))


def _opens_at(gate: Gate, policy: Policy, now: float, typed_at: float) -> float:
    quiet_until = typed_at + policy.pause if policy.quiet_while_typing else NEVER
    crowded = gate.sent[-policy.burst :] if len(gate.sent) >= policy.burst else ()
    return max(now, quiet_until, crowded[0] + _MINUTE if crowded else NEVER)


def _open(gate: Gate, policy: Policy, now: float, typed_at: float) -> tuple[Gate, tuple[Held, ...]]:
    if _opens_at(gate, policy, now, typed_at) > now:
        return gate, ()
    return _flush(gate, now)


def _flush(gate: Gate, now: float) -> tuple[Gate, tuple[Held, ...]]:
    if not gate.held:
        return gate, ()
    return replace(gate, held=(), sent=(*gate.sent, now)), gate.held


def digest(held: tuple[Held, ...]) -> Notice:
    """One notice for all of them, which are not none; for a single one, that one."""
    if len(held) == 1 and held[0].times == 1:
        return held[0].notice
    ids = [each.notice.id for each in held]
    events = {each.notice.event for each in held}
    lines = [_line(each) for each in held[:_DIGEST_LINES]]
    if len(held) > _DIGEST_LINES:
        lines.append(f"and {len(held) - _DIGEST_LINES} more")
    members: list[Json] = [{**each.notice.to_json(), "times": each.times} for each in held]
    return Notice(
        id="digest-" + hashlib.sha256("\n".join(ids).encode("utf-8", "replace")).hexdigest()[:24],
        event=events.pop() if len(events) == 1 else Event.CUSTOM,
        level=max(each.notice.level for each in held),
        title=_line(held[0]) if len(held) == 1 else f"{len(held)} notices",
        message=held[0].notice.message if len(held) == 1 else "\n".join(lines),
        data={"digest": members},
        at=max(each.notice.at for each in held),
    )


def _line(held: Held) -> str:
    times = f" (×{held.times})" if held.times > 1 else ""
    return f"{held.notice.level.label}: {held.notice.title}{times}"

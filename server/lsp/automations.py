"""Automations: offered in files that they fit, created, previewed, run."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsprotocol import types as lsp

from ..app import commands
from .asking import asked, mapping, padded, root_of
from .choosing import completed
from .part import Part
from .sandbox import Made, make, unsaved
from .server import Server

if TYPE_CHECKING:
    from ..app.learning.learning import Offer, Ready
    from ..app.trials import Tried

KIND = "refactor.understudy"


async def actions(ls: Server, path: str) -> list[lsp.CodeAction]:
    """What can be done in a file with those that fit it."""
    return [action for offer in await ls.core.learning.offers(path) for action in _actions(offer)]


def _actions(offer: Offer) -> list[lsp.CodeAction]:
    name, given = offer.automation.name, dict(offer.arguments)
    where = [str(offer.root), name]
    preview = _action(f"Preview: {offer.here}", commands.PREVIEW_AUTOMATION, [*where, given])
    if not offer.is_new:
        run = _action(f"Run: {offer.here}", commands.RUN_AUTOMATION, [*where, given])
        run.is_preferred = offer.preferred or None
        return [run, preview]
    return [
        _action(f"Create automation: {offer.title}", commands.CREATE_AUTOMATION, [*where, given]),
        preview,
        _action(f"Not now: {offer.brief}", commands.DISMISS_AUTOMATION, [*where, False]),
        _action(f"Never: {offer.brief}", commands.DISMISS_AUTOMATION, [*where, True]),
    ]


def _action(title: str, command: commands.Command, arguments: list[Any]) -> lsp.CodeAction:
    called = lsp.Command(title, command.id, arguments=arguments)
    return lsp.CodeAction(title=title, kind=KIND, command=called)


async def create(ls: Server, *given: Any) -> Any:
    """Arguments: a folder, a name, and for which parameters it was offered. Whether it was done."""
    root, name, _ = padded(given, 3)
    return await asked(ls, lambda: _create(ls, root_of(root), str(name)))


async def run(ls: Server, *given: Any) -> Any:
    """Arguments: a folder, a name, parameters. Whether it was done."""
    root, name, parameters = padded(given, 3)
    return await asked(ls, lambda: _run(ls, root_of(root), name, mapping(parameters)))


async def preview(ls: Server, *given: Any) -> Any:
    """Arguments: a folder, a name, parameters. A diff, or a sentence when there is none."""
    root, name, parameters = padded(given, 3)
    return await asked(ls, lambda: _preview(ls, root_of(root), name, mapping(parameters)))


async def dismiss(ls: Server, *given: Any) -> Any:
    """Arguments: a folder, a name, whether that is for ever."""
    root, name, never = padded(given, 3)
    return await asked(
        ls, lambda: ls.core.learning.dismiss(root_of(root), str(name), never=bool(never))
    )


async def enable(ls: Server, *given: Any) -> Any:
    """Arguments: a folder, a name. Whether it was done."""
    root, name = padded(given, 2)
    return await asked(ls, lambda: _done(ls.core.learning.accept(root_of(root), str(name))))


async def disable(ls: Server, *given: Any) -> Any:
    """Arguments: a folder, a name. Whether it was done."""
    root, name = padded(given, 2)
    return await asked(ls, lambda: _done(ls.core.learning.disable(root_of(root), str(name))))


async def parameters(ls: Server, *given: Any) -> Any:
    """Argument: a folder. Of each automation that can be previewed its name, title, state and
    parameters; those that are active can be run."""
    return await asked(
        ls,
        lambda: ls.core.learning.runnable(root_of(*padded(given, 1)), is_preview=True),
    )


async def patterns(ls: Server) -> Any:
    """Markdown."""
    return await asked(ls, ls.core.learning.patterns)


async def listed(ls: Server) -> Any:
    """Markdown."""
    return await asked(ls, ls.core.learning.listed)


async def learn(ls: Server) -> Any:
    """What was done, a sentence a line."""
    told = await asked(ls, ls.core.learning.learn)
    if told is not None:
        ls.publisher.message("\n".join(told) or "No folder is open.")
    return told


async def pause(ls: Server) -> Any:
    """Whether it is paused now."""
    paused = await asked(ls, ls.core.learning.toggle_pause)
    if paused is not None:
        ls.publisher.message(
            "Nothing of what you do is written down any more, until you resume it."
            if paused
            else "What you do in this workspace is written down again."
        )
    return paused


async def _done(work: Awaitable[object]) -> bool:
    await work
    return True


async def _create(ls: Server, root: Path | None, name: str) -> bool:
    """Raises ValueError, OSError."""
    path = await ls.core.learning.accept(root, name)
    where = "/".join(path.parts[-3:])
    ls.publisher.message(f"Created {where}. It is run where it fits, and by “Run Automation…”.")
    return True


async def _run(ls: Server, root: Path | None, name: Any, given: Mapping[str, Any]) -> bool:
    """Raises ValueError, OSError."""
    if (found := await _tried(ls, root, name, given, is_preview=False)) is None:
        return False
    learning, (ready, tried) = ls.core.learning, found
    run = await learning.ran(ready, tried)
    if not tried.trial.is_clean:
        ls.publisher.message(tried.failing, error=True)
        return False
    made: Made = await make(ls, await ls.core.trials.applying(tried))
    if made.done:
        await learning.applied(ready, run, made.entry)
    return made.done


async def _preview(ls: Server, root: Path | None, name: Any, given: Mapping[str, Any]) -> Any:
    """Raises ValueError, OSError."""
    if (found := await _tried(ls, root, name, given, is_preview=True)) is None:
        return None
    ready, tried = found
    await ls.core.learning.ran(ready, tried)
    if not tried.trial.is_clean:
        raise ValueError(tried.failing)
    return await ls.core.trials.changes(tried) or "It would change nothing."


async def _tried(
    ls: Server, root: Path | None, name: Any, given: Mapping[str, Any], *, is_preview: bool
) -> tuple[Ready, Tried] | None:
    """What was not given is asked for. None when the user thinks better of it, or does not agree to
    the level. Raises ValueError, OSError."""
    learning = ls.core.learning
    wanted = await completed(ls, await learning.runnable(root, is_preview=is_preview), name, given)
    if wanted is None:
        return None
    place = root_of(wanted.root) or root
    ready = await learning.ready(place, wanted.name, wanted.values, is_preview=is_preview)
    if doubt := ready.doubt:
        ls.publisher.message(f"Note: {doubt}.")
    question = ready.trial.question
    instead = f"understudy automations run {ready.automation.name}"
    if question and not await ls.publisher.agrees(question, "Run", instead):
        return None
    return ready, await ls.core.trials.run(ready.trial, await unsaved(ls))


PART = Part(
    commands={
        commands.CREATE_AUTOMATION: create,
        commands.RUN_AUTOMATION: run,
        commands.PREVIEW_AUTOMATION: preview,
        commands.DISMISS_AUTOMATION: dismiss,
        commands.ENABLE_AUTOMATION: enable,
        commands.DISABLE_AUTOMATION: disable,
        commands.AUTOMATION_PARAMETERS: parameters,
        commands.PATTERNS: patterns,
        commands.AUTOMATIONS: listed,
        commands.LEARN: learn,
        commands.PAUSE: pause,
    }
)

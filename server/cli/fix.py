"""``understudy fix RULE``: all safe cases of a rule, each verified before it is made."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from difflib import unified_diff
from pathlib import Path

import click

from ..app.batch import Batch, LeftOut
from ..app.sinks import FileFix
from ..text import apply
from .exits import Exit
from .roots import root_of, told_of
from .text import number


@click.command
@click.argument("rule")
@click.argument("paths", nargs=-1, type=click.Path(exists=True, resolve_path=True, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Print what would change, and change nothing.")
@click.pass_context
def fix(ctx: click.Context, rule: str, paths: tuple[Path, ...], *, dry_run: bool) -> None:
    """Fix all safe cases of RULE in the files at and below each PATH (default: here).

    A fix is made when the file still parses with it, what it is for is gone and nothing new came.
    Ends with 0, with 1 when --dry-run found something to do, with 3 when a file was left out.
    """
    ctx.exit(asyncio.run(_fix(rule, paths or (Path.cwd(),), dry_run)))


async def _fix(rule: str, paths: Sequence[Path], dry_run: bool) -> Exit:
    left: set[Path] = set()
    fixes: list[FileFix] = []
    async with Batch.open(root_of(paths)) as batch:
        scan = await batch.scan(paths, lambda _done, _files: None)
        cases = {
            path: count
            for path, shown in scan.problems.items()
            if (count := sum(rule in each.rules for each in shown))
        }
        if not cases and not batch.has(rule):
            raise click.UsageError(f"No tool that is switched on has a rule {rule}.")
        async for found in batch.fixes(rule, scan):
            if isinstance(found, LeftOut):
                left.add(Path(found.path))
                click.echo(f"{told_of(Path(found.path))} {found.why}", err=True)
                continue
            if dry_run:
                click.echo(_diff(found), nl=False)
            fixes.append(found)
        changed = [] if dry_run else await batch.write(fixes, f"fix {rule}")
    for path in changed:
        click.echo(f"{told_of(path)} was left as it is: it has changed meanwhile.", err=True)
    made = [each for each in fixes if Path(each.file.path) not in changed]
    done, fixed = sum(len(each.offer.problems) for each in made), len(made)
    left.update(changed)
    total = sum(count for path, count in cases.items() if path not in left)
    would = "would be " if dry_run else ""
    click.echo(f"{rule}: {_counted(done, fixed, would, total)}", err=dry_run)
    if left:
        return Exit.FAILED
    return Exit.FINDINGS if dry_run and fixed else Exit.CLEAN


def _counted(cases: int, files: int, would: str, total: int) -> str:
    if not total:
        return "nothing is told of it in the files that can be fixed."
    unfixed = total - cases
    none = f"{number(unfixed, 'case')} {'has' if unfixed == 1 else 'have'} no safe fix that holds"
    if not cases:
        return f"{none}; nothing {would or 'was '}changed."
    said = f"{number(cases, 'case')} in {number(files, 'file')} {would}fixed"
    return f"{said}; {none}." if unfixed else f"{said}."


def _diff(found: FileFix) -> str:
    name, text = Path(found.file.path).as_posix(), found.file.text
    after = apply(text, found.offer.edits)
    lines = unified_diff(
        text.splitlines(keepends=True), after.splitlines(keepends=True), name, name
    )
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)

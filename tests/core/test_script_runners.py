"""The real Jest and Vitest: what they find is shown at the failing lines, and one test is one."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from understudy.runner.execute import Runner
from understudy.tasks.testing import script_items
from understudy.tasks.testing.results import Selection, TestOutcome

from ..needs import missing
from .support import tree
from .test_testing_runs import Project, by_id, outcomes

PASSED, FAILED, SKIPPED, ERROR, XFAILED = TestOutcome

TESTS = """\
const { price } = require("./shop.js");

test("adds", () => {
  expect(1 + 1).toBe(3);
});

describe("outer (all)", () => {
  it("inner 😀", () => {});
  it("below", () => {
    expect(price(2)).toBe(2);
  });
  it.skip("later", () => {});
  it.each([[1], [2]])("case %i", (n) => {
    expect(n).toBe(1);
  });
});

test("waits", async () => {
  await Promise.reject(new TypeError("late"));
});

test("adds more", () => {});
"""
FILES = {
    "web/shop.js": "exports.price = (n) => {\n  throw new Error(`no ${n}`);\n};\n",
    "web/a.test.js": TESTS,
    "web/broken.test.js": 'test("x", () => {});\nrequire("./gone.js");\n',
}
CONFIG = "export default { test: { globals: true } };\n"
A, B = "web/a.test.js", "web/broken.test.js"
EXPECTED = {
    f"{A}::adds": (FAILED, A, 4),
    f"{A}::outer (all) > inner 😀": (PASSED, A, None),
    f"{A}::outer (all) > below": (FAILED, A, 10),
    f"{A}::outer (all) > later": (SKIPPED, A, None),
    f"{A}::outer (all) > case 1": (PASSED, A, None),
    f"{A}::outer (all) > case 2": (FAILED, A, 14),
    f"{A}::waits": (FAILED, A, 19),
    f"{A}::adds more": (PASSED, A, None),
    B: (ERROR, B, 2),
}


@pytest.fixture(params=["jest", "vitest run"])
async def project(
    request: pytest.FixtureRequest, pytestconfig: pytest.Config, tmp_path: Path
) -> AsyncIterator[Project]:
    """A folder below the workspace, so that paths have to be told from both."""
    installed = Path(pytestconfig.rootpath, ".cache/script-runners")
    if not (installed / ".ready").exists():
        missing("missing: Jest and Vitest: make test installs them")
    root = tree(tmp_path / "workspace", FILES)
    package = json.dumps({"scripts": {"test": request.param}, "jest": {"testEnvironment": "node"}})
    tree(root, {"web/package.json": package, "web/vitest.config.mjs": CONFIG})
    (root / "web/node_modules").symlink_to(installed / "node_modules")
    runner = Runner()
    yield Project(runner, root, tmp_path / "private")
    await runner.close()


async def test_every_outcome_at_the_failing_line(project: Project) -> None:
    report = await project.run()
    assert report.complete, project.output.decode()
    seen = by_id(report)
    told = {
        id_: (r.outcome, r.file, r.line + 1 if r.outcome.fails else None) for id_, r in seen.items()
    }
    vitest = "vitest" in project.output.decode()
    without_line = {B: (ERROR, B, 1)} if vitest else {}  # it does not say where
    assert told == EXPECTED | without_line
    assert "Expected: 3" in seen[f"{A}::adds"].message or "to be 3" in seen[f"{A}::adds"].message
    assert "no 2" in seen[f"{A}::outer (all) > below"].message
    assert "late" in seen[f"{A}::waits"].message
    assert "gone.js" in seen[B].message


async def test_a_lens_runs_exactly_what_it_is_on(project: Project) -> None:
    found = {item.name: item.id for item in script_items.items(TESTS.encode(), A)}
    every = set(EXPECTED)

    async def ran(id_: str) -> set[str]:
        report = await project.run(Selection(ids=(id_,)))
        assert report.complete, project.output.decode()
        return {id_ for id_, outcome in outcomes(report).items() if outcome is not SKIPPED}

    assert await ran(found["adds"]) == {f"{A}::adds"}
    suite = {id_ for id_ in every if "outer" in id_ and "later" not in id_}
    assert await ran(found["outer (all)"]) == suite
    assert await ran(found["case %i"]) == {id_ for id_ in every if "case" in id_}

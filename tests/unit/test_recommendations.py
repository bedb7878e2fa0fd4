"""Recommendations: their order, how far they have come, and what those that were done taught."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from understudy.insights.recommend import life, lived, make
from understudy.insights.recommend.model import By, Gain, Recommendation, State, identity
from understudy.insights.workflows.analysis import analyse
from understudy.insights.workflows.definitions import table
from understudy.insights.workflows.lived.observe import Observation
from understudy.insights.workflows.lived.weekly import Weekly
from understudy.insights.workflows.model import Around, Place, Timing
from understudy.insights.workflows.timed import Seen
from understudy.settings import Settings
from understudy.settings.tasks import CustomTask, Tasks
from understudy.store.recommendations import Row

from .test_workflow_definitions import CI

NOW = 1_000_000.0


def one(
    rule: str = "no-cache", gain: Gain | None = None, path: str = "a.yml", subject: str = "x"
) -> Recommendation:
    id_ = identity(rule, path, subject)
    measure = rule if rule == "waiting" else ""
    return Recommendation(id_, rule, Place(path, 3), "what", (), gain, measure=measure)


def row(each: Recommendation, state: str = "proposed", **more: Any) -> Row:
    kept = Row(each.id, each.rule, each.place.path, "what", each.measure, state, 1.0)
    return kept._replace(**more)


def test_most_gain_for_least_work_comes_first() -> None:
    large, small = one("waiting", Gain(0, 900)), one("slow-commit", Gain(0, 60))
    cache, timeout, dead = one("no-cache"), one("no-timeout"), one("dead")
    order = make.ranked([dead, timeout, cache, small, large], {})
    assert order == [large, small, cache, timeout, dead]
    assert make.ranked([small, large], {"waiting": 0.01}) == [small, large]


@pytest.mark.parametrize(
    ("before", "is_there", "looked_at", "after"),
    [
        (None, True, True, "proposed"),
        ("proposed", True, True, "proposed"),
        ("dismissed", True, True, "dismissed"),
        ("accepted", True, True, "accepted"),
        ("accepted", False, True, "done"),
        ("proposed", False, True, "done"),
        ("accepted", False, False, "accepted"),  # its file cannot be read: nothing is known
        ("done", True, True, "proposed"),  # it has come back
        ("done", False, True, "done"),
        ("dismissed", False, True, "dismissed"),  # it may come back with another branch
        ("done written", True, True, "proposed"),  # it was taken back
        ("done said", True, True, "proposed"),
        ("lived done said", True, True, "done"),  # the log still has what was before
        ("lived done said newer", True, True, "proposed"),
        ("lived proposed", False, True, None),  # it may only have been long ago
        ("lived dismissed", False, True, "dismissed"),
        ("lived accepted", False, True, "done"),
    ],
)
def test_how_one_goes_on(
    before: str | None, is_there: bool, looked_at: bool, after: str | None
) -> None:
    was = before.split() if before else []
    each = one("flaky", path="") if "lived" in was else one()
    each = replace(each, last=NOW - 10 + 20 * ("newer" in was))
    by = next((how for how in By if how in was), "seen")
    state = next((s for s in State if s in was), "proposed")
    done = {"done": NOW - 5, "done_by": by} if state == "done" else {}
    rows = {each.id: row(each, state, **done)} if was else {}
    seen = {each.place.path} if looked_at else set()
    turned = life.turn([each] if is_there else [], rows, seen, NOW)
    rows |= {kept.id: kept for kept in turned.keep}
    states = {id_: kept.state for id_, kept in rows.items() if id_ not in turned.drop}
    assert states == ({each.id: after} if after else {})
    again = life.turn([each] if is_there else [], rows, seen, NOW + 1)
    assert again.keep == ()


def test_what_a_setting_does_is_done_when_it_is_so() -> None:
    each = replace(one("waiting", Gain(0, 100), path=""), is_met=True)
    rows = {each.id: row(each, "accepted")}
    turned = life.turn([each], rows, {""}, NOW)
    assert [(kept.state, kept.done) for kept in turned.keep] == [("done", NOW)]
    later = life.turn([each], {each.id: turned.keep[0]}, {""}, NOW + 1)
    assert later.keep == ()


def test_the_effect_is_measured_and_moves_its_kind() -> None:
    each = one("waiting", Gain(0, 100))
    done = row(each, "done", done=NOW, low=0.0, high=100.0)
    told: list[tuple[str, float]] = []

    def gained(measure: str, since: float) -> Weekly | None:
        told.append((measure, since))
        return Weekly(80, 120, 9)

    (new,) = life.measured([done, row(one(), "done", done=NOW)], gained)
    assert told == [("waiting", NOW)]
    assert (new.gained_low, new.gained_high) == (80, 120)
    assert life.measured([new], gained) == []
    assert life.ratios([done]) == {}
    assert life.ratios([new]) == {"waiting": pytest.approx((3 + 2) / 4)}
    worse = new._replace(gained_low=-50.0, gained_high=-10.0)
    assert life.ratios([worse]) == {"waiting": pytest.approx(3 / 4)}
    wild = new._replace(gained_low=1e6, gained_high=1e6)
    assert life.ratios([wild]) == {"waiting": pytest.approx((3 + 3) / 4)}
    stand = life.stand([each, one()], {e.id: row(e) for e in (each, one())} | {each.id: worse})
    assert [kept.recommendation.rule for kept in stand.open] == ["no-cache"]
    assert [kept.id for kept in stand.done] == [each.id]


def test_a_gain_is_told_only_where_something_was_measured() -> None:
    ci = table.workflow(".github/workflows/ci.yml", CI, Around())
    make_file = table.workflow(
        "Makefile", "all:\n\t$(MAKE) a\n\t$(MAKE) b\na:\n\tx\nb:\n\ty\n", Around()
    )
    assert ci is not None
    assert make_file is not None
    unseen = make.recommendations(analyse([ci, make_file], Seen({})), Tasks())
    assert {each.gain for each in unseen} == {None}
    assert all(each.unknown and each.how for each in unseen)
    runs = Timing(40.0, 20, 10.0)
    seen = make.recommendations(analyse([make_file], Seen({("", "make all"): runs})), Tasks())
    assert {each.rule: each.gain for each in seen} == {"in-sequence": Gain(0, 200)}
    (setting,) = [each.setting for each in seen]
    assert setting is not None
    assert setting.value == {"all-at-once": {"command": ["make", "-j2", "a", "b"]}}
    tasks = Tasks(custom={"all-at-once": CustomTask(command=("make",))})
    (met,) = make.recommendations(analyse([make_file], Seen({})), tasks)
    assert met.is_met


def test_what_was_lived_becomes_a_setting() -> None:
    seen = Observation("waiting", "waiting", "You wait.", ("3× pytest",), Weekly(60, 600, 9))
    (found,) = lived.recommendations([seen], Settings(), None)
    assert found.gain == Gain(0, 600)
    assert found.setting is not None
    assert found.setting.path == ("tasks", "testRunner", "onChange")
    assert not found.is_met
    assert found.why[-1] == "that is 1–10 min a week, of 9 days (95 %)"
    on = Settings.of({"tasks.testRunner.onChange": True})
    (without,) = lived.recommendations([seen._replace(weekly=None)], on, None)
    written = {"tasks": {"testRunner": {"onChange": True}}}
    (there,) = lived.recommendations([seen], Settings(), written)
    assert there.is_met
    assert (without.gain, without.setting, without.is_met) == (None, None, True)
    assert without.unknown

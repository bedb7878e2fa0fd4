"""Of all lines of the published lists, typed, mined and made into drafts: no secret is in a file."""

from __future__ import annotations

from pathlib import Path

from understudy.store.activity import Activity, Did

from ..unit.test_redact_text import missed
from ..unit.unseen_commands import every_secret_command, only_secrets
from .world import DAY, world


async def test_no_secret_of_the_lists_is_in_a_file_of_the_state(tmp_path: Path) -> None:
    """But those that are not recognised: what they are is told where recognition is tested."""
    listed = [each for each in every_secret_command() if not missed([each])]
    secrets = only_secrets(listed)
    assert len(listed) > 2_000
    assert len(secrets) > 1_000
    async with world(tmp_path) as here:
        for session in range(3):
            await here.learned.watching.note(
                Activity(here.now + at, Did.COMMAND, each.text, f"s{session}", seconds=1.0)
                for at, each in enumerate(listed)
            )
            here.now += DAY
        await here.past()
        await here.cycle(wait=True)
        found = await here.found()
        assert found.told
        state = here.workspace.state
        kept = [each.read_bytes() for each in state.rglob("*") if each.is_file()]
        shown = (*await here.learned.log.all(), *here.learned.patterns)
        everything = b"\n".join((*kept, *(str(each).encode() for each in shown)))
        assert everything.count(b"<secret>") > len(listed)
        assert not [each for each in secrets if each.encode() in everything]

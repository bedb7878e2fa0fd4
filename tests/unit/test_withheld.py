"""Secrets are left out of what is printed, wherever it is cut in parts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from understudy.findings.withheld import Withheld

_parts = st.lists(st.sampled_from([b"a", b"ab", b"secr", b"et", b"secret", b"s", b" "]))


@given(_parts)
def test_no_secret_goes_out(parts: list[bytes]) -> None:
    withheld = Withheld(["secret", "ab"])
    out = b"".join([*map(withheld.part, parts), withheld.end()])
    assert out.replace(b"<secret>", b"").count(b"ab") == 0
    whole = b"".join(parts)
    assert out == whole.replace(b"secret", b"<secret>").replace(b"ab", b"<secret>")


@given(_parts)
def test_without_secrets_nothing_is_kept_back(parts: list[bytes]) -> None:
    for secrets in ([], [""]):
        assert [*map(Withheld(secrets).part, parts)] == parts

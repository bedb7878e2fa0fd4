"""Scripts that work on files: made of patterns, and run."""

from __future__ import annotations

from pathlib import Path

import pytest

from understudy.automations.metadata import read
from understudy.automations.pattern import Shape

from .patterns import FILE, TEST_OF_MODULE, pattern
from .scripts import draft, perform


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "workspace"
    root.mkdir()
    return root


def test_each_new_module_gets_its_test(root: Path) -> None:
    made = draft(pattern(TEST_OF_MODULE, parameters=(FILE,), shape=Shape.FILES))
    assert (made.template, made.is_offered, made.why) == ("file_operations", True, "")
    metadata = read(made.source)
    assert metadata.permissions.write == ("tests/test_*.py",)
    assert not metadata.is_edited(made.source)
    assert metadata.is_edited(made.source.replace("tests/test_", "tests/check_"))

    told = perform(made.source, root, "--file=src/shop/cart.py", "--dry-run")
    assert (told.returncode, told.stderr) == (0, "would create tests/test_cart.py\n")
    assert list(root.iterdir()) == []

    done = perform(made.source, root, "--file=src/shop/cart.py")
    assert (done.returncode, done.stderr) == (0, "create tests/test_cart.py\n")
    test = root / "tests/test_cart.py"
    assert test.read_text() == "import shop.cart\n\n\ndef test_it() -> None:\n    pass\n"

    again = perform(made.source, root, "--file=src/shop/cart.py")
    assert (again.returncode, again.stderr) == (0, "tests/test_cart.py is there already\n")

    test.write_text("mine\n")
    refused = perform(made.source, root, "--file=src/shop/cart.py")
    assert refused.returncode == 1
    assert "tests/test_cart.py is there with other content" in refused.stderr
    assert test.read_text() == "mine\n"


def test_a_link_is_not_followed_out_of_the_workspace(root: Path) -> None:
    outside = root.parent / "outside"
    outside.mkdir()
    (root / "tests").symlink_to(outside)
    made = draft(pattern(TEST_OF_MODULE, parameters=(FILE,), shape=Shape.FILES))
    refused = perform(made.source, root, "--file=cart.py")
    assert refused.returncode == 1
    assert "leads out of" in refused.stderr
    assert list(outside.iterdir()) == []


def test_what_is_wrong_on_the_command_line_ends_with_2(root: Path) -> None:
    made = draft(pattern(TEST_OF_MODULE, parameters=(FILE,), shape=Shape.FILES))
    assert perform(made.source, root).returncode == 2

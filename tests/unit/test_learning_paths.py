"""Parts of paths, how one follows from another, and what files begin with."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.automations.codec import dumps, loads
from understudy.automations.paths import filled, is_called_after, part_of, ways
from understudy.automations.pattern import Part, Place, Text, shown
from understudy.automations.skeleton import Instance, skeleton

PATH = "src/shop/shipping_fee.py"


@pytest.mark.parametrize(
    ("path", "part", "value"),
    [
        (PATH, Part.WHOLE, PATH),
        (PATH, Part.NAME, "shipping_fee.py"),
        (PATH, Part.STEM, "shipping_fee"),
        (PATH, Part.SUFFIX, ".py"),
        (PATH, Part.FOLDER, "src/shop"),
        (PATH, Part.INNER, "shop"),
        (".", Part.MODULE, ""),
        ("../", Part.MODULE, ".."),
        ("/", Part.MODULE, ""),
        (PATH, Part.CLASS, "ShippingFee"),
        (PATH, Part.MODULE, "shop.shipping_fee"),
        ("cart.py", Part.FOLDER, ""),
        ("cart.py", Part.MODULE, "cart"),
        ("src.py", Part.MODULE, "src"),
        ("web/CartRow.tsx", Part.CLASS, "CartRow"),
        ("Makefile", Part.SUFFIX, ""),
    ],
)
def test_parts(path: str, part: Part, value: str) -> None:
    assert part_of(path, part) == value


@pytest.mark.parametrize(
    ("path", "other", "likeliest"),
    [
        ("tests/test_cart.py", "src/shop/cart.py", "tests/test_{file.stem}.py"),
        ("src/shop/cart_test.py", "src/shop/cart.py", "{file.folder}/{file.stem}_test.py"),
        ("tests/shop/test_cart.py", "src/shop/cart.py", "tests/{file.inner}/test_{file.stem}.py"),
        ("web/Cart.css", "web/Cart.tsx", "{file.folder}/{file.stem}.css"),
        ("docs/cart.py.md", "shop/cart.py", "docs/{file.name}.md"),
        ("web/cart/index.ts", "web/cart/Cart.tsx", "{file.folder}/index.ts"),
        ("web/ShippingFee.tsx", PATH, "web/{file.class}.tsx"),
        ("test_cart.py", "cart.py", "test_{file.stem}.py"),
    ],
)
def test_the_likeliest_way(path: str, other: str, likeliest: str) -> None:
    assert shown(next(ways(path, other, "file"))) == likeliest


@pytest.mark.parametrize(
    ("path", "other"),
    [
        ("docs/readme.md", "src/shop/cart.py"),  # nothing in common
        ("tests/test_cartography.py", "src/cart.py"),  # a part of a longer word
        ("tests/test_do.py", "src/do.py"),  # too short to mean anything
    ],
)
def test_no_way(path: str, other: str) -> None:
    assert list(ways(path, other, "file")) == []


names = st.text("abcXY_-.", min_size=1, max_size=8).filter(lambda name: set(name) != {"."})
paths = st.lists(names, min_size=1, max_size=4).map("/".join)


@given(paths, paths)
def test_every_way_leads_there(path: str, other: str) -> None:
    for text in ways(path, other, "file"):
        assert filled(text, {"file": other}) == path
        assert loads(dumps([text])) == (text,)


CART = '''"""Tests of the cart."""

from shop.cart import Cart


def test_cart_is_empty() -> None:
    assert not Cart()
'''


def of(stem: str, name: str, more: str = "") -> Instance:
    text = CART.replace("cart", stem).replace("Cart", name)
    return Instance(text + more, f"src/shop/{stem}.py")


def test_what_files_begin_with_follows_from_the_file_beside_them() -> None:
    found = [
        of("cart", "Cart", "\n\nx = 1\n"),
        of("order", "Order"),
        of("shipping_fee", "ShippingFee"),
    ]
    text = skeleton(found, "file", ".py")
    assert filled(text, {"file": "src/shop/invoice.py"}) == of("invoice", "Invoice").text


def test_what_is_not_in_all_is_left_out_and_what_is_left_is_valid() -> None:
    one = Instance("import os\n\ndef a():\n    return os\n", "cart.py")
    other = Instance("import os\n\ndef a():\n    return 1\n", "order.py")
    assert skeleton([one, other], "file", ".py") == ("import os\n",)
    assert skeleton([one, other], "file", ".txt") == ("import os\n\ndef a():\n",)


def test_files_with_nothing_in_common_begin_with_nothing() -> None:
    assert skeleton([Instance("a\n", "cart.py"), Instance("b\n", "order.py")], "file", ".txt") == ()


@given(st.lists(st.text("ab\n (x", max_size=20), min_size=2, max_size=4))
def test_a_skeleton_is_in_every_text(texts: list[str]) -> None:
    found = skeleton([Instance(text, "q/zzzz.py") for text in texts], "file", ".txt")
    lines = "".join(each for each in found if isinstance(each, str)).splitlines(keepends=True)
    for text in texts:
        rest = iter(text.splitlines(keepends=True))
        assert all(line in rest for line in lines)


def test_a_broken_text_is_refused() -> None:
    for text in ("nonsense", "[1]", '[[["file", "no part"]]]', "[[[1]]]"):
        with pytest.raises(ValueError, match=r"."):
            loads(text)


def test_texts_with_places_come_back() -> None:
    text: Text = ("tests/test_", Place("file", Part.STEM), ".py")
    assert loads(dumps([text, ()])) == (text, ())


@pytest.mark.parametrize(
    ("path", "other", "is_so"),
    [
        ("tests/test_cart.py", "src/cart.py", True),
        ("tests/cart.py", "src/cart.py", True),
        ("src/CartTest.java", "src/cart.java", True),
        ("cart.py.bak", "cart.py", True),
        ("src/cart.py", "tests/test_cart.py", False),
        ("carton.py", "cart.py", False),
        ("ab_cd.py", "cd.py", False),
        ("anything", "src/", False),
        ("", "", False),
    ],
)
def test_a_file_is_called_after_another(path: str, other: str, is_so: bool) -> None:
    assert is_called_after(path, other) is is_so

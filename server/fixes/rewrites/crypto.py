"""Hashes, keys and randomness."""

from __future__ import annotations

import ast

from ...model import Fix, Range
from .calls import argument, find_call, find_part, is_plain, keyword
from .draft import Draft
from .source import Source, UnsureError

_WEAK_HASHES = ("md4", "md5", "sha", "sha1")
_KEY_BITS = 2048
_KEY_SIZES = {
    "cryptography.hazmat.primitives.asymmetric.dsa.generate_private_key": (0, "key_size"),
    "cryptography.hazmat.primitives.asymmetric.rsa.generate_private_key": (1, "key_size"),
    "Crypto.PublicKey.DSA.generate": (0, "bits"),
    "Crypto.PublicKey.RSA.generate": (0, "bits"),
    "Cryptodome.PublicKey.DSA.generate": (0, "bits"),
    "Cryptodome.PublicKey.RSA.generate": (0, "bits"),
}
_CURVES = "cryptography.hazmat.primitives.asymmetric.ec"
_WEAK_CURVES = tuple(f"{_CURVES}.{name}" for name in ("SECP192R1", "SECT163K1", "SECT163R2"))
# What random and secrets both have; for the rest there is random.SystemRandom.
_SECRETS = {
    "random.choice": "secrets.choice",
    "random.getrandbits": "secrets.randbits",
    "random.randbytes": "secrets.token_bytes",
}
_DRAWS = (
    *_SECRETS,
    *(f"random.{name}" for name in ("random", "randrange", "randint", "choices", "uniform")),
    *(f"random.{name}" for name in ("triangular", "sample", "Random")),
)


def hash_not_for_security(source: Source, place: Range) -> Fix:
    """The same digest; yet not safe in bulk, because only a person knows that it is true."""
    call = _weak_hash(source, place)
    if keyword(call, "usedforsecurity"):
        raise UnsureError
    draft = Draft(source)
    draft.set_argument(call, "usedforsecurity", "False")
    return draft.fix("Say that the hash is not for security (usedforsecurity=False)")


def hash_with_sha256(source: Source, place: Range) -> Fix:
    call = _weak_hash(source, place)
    draft = Draft(source)
    if source.names.resolve(call.func) != "hashlib.new":
        draft.rename(call.func, "hashlib.sha256")
    elif name := argument(call, 0, "name"):
        quote = source.segment(name)[-1]
        draft.replace(name, f"{quote}sha256{quote}")
    return draft.fix("Use SHA-256 (the digests change)")


def _weak_hash(source: Source, place: Range) -> ast.Call:
    def is_weak(call: ast.Call) -> bool:
        module, _, function = source.names.resolve(call.func).rpartition(".")
        name = argument(call, 0, "name")
        if function == "new" and isinstance(name, ast.Constant):
            function = str(name.value).lower()
        return module == "hashlib" and function in _WEAK_HASHES

    return source.find(place, ast.Call, is_weak)


def strong_key(source: Source, place: Range) -> Fix:
    def weak_size(call: ast.Call) -> ast.expr | None:
        where = _KEY_SIZES.get(source.names.resolve(call.func))
        bits = argument(call, *where) if where else None
        match bits:
            case ast.Constant(value=int(size)) if size < _KEY_BITS:
                return bits
        return None

    draft = Draft(source)
    draft.replace(find_part(source, place, weak_size)[1], str(_KEY_BITS))
    return draft.fix(f"Use a key of {_KEY_BITS} bits")


def strong_curve(source: Source, place: Range) -> Fix:
    def weak_curve(call: ast.Call) -> ast.expr | None:
        generates = source.names.resolve(call.func) == f"{_CURVES}.generate_private_key"
        curve = argument(call, 0, "curve") if generates else None
        return curve if curve and source.names.resolve(curve) in _WEAK_CURVES else None

    draft = Draft(source)
    draft.rename(find_part(source, place, weak_curve)[1], f"{_CURVES}.SECP256R1")
    return draft.fix("Use the curve SECP256R1")


def secure_random(source: Source, place: Range) -> Fix:
    """Not where the sequence is meant to be repeated: a seed says so."""
    call = find_call(source, place, *_DRAWS)
    target = source.names.resolve(call.func)
    is_generator = target == "random.Random"
    if _is_seeded(source) or not is_plain(call) or (is_generator and (call.args or call.keywords)):
        raise UnsureError
    draft = Draft(source)
    name = target.rpartition(".")[2]
    if is_generator:
        draft.rename(call.func, "random.SystemRandom")
    elif target in _SECRETS:
        draft.rename(call.func, _SECRETS[target])
    elif isinstance(call.func, ast.Name):
        generator = draft.imports.member("random", "SystemRandom", call.func.id)
        draft.replace(call.func, f"{generator}().{name}")
    else:
        start = source.span(call.func)[1] - len(name)
        draft.put(start, start, "SystemRandom().")
    return draft.fix("Draw from the system's secure randomness")


def _is_seeded(source: Source) -> bool:
    return any(
        isinstance(node, ast.Call) and source.names.resolve(node.func) == "random.seed"
        for node in source.names.nodes
    )

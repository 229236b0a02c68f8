"""Encodings: what clients make of letters beyond ASCII, one text at a time and many."""

import cbor2
import pytest

from ffcore import ConfigError
from ffcore.lab.bulk.ids import id_array
from ffcore.lab.primitives.texts import ENCODINGS, cbor_head, encoding, texts_of
from tests.support.schemes import ids_of_every_kind


@pytest.mark.parametrize("name", [name for name in ENCODINGS if name != "ascii"])
def test_many_texts_are_encoded_as_each(name: str) -> None:
    """Ids of every kind, and a part of a longer array."""
    users = [*ids_of_every_kind(400, 6), "x" * 300, "é" * 40_000]
    for part in (id_array(users), id_array(users).part(3, 200), id_array(["a", "b"]), id_array([])):
        texts = encoding(name).many(texts_of(part))
        found = [list(texts.data[a:b]) for a, b in zip(texts.offsets[:-1], texts.offsets[1:], strict=True)]

        assert found == [list(encoding(name).one(user)) for user in part.text.to_pylist()]


def test_known_encodings() -> None:
    """An astral letter is four bytes, two units or one code point; an accent composed is not one combined."""
    assert [len(encoding(name).one("😀")) for name in ("utf-8", "utf-16", "code-points", "low-byte")] == [4, 2, 1, 2]
    assert bytes(encoding("backslash").one("a😀é")) == b"a\\\\\\"
    assert bytes(encoding("low-byte").one("aé日")) == b"a\xe9\xe5"
    assert bytes(encoding("cbor").one("日本")) == cbor2.dumps("日本")
    assert encoding("utf-16").one("\u00e9") != encoding("utf-16").one("e\u0301")
    assert [cbor_head(3, size) for size in (23, 24, 255, 256, 65_535, 65_536)] == [
        cbor2.dumps("x" * size)[:-size] for size in (23, 24, 255, 256, 65_535, 65_536)
    ]


def test_a_client_of_ascii_alone_refuses_the_rest() -> None:
    """The first row that is not ASCII is named."""
    texts = texts_of(id_array(["a", "b", "naïve", "é"]))

    with pytest.raises(ConfigError, match="expected ASCII, which this client alone takes; row 2 is 'naïve'"):
        encoding("ascii").many(texts)
    with pytest.raises(ConfigError, match="got 'é'"):
        encoding("ascii").one("é")


def test_an_unknown_encoding_is_answered() -> None:
    """The nearest name is given."""
    with pytest.raises(ConfigError, match=r"encoding: 'utf16' is unknown; did you mean utf-16\?"):
        encoding("utf16")

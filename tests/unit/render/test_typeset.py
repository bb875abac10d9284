"""Lines, sizes and characters."""

from __future__ import annotations

from collections import defaultdict

import pytest

from bankgateway.render.box import Box
from bankgateway.render.typeset import LEADING, MM_PER_POINT, SMALLEST, Typeface, printable

# Every character half as wide as it is high: 10 points make 1.7639 mm a character.
FACE = Typeface(defaultdict(lambda: 0.5))
TEN = 10 * MM_PER_POINT * 0.5


def test_width() -> None:
    assert FACE.width("abcd", 10) == pytest.approx(4 * TEN)
    assert FACE.width("", 10) == 0


def test_size_for() -> None:
    assert FACE.size_for("abcd", 4 * TEN + 0.001, 10) == 10
    assert FACE.size_for("abcd", 2 * TEN, 10) == pytest.approx(5)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", []),
        ("one", ["one"]),
        ("one two", ["one", "two"]),
        ("a b c d", ["a b c", "d"]),
        ("abcdefgh", ["abcde", "fgh"]),
        ("a abcdefghijk b", ["a", "abcde", "fghij", "k b"]),
    ],
)
def test_wrap_to_five_characters(text: str, lines: list[str]) -> None:
    assert FACE.wrap(text, 5.1 * TEN, 10) == lines


def test_fit_takes_the_largest_size_that_fits() -> None:
    line = 10 * LEADING * MM_PER_POINT
    assert FACE.fit(["aaa bbb"], 4 * TEN, 2.01 * line, 10) == (10, ["aaa", "bbb"])
    size, lines = FACE.fit(["aaa bbb", "ccc"], 4 * TEN, 2.01 * line, 10)
    assert size < 10
    assert " ".join(lines) == "aaa bbb ccc"
    assert len(lines) * size * LEADING * MM_PER_POINT <= 2.01 * line
    with pytest.raises(ValueError, match="too long"):
        FACE.fit(["aaa " * 500], 4 * TEN, 2.01 * line, 10)


def test_a_code_keeps_its_blanks() -> None:
    code = "ab cd  ef gh"
    size, lines = FACE.fit_code(code, 3.1 * TEN, 100, 10)
    assert (size, "".join(lines)) == (10, code)
    assert lines[0] == "ab "
    small, _ = FACE.fit_code(code * 15, 3.1 * TEN, 20, 10)
    assert small < SMALLEST


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Ação nº 1ª – “aspas” € 10", "Ação nº 1ª – “aspas” € 10"),
        ("  two\tblanks \n here ", "two blanks here"),
        ("a\u0301gua", "água"),
        ("Nguyễn", "Nguyen"),
        ("①②", "12"),
        ("漢字", "??"),
        ("a\u200bb\u00adc\x07", "ab\u00adc"),
        ("", ""),
    ],
)
def test_printable(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_boxes() -> None:
    box = Box(10, 20, 100, 30)
    assert (box.right, box.bottom) == (110, 50)
    assert box.rows(5, 25) == [Box(10, 20, 100, 5), Box(10, 25, 100, 25)]
    assert box.columns(1, 3) == [Box(10, 20, 25, 30), Box(35, 20, 75, 30)]
    assert box.inset(1, top=2, bottom=3) == Box(11, 22, 98, 25)

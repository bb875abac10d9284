"""Interleaved 2 of 5."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bankgateway.codes import CodeError, interleaved_2_of_5

quick = settings(derandomize=True, database=None, deadline=None, max_examples=100)
BARCODE = "23791163600000349901394092530000181700528170"
# The same code as Bradesco's webservice writes it: one letter for a bar and the space after it.
BRADESCO_LETTERS = (
    "NWnnwnNnWwWnnnWNWwnnnwWNnnnWWnnnWWnwwNnNnWnWnNnwwNwWnNnnnWNw"
    "nWnwNWNwnnnnWWnnnWWnWnnNwwnnNWnnWWnwNwnNWnnwNnnNWw"
)


def test_the_published_pattern_of_a_barcode() -> None:
    letters = {(1, 1): "n", (3, 1): "w", (1, 3): "N", (3, 3): "W"}
    widths = interleaved_2_of_5(BARCODE)[4:-3]
    pairs = zip(widths[::2], widths[1::2], strict=True)
    assert "".join(letters[int(bar), int(space)] for bar, space in pairs) == BRADESCO_LETTERS


def test_a_single_pair_with_start_and_stop() -> None:
    assert interleaved_2_of_5("01") == (1, 1, 1, 1, 1, 3, 1, 1, 3, 1, 3, 1, 1, 3, 3, 1, 1)


def test_the_length_of_the_symbol() -> None:
    assert sum(interleaved_2_of_5(BARCODE)) == 405
    assert sum(interleaved_2_of_5(BARCODE, wide=2.5)) == 360.5


@quick
@given(st.lists(st.text("0123456789", min_size=2, max_size=2), min_size=1, max_size=22))
def test_every_digit_has_two_wide_elements_and_a_bar_comes_last(pairs: list[str]) -> None:
    widths = interleaved_2_of_5("".join(pairs))
    assert len(widths) == 4 + 10 * len(pairs) + 3
    assert widths.count(3) == 4 * len(pairs) + 1
    for start in range(4, len(widths) - 3, 10):
        assert widths[start : start + 10 : 2].count(3) == 2
        assert widths[start + 1 : start + 10 : 2].count(3) == 2


@pytest.mark.parametrize(
    ("digits", "reason"),
    [("", "invalid_length"), ("123", "invalid_length"), ("1a", "invalid_characters")],
)
def test_refusals(digits: str, reason: str) -> None:
    with pytest.raises(CodeError) as caught:
        interleaved_2_of_5(digits)
    assert caught.value.reason == reason


def test_wide_must_be_wider() -> None:
    with pytest.raises(ValueError, match="wider"):
        interleaved_2_of_5("12", wide=1)

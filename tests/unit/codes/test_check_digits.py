"""The families of check digits, with the values each bank publishes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bankgateway.codes import (
    WEIGHTS_2_TO_7,
    CodeError,
    mod10,
    mod10_mod11,
    mod11,
    mod11_or_letter,
    mod11_or_one,
    mod11_or_zero,
    mod11_sum,
)

quick = settings(derandomize=True, database=None, deadline=None, max_examples=150)
digit_strings = st.text("0123456789", min_size=1, max_size=44)
ALL_MODULI = (mod10, mod11, mod11_sum, mod11_or_one, mod11_or_zero, mod10_mod11)


@pytest.mark.parametrize(
    ("digits", "expected"),
    [
        ("237912340", 5),
        ("9000000123", 1),
        ("4500543210", 4),
        # Itaú: DAC of agência and conta, then of the nosso número of carteira 109.
        ("005712345", 7),
        ("00571234510900000123", 8),
        # Inter: agência, carteira, number.
        ("00011103006100001", 7),
        ("00011103006099999", 5),
        ("00011100000000001", 4),
        ("00011123006100001", 3),
        ("00011120000000001", 0),
        ("00011124215300786", 3),
    ],
)
def test_mod10(digits: str, expected: int) -> None:
    assert mod10(digits) == expected


@pytest.mark.parametrize(
    ("digits", "total", "expected"),
    [
        ("2379166400001234561234090000001234500543210", 568, 4),
        ("1049158500000250005072832000100040025173646", 598, 7),
        ("7489139100000389901126201357807421148310104", 820, 5),
        ("0419158500000150502100120034567001234564018", 639, 1),
        ("0339141200000089909482190300000012345790101", 670, 1),
    ],
)
def test_the_general_digit_of_the_barcode(digits: str, total: int, expected: int) -> None:
    assert mod11_sum(digits) == total
    assert mod11_or_one(digits) == expected


@pytest.mark.parametrize(
    ("digits", "expected"),
    [
        # CAIXA: beneficiário, nosso número, campo livre.
        ("507283", 2),
        ("14000000002517364", 8),
        ("507283200010004002517364", 6),
        ("120456700010004000483197", 1),
        # Santander: remainder 9, 1, 2 and 0.
        ("566612457800", 2),
        ("400000192433", 0),
        ("000000123457", 9),
        ("000000123456", 0),
        # Sicredi: nosso número and campo livre.
        ("0100020024818200001", 1),
        ("0742114831026201357", 8),
        ("112620135780742114831010", 4),
    ],
)
def test_mod11_where_ten_and_eleven_are_zero(digits: str, expected: int) -> None:
    assert mod11_or_zero(digits) == expected


@pytest.mark.parametrize(
    ("digits", "expected"),
    [
        ("0925300001817", "P"),
        ("0900000000456", "4"),
        ("0900000000444", "0"),
        ("0900000000468", "8"),
        ("1900000000001", "P"),
        ("1900000000006", "0"),
        ("0600000000525", "P"),
    ],
)
def test_nosso_numero_of_bradesco(digits: str, expected: str) -> None:
    assert mod11_or_letter(digits, "P", WEIGHTS_2_TO_7) == expected


def test_agencia_and_conta_of_bradesco() -> None:
    assert mod11_or_letter("0548", "P") == "7"
    assert mod11_or_letter("0001448", "P", WEIGHTS_2_TO_7) == "6"
    assert mod11_or_letter("0052817", "P", WEIGHTS_2_TO_7) == "P"


def test_nosso_numero_of_banco_do_brasil() -> None:
    assert mod11_or_letter("27418630000048151", "X") == "5"


@quick
@given(digit_strings)
def test_banco_do_brasil_counts_weights_the_other_way_with_the_same_result(digits: str) -> None:
    remainder = mod11_sum(digits, range(9, 1, -1)) % 11
    assert mod11_or_letter(digits, "X") == ("X" if remainder == 10 else str(remainder))


@pytest.mark.parametrize(("number", "expected"), list(zip(range(1, 11), "7419630853", strict=True)))
def test_sicoob_counts_its_weights_from_the_left(number: int, expected: str) -> None:
    digits = f"43270000229385{number:07d}"
    assert str(mod11_or_zero(digits[::-1], (3, 1, 9, 7))) == expected


def test_the_worked_example_of_sicoob() -> None:
    digits = "327400002819370001284"
    assert mod11_sum(digits[::-1], (3, 1, 9, 7)) == 291
    assert mod11_or_zero(digits[::-1], (3, 1, 9, 7)) == 6


@pytest.mark.parametrize(
    ("digits", "expected"),
    [
        ("00189274", "46"),
        ("22200593", "78"),
        ("00009274", "22"),
        ("00009194", "38"),
        ("22832563", "51"),
        ("00100000010", "88"),
        ("00120034567", "47"),
        ("21001200345670012345640", "18"),
        # The second digit would be 10, so the first one moves on: 1 to 2, and 9 to 0.
        ("00000028", "28"),
        ("00000265", "06"),
        ("00000005", "90"),
    ],
)
def test_the_two_digits_of_banrisul(digits: str, expected: str) -> None:
    assert mod10_mod11(digits) == expected


@quick
@given(digit_strings)
def test_every_digit_string_has_its_digits(digits: str) -> None:
    assert 0 <= mod10(digits) <= 9
    assert 1 <= mod11(digits) <= 11
    assert 1 <= mod11_or_one(digits) <= 9
    assert 0 <= mod11_or_zero(digits) <= 9
    assert len(mod10_mod11(digits)) == 2


@quick
@given(digit_strings, st.data())
def test_mod10_catches_every_single_wrong_digit(digits: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(digits) - 1))
    wrong = data.draw(st.sampled_from(sorted(set("0123456789") - {digits[at]})))
    assert mod10(digits[:at] + wrong + digits[at + 1 :]) != mod10(digits)


@pytest.mark.parametrize("function", ALL_MODULI)
@pytest.mark.parametrize("text", ["12a4", "12 4", "١٢٣", "1²"])
def test_only_ascii_digits_are_digits(function: object, text: str) -> None:
    with pytest.raises(CodeError) as caught:
        function(text)  # type: ignore[operator]
    assert caught.value.reason == "invalid_characters"

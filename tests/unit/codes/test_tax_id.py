"""CPF and CNPJ, the alphanumeric CNPJ included."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum.br import cnpj as stdnum_cnpj
from stdnum.br import cpf as stdnum_cpf

from bankgateway.codes import (
    CodeError,
    cnpj_check_digits,
    cpf_check_digits,
    format_tax_id,
    is_cnpj,
    is_cpf,
    normalise_tax_id,
)

quick = settings(derandomize=True, database=None, deadline=None, max_examples=200)
any_text = st.text(st.characters()) | st.text("0123456789ABZabz./- ٣ıſ", max_size=20)
cpf_bases = st.text("0123456789", min_size=9, max_size=9)
cnpj_bases = st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=12, max_size=12)

CPFS = ["307.184.625-80", "000.001.234-39", "914.620.573-06"]
CNPJS = [
    "27.051.438/0001-55",
    "45.821.369/0107-51",
    "7K.3MP.X2A/0001-09",
    "00.A1B.2C3/0002-04",
    # A root of eight zeros is a real one.
    "00.000.000/0001-91",
]


def refusal(text: str) -> CodeError:
    with pytest.raises(CodeError) as caught:
        normalise_tax_id(text)
    return caught.value


@pytest.mark.parametrize("text", CPFS + CNPJS)
def test_valid_documents(text: str) -> None:
    plain = "".join(c for c in text if c.isalnum())
    assert normalise_tax_id(text) == plain
    assert normalise_tax_id(plain) == plain
    assert normalise_tax_id(f"  {text.lower()}\n") == plain
    assert format_tax_id(plain) == text


@pytest.mark.parametrize("text", CPFS)
def test_a_cpf_is_not_a_cnpj(text: str) -> None:
    assert is_cpf(text)
    assert not is_cnpj(text)


@pytest.mark.parametrize("text", CNPJS)
def test_a_cnpj_is_not_a_cpf(text: str) -> None:
    assert is_cnpj(text)
    assert not is_cpf(text)


def test_a_cpf_filled_up_to_fourteen_digits_is_no_cpf() -> None:
    assert not is_cpf("00030718462580")


@pytest.mark.parametrize(
    ("text", "reason", "field", "position", "expected", "found"),
    [
        ("307.184.625-70", "invalid_check_digit", "cpf", 10, "8", "7"),
        ("307.184.625-81", "invalid_check_digit", "cpf", 11, "0", "1"),
        ("27.051.438/0001-45", "invalid_check_digit", "cnpj", 13, "5", "4"),
        ("7K.3MP.X2A/0001-08", "invalid_check_digit", "cnpj", 14, "9", "8"),
        ("307.184.62O-80", "invalid_characters", "cpf", 9, "a digit", "O"),
        ("7K.3MP.X2A/0001-0A", "invalid_characters", "cnpj", 14, "a digit", "A"),
        ("27.051_438/0001-5", "invalid_characters", "cnpj", 6, "a digit or a letter", "_"),
        ("٣07.184.625-80", "invalid_characters", "cpf", 1, "a digit or a letter", "٣"),
        ("7ı.3MP.X2A/0001-09", "invalid_characters", "cnpj", 2, "a digit or a letter", "ı"),
        ("307.184.625-8", "invalid_length", "cpf/cnpj", None, "11 digits or 14 characters", "10"),
        ("", "invalid_length", "cpf/cnpj", None, "11 digits or 14 characters", "0"),
        ("111.111.111-11", "repeated_characters", "cpf", None, None, None),
        ("00000000000", "repeated_characters", "cpf", None, None, None),
        ("00000000000000", "repeated_characters", "cnpj", None, None, None),
        ("99.999.999/9999-99", "repeated_characters", "cnpj", None, None, None),
        ("00.000.000/0000-01", "zero_base", "cnpj", None, None, None),
    ],
)
def test_refusals_name_the_place(
    text: str, reason: str, field: str, position: int | None, expected: str | None, found: str | None
) -> None:
    error = refusal(text)
    assert (error.reason, error.field, error.position) == (reason, field, position)
    assert (error.expected, error.found) == (expected, found)


@pytest.mark.parametrize("digit", "0123456789")
def test_ten_cpfs_of_equal_digits_are_refused_although_their_digits_fit(digit: str) -> None:
    assert cpf_check_digits(digit * 9) == digit * 2
    assert refusal(digit * 11).reason == "repeated_characters"


def test_the_error_never_quotes_the_document() -> None:
    error = refusal("307.184.625-70")
    assert str(error) == "cpf, position 10: wrong check digit, expected 8, found 7"
    assert "307" not in repr(error)


@pytest.mark.parametrize("number", [30718462580, None, b"30718462580"])
def test_only_text_is_taken(number: object) -> None:
    with pytest.raises(TypeError, match="leading zeros"):
        normalise_tax_id(number)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("function", "base", "reason"),
    [
        (cpf_check_digits, "12345678", "invalid_length"),
        (cpf_check_digits, "12345678A", "invalid_characters"),
        (cnpj_check_digits, "12345678901", "invalid_length"),
        (cnpj_check_digits, "7k3mpx2a0001", "invalid_characters"),
    ],
)
def test_check_digits_of_a_wrong_base(function: object, base: str, reason: str) -> None:
    with pytest.raises(CodeError) as caught:
        function(base)  # type: ignore[operator]
    assert caught.value.reason == reason


@quick
@given(cnpj_bases)
def test_cnpj_agrees_with_stdnum(base: str) -> None:
    number = base + cnpj_check_digits(base)
    assert is_cnpj(number) == stdnum_cnpj.is_valid(number) == (base != "0" * 12)


@quick
@given(cnpj_bases, st.text("0123456789", min_size=2, max_size=2))
def test_cnpj_refuses_what_stdnum_refuses(base: str, digits: str) -> None:
    if base != "0" * 12 and len(set(base + digits)) > 1:
        assert is_cnpj(base + digits) == stdnum_cnpj.is_valid(base + digits)


@quick
@given(cpf_bases)
def test_cpf_agrees_with_stdnum(base: str) -> None:
    number = base + cpf_check_digits(base)
    assert is_cpf(number) == (len(set(number)) > 1)
    assert stdnum_cpf.is_valid(number) or base == "0" * 9


@quick
@given(cpf_bases, st.text("0123456789", min_size=2, max_size=2))
def test_cpf_refuses_what_stdnum_refuses(base: str, digits: str) -> None:
    if len(set(base + digits)) > 1:
        assert is_cpf(base + digits) == stdnum_cpf.is_valid(base + digits)


@quick
@given(cnpj_bases | cpf_bases)
def test_format_then_normalise_is_the_identity(base: str) -> None:
    number = base + (cpf_check_digits(base) if len(base) == 9 else cnpj_check_digits(base))
    if is_cpf(number) or is_cnpj(number):
        assert normalise_tax_id(format_tax_id(number)) == number


@quick
@given(any_text)
def test_arbitrary_text_raises_nothing_but_code_error(text: str) -> None:
    try:
        plain = normalise_tax_id(text)
    except CodeError:
        assert not is_cpf(text)
        assert not is_cnpj(text)
    else:
        assert len(plain) in (11, 14)

"""Reading and building Pix BR Codes."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bankgateway.codes import (
    BrCode,
    BrCodeKind,
    CodeError,
    build_dynamic_br_code,
    build_static_br_code,
    crc16,
    is_charge_txid,
    is_static_txid,
    normalise_pix_key,
    parse_br_code,
)

quick = settings(derandomize=True, database=None, deadline=None, max_examples=150)

A = (
    "00020101021226810014br.gov.bcb.pix2559pix.example.com/qr/v2/cobv/5b1f0c7e9d3a4826a17f64c0be925d13"
    "52040000530398654071234.565802BR5923METALURGICA MODELO LTDA6013CAXIAS DO SUL62070503***6304CE24"
)
B = (
    "00020126680014br.gov.bcb.pix0123cobranca@modelo.example0219Mensalidade 11/2026520400005303986"
    "540589.905802BR5913ESCOLA MODELO6009JOINVILLE61088920100062190515MENS202611A004263049E7B"
)
C = (
    "00020126360014br.gov.bcb.pix0114+5551999887766520400005303986540557.005802BR5912BANCA MODELO"
    "6007PELOTAS62110507PED005763040FCD"
)
D = (
    "00020126360014br.gov.bcb.pix0114270514380001555204000053039865802BR5916PADARIA SÃO JOÃO"
    "6008BRASÍLIA62070503***6304460F"
)
E = (
    "00020126810014br.gov.bcb.pix2559pix.example.com/qr/v2/cobv/0c3b7d5e91a24f68b0d27c14e6958fa1"
    "5204000053039865802BR5912CLUBE MODELO6006RECIFE62070503***80800014br.gov.bcb.pix2558"
    "pix.example.com/qr/v2/rec/7e2a90c4d1b5463f8c07a6e35fd81b946304EAEE"
)
PIECES = [A[:26], A[26:99], "000201", "6304CE24", "26", "101", "0014br.gov.bcb.pix", "é"]
URL_A = "pix.example.com/qr/v2/cobv/5b1f0c7e9d3a4826a17f64c0be925d13"


def signed(text: str) -> str:
    """The text up to `6304`, with the right CRC."""
    return text + crc16(text.encode())


def resigned(text: str) -> str:
    return signed(text[:-4])


def refusal(text: str) -> CodeError:
    with pytest.raises(CodeError) as caught:
        parse_br_code(text)
    return caught.value


def test_the_crc_of_the_standard() -> None:
    assert crc16(b"123456789") == "29B1"
    assert crc16(b"") == "FFFF"


def test_a_dynamic_code_with_due_date() -> None:
    code = parse_br_code(A)
    assert code == BrCode(
        text=A,
        kind=BrCodeKind.DYNAMIC_DUE_DATE,
        gui="br.gov.bcb.pix",
        key=None,
        additional_info=None,
        url=URL_A,
        recurrence_url=None,
        point_of_initiation="12",
        amount=Decimal("1234.56"),
        merchant_name="METALURGICA MODELO LTDA",
        merchant_city="CAXIAS DO SUL",
        postal_code=None,
        txid=None,
        crc="CE24",
        fields=(
            ("00", "01"),
            ("01", "12"),
            ("26", f"0014br.gov.bcb.pix2559{URL_A}"),
            ("52", "0000"),
            ("53", "986"),
            ("54", "1234.56"),
            ("58", "BR"),
            ("59", "METALURGICA MODELO LTDA"),
            ("60", "CAXIAS DO SUL"),
            ("62", "0503***"),
            ("63", "CE24"),
        ),
    )


def test_a_static_code_with_everything() -> None:
    code = parse_br_code(B)
    assert code.kind == "static"
    assert code.key == "cobranca@modelo.example"
    assert code.additional_info == "Mensalidade 11/2026"
    assert code.amount == Decimal("89.90")
    assert code.postal_code == "89201000"
    assert code.txid == "MENS202611A0042"
    assert code.point_of_initiation is None
    assert code.url is None


def test_a_crc_with_a_leading_zero() -> None:
    code = parse_br_code(C)
    assert (code.crc, code.key, code.txid) == ("0FCD", "+5551999887766", "PED0057")


def test_accents_count_as_one_character() -> None:
    code = parse_br_code(D)
    assert (code.merchant_name, code.merchant_city) == ("PADARIA SÃO JOÃO", "BRASÍLIA")


def test_accents_may_count_as_bytes() -> None:
    counted_in_bytes = D.replace("5916PAD", "5918PAD").replace("6008BRA", "6009BRA")
    code = parse_br_code(resigned(counted_in_bytes))
    assert (code.merchant_name, code.merchant_city) == ("PADARIA SÃO JOÃO", "BRASÍLIA")


def test_accents_inside_a_template_may_count_as_bytes() -> None:
    account = "0014br.gov.bcb.pix0111307184625800209Cobrança"
    size = len(account.encode())
    code = parse_br_code(signed(f"00020126{size}{account}53039865802BR5901X6001Y6304"))
    assert code.additional_info == "Cobrança"


def test_the_crc_is_of_the_utf8_bytes() -> None:
    assert refusal(D[:-4] + "E3AE").reason == "invalid_crc"


def test_a_charge_together_with_a_recurrence() -> None:
    code = parse_br_code(E)
    assert code.kind is BrCodeKind.COMPOSITE
    assert code.url == "pix.example.com/qr/v2/cobv/0c3b7d5e91a24f68b0d27c14e6958fa1"
    assert code.recurrence_url == "pix.example.com/qr/v2/rec/7e2a90c4d1b5463f8c07a6e35fd81b94"


def test_a_recurrence_alone() -> None:
    code = parse_br_code(resigned("00020126180014br.gov.bcb.pix" + E[E.index("5204") :]))
    assert code.kind is BrCodeKind.RECURRENCE
    assert code.url is None


def test_a_location_without_cobv_is_immediate_or_unknown() -> None:
    assert parse_br_code(resigned(A.replace("/cobv/", "/cobx/"))).kind is BrCodeKind.DYNAMIC_IMMEDIATE


@pytest.mark.parametrize(
    "text",
    [
        f"  {A}\n",
        A[:-4] + "ce24",
        resigned(A.replace("br.gov.bcb.pix", "BR.GOV.BCB.PIX")),
        # Any ID from 26 to 51 may hold the account, next to those of other schemes.
        resigned(A.replace("2681", "2607OTHER!!5181")),
        resigned(A.replace("2681", "26180014br.gov.bcb.xip2781")),
        # Unknown fields, and templates with an odd inside that is none of our business.
        resigned(A.replace("5802", "0404ABCD8103abc5802")),
        resigned(A.replace("62070503***", "62410503***50300017BR.GOV.BCB.BRCODE01051.0.0")),
    ],
)
def test_other_spellings_of_the_same_code(text: str) -> None:
    code = parse_br_code(text)
    assert (code.kind, code.url, code.amount, code.txid) == (
        "dynamic_due_date",
        URL_A,
        Decimal("1234.56"),
        None,
    )
    assert code.text == text.strip()
    assert code.warnings == ()


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("123.99", "123.99"),
        ("10", "10"),
        ("1.", "1"),
        (".10", "0.10"),
        ("0", "0"),
        ("0.00", "0"),
        ("9999999999999", "9999999999999"),
    ],
)
def test_amounts_of_the_standard(text: str, amount: str) -> None:
    code = parse_br_code(resigned(A.replace("54071234.56", f"54{len(text):02d}{text}")))
    assert code.amount == Decimal(amount)


def test_no_amount() -> None:
    assert parse_br_code(resigned(A.replace("54071234.56", ""))).amount is None


@pytest.mark.parametrize(
    "text", ["", ".", "1,50", "1.234", "1.2.3", "-1", "+1", "1e3", "١", " 1", "NaN", "12345678901.00"]
)
def test_amounts_that_are_none(text: str) -> None:
    damaged = resigned(A.replace("54071234.56", f"54{len(text):02d}{text}"))
    error = refusal(damaged)
    assert (error.reason, error.field) == ("invalid_amount", "54")
    code = parse_br_code(damaged, strict=False)
    assert code.amount is None
    assert len(code.warnings) == 1


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "missing_field"),
        ("   ", "missing_field"),
        (A.replace("1234.56", "1234.57"), "invalid_crc"),
        (A[:-4] + "CE2G", "invalid_crc"),
        (A[:-4] + "éééé", "invalid_crc"),
        (A[: A.index("BR59") + 4], "invalid_structure"),
        (A[:-1], "invalid_structure"),
        (A + "0", "invalid_structure"),
        (resigned(A.replace("br.gov.bcb.pix", "br.gov.bcb.xip")), "not_pix"),
        (resigned(A.replace("0014br.gov", "0914br.gov")), "not_pix"),
        (resigned(A.replace("0014br.gov", "0099br.gov")), "invalid_structure"),
        (resigned(A.replace("2559pix", "0059pix")), "invalid_structure"),
        (resigned("0102126304"[:6] + A[:6] + A[12:]), "invalid_structure"),
        (resigned(A.replace("5802BR", "5802BR5802BR")), "invalid_structure"),
        (signed(A[:-8] + "63045802BR6304")[:-8], "invalid_structure"),
        (A[:-8] + "6303ABC", "invalid_structure"),
        (A[:-8], "missing_field"),
        (resigned(A[6:]), "missing_field"),
        (resigned(A.replace("5303986", "")), "missing_field"),
        (resigned(A.replace("5802BR", "")), "missing_field"),
        (resigned(A.replace("5923METALURGICA MODELO LTDA", "")), "missing_field"),
        (resigned(A.replace("5923METALURGICA MODELO LTDA", "5900")), "missing_field"),
        (resigned(A.replace("6013CAXIAS DO SUL", "")), "missing_field"),
        (
            resigned(A.replace(f"26810014br.gov.bcb.pix2559{URL_A}", "26180014br.gov.bcb.pix")),
            "missing_field",
        ),
        (resigned(A.replace("000201", "000202")), "invalid_payload_format"),
        (resigned(A.replace("5303986", "5303840")), "invalid_currency"),
        (resigned(A.replace("2559pix.example", "2559http://pix.")), "url_with_scheme"),
        (resigned(B.replace("0219Mensalidade", "2519Mensalidade")), "key_and_url_together"),
        (resigned(A.replace("0503***", "05XX***")), "invalid_structure"),
        (A.replace("CAXIAS", "CAXIA\ud800"), "invalid_characters"),
    ],
)
def test_refusals(text: str, reason: str) -> None:
    error = refusal(text)
    assert error.reason == reason
    assert str(error)


def test_the_wrong_crc_is_told() -> None:
    error = refusal(A[:-4] + "0000")
    assert (error.field, error.expected, error.found) == ("63", "CE24", "0000")


def test_only_text_is_taken() -> None:
    with pytest.raises(TypeError):
        parse_br_code(A.encode())  # type: ignore[arg-type]


def test_the_code_and_the_key_stay_out_of_repr() -> None:
    assert repr(parse_br_code(B)) == "BrCode(kind='static', amount=89.90, crc='9E7B')"
    assert "modelo" not in str(parse_br_code(B))


class TestNotStrict:
    def test_the_three_digit_length_of_a_sandbox(self) -> None:
        url = "cdpj-sandbox.example.com/pj-s/v2/cobv/" + "3f9a1c7be2d84056a7715c0d9e42bb18" + "0" * 9
        account = f"0014BR.GOV.BCB.PIX25{len(url)}{url}"
        assert len(account) == 101
        text = signed(
            f"00020101021226101{account}52040000530398654042.505802BR5901*6013Belo Horizont62070503***6304"
        )
        assert refusal(text).reason == "invalid_structure"
        code = parse_br_code(text, strict=False)
        assert (code.kind, code.url, code.amount) == ("dynamic_due_date", url, Decimal("2.50"))
        assert (code.merchant_name, code.txid) == ("*", None)
        assert code.warnings == ("a template has a length of three digits",)

    def test_a_template_of_exactly_one_hundred_characters(self) -> None:
        url = "sandbox.example.com/v2/cobv/".ljust(78, "a")
        text = signed(f"000201261000014br.gov.bcb.pix25{len(url)}{url}53039865802BR5901X6001Y6304")
        assert parse_br_code(text, strict=False).url == url

    @pytest.mark.parametrize(
        ("text", "word"),
        [
            (A.replace("1234.56", "1234.57"), "CRC"),
            (resigned(A.replace("5802BR", "")), "country"),
            (resigned(A.replace("6013CAXIAS DO SUL", "")), "city"),
            (resigned(A.replace("5303986", "5303840")), "currency"),
            (resigned(A.replace("0503***", "05XX***")), "template 62"),
        ],
    )
    def test_other_faults_become_warnings(self, text: str, word: str) -> None:
        code = parse_br_code(text, strict=False)
        assert code.url == URL_A
        assert len(code.warnings) == 1
        assert word in code.warnings[0]

    def test_a_scheme_is_taken_off(self) -> None:
        text = resigned(A.replace("pix.example.com", "https://pix.exa"))
        assert parse_br_code(text, strict=False).url == URL_A.replace("pix.example.com", "pix.exa")

    @pytest.mark.parametrize("text", ["", A[:50], A[:-8], "hello", resigned(A.replace("br.gov", "br.org"))])
    def test_what_cannot_be_read_is_refused_all_the_same(self, text: str) -> None:
        with pytest.raises(CodeError):
            parse_br_code(text, strict=False)


class TestBuild:
    def test_the_worked_examples(self) -> None:
        static = build_static_br_code(
            key="Cobranca@Modelo.example",
            merchant_name="ESCOLA MODELO",
            merchant_city="JOINVILLE",
            amount=Decimal("89.9"),
            additional_info="Mensalidade 11/2026",
            postal_code="89201-000",
            txid="MENS202611A0042",
        )
        assert static.text == B
        dynamic = build_dynamic_br_code(
            url=URL_A,
            merchant_name="METALURGICA MODELO LTDA",
            merchant_city="CAXIAS DO SUL",
            amount=Decimal("1234.56"),
        )
        assert dynamic.text == A

    def test_without_anything_optional(self) -> None:
        code = build_static_br_code(key="27.051.438/0001-55", merchant_name="X", merchant_city="Y")
        assert code.text[:-4] == (
            "00020126360014br.gov.bcb.pix0114270514380001555204000053039865802BR5901X6001Y62070503***6304"
        )
        assert (code.txid, code.amount) == (None, None)
        dynamic = build_dynamic_br_code(
            url=URL_A, merchant_name="X", merchant_city="Y", point_of_initiation=None
        )
        assert dynamic.point_of_initiation is None

    def test_names_are_cleaned_then_cut(self) -> None:
        code = build_static_br_code(
            key="307.184.625-80",
            merchant_name="  Padaria   São João & Irmãos “Três” Filhos",
            merchant_city="São José do Rio Preto",
        )
        assert code.merchant_name == "Padaria Sao Joao & Irmaos"
        assert code.merchant_city == "Sao Jose do Rio"

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            ({"amount": Decimal(0)}, "invalid_amount"),
            ({"amount": Decimal("-1")}, "invalid_amount"),
            ({"amount": Decimal("0.001")}, "invalid_amount"),
            ({"amount": Decimal("10000000000")}, "invalid_amount"),
            ({"txid": "a-b"}, "invalid_txid"),
            ({"txid": ""}, "invalid_txid"),
            ({"txid": "a" * 26}, "invalid_txid"),
            ({"additional_info": "x" * 63}, "invalid_length"),
            ({"additional_info": "x" * 120}, "invalid_length"),
            ({"additional_info": "日本"}, "missing_field"),
            ({"merchant_name": " "}, "missing_field"),
            ({"merchant_city": "日本"}, "missing_field"),
            ({"postal_code": "8920100"}, "invalid_postal_code"),
            ({"key": "307.184.625-81"}, "invalid_check_digit"),
        ],
    )
    def test_refusals(self, change: dict[str, Any], reason: str) -> None:
        parts: dict[str, Any] = {"key": "30718462580", "merchant_name": "X", "merchant_city": "Y"}
        with pytest.raises(CodeError) as caught:
            build_static_br_code(**(parts | change))
        assert caught.value.reason == reason

    @pytest.mark.parametrize("url", ["", "https://pix.example.com/x", "HTTP:x", "a b", "á", "x" * 78])
    def test_urls_that_are_refused(self, url: str) -> None:
        with pytest.raises(CodeError) as caught:
            build_dynamic_br_code(url=url, merchant_name="X", merchant_city="Y")
        assert caught.value.reason == "invalid_url"

    @quick
    @given(
        name=st.text(min_size=1).map(lambda s: f"A{s}"),
        city=st.text(min_size=1).map(lambda s: f"B{s}"),
        amount=st.none() | st.integers(1, 10**12 - 1).map(lambda c: Decimal(c).scaleb(-2)),
        txid=st.none() | st.from_regex("[0-9A-Za-z]{1,25}", fullmatch=True),
    )
    def test_build_then_parse_is_the_identity(
        self, name: str, city: str, amount: Decimal | None, txid: str | None
    ) -> None:
        code = build_static_br_code(
            key="+5551999887766", merchant_name=name, merchant_city=city, amount=amount, txid=txid
        )
        assert code == parse_br_code(code.text)
        assert (code.amount, code.txid, code.kind) == (amount, txid, "static")
        assert code.text.isascii()
        assert len(code.merchant_name or "") <= 25


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("307.184.625-80", "30718462580"),
        ("7k.3mp.x2a/0001-09", "7K3MPX2A000109"),
        ("+55 (51) 99988-7766", "+5551999887766"),
        ("Cobranca@Modelo.example", "cobranca@modelo.example"),
        ("123E4567-E89B-12D3-A456-426614174000", "123e4567-e89b-12d3-a456-426614174000"),
    ],
)
def test_keys(text: str, key: str) -> None:
    assert normalise_pix_key(text) == key
    assert normalise_pix_key(key) == key


@pytest.mark.parametrize(
    "text",
    [
        "",
        "+",
        "+0551999887766",
        "+55519998877661234567",
        "5551999887766",
        "a@",
        "@b",
        "a@b@c",
        "é@b.c",
        "a@" + "b" * 76,
    ],
)
def test_what_is_no_key(text: str) -> None:
    with pytest.raises(CodeError):
        normalise_pix_key(text)


def test_txids() -> None:
    assert is_static_txid("a")
    assert is_static_txid("Z9" * 12)
    assert not is_static_txid("***")
    assert not is_static_txid("a" * 26)
    assert not is_static_txid("a\n")
    assert is_charge_txid("a" * 26)
    assert is_charge_txid("0" * 35)
    assert not is_charge_txid("a" * 25)
    assert not is_charge_txid("a" * 36)
    assert not is_charge_txid("é" * 30)


@quick
@given(st.sampled_from([A, B, C, E]), st.data())
def test_a_single_wrong_character_is_caught(text: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(text) - 1))
    wrong = data.draw(
        st.characters(min_codepoint=33, max_codepoint=126).filter(lambda c: c.lower() != text[at].lower())
    )
    with pytest.raises(CodeError):
        parse_br_code(text[:at] + wrong + text[at + 1 :])


@quick
@given(
    st.text(st.characters())
    | st.text("0123456789", max_size=80)
    | st.lists(st.sampled_from(PIECES)).map("".join)
    | st.builds(
        lambda text, at, junk: signed(text[:at] + junk + text[at:-4]),
        st.sampled_from([A, B, D, E]),
        st.integers(0, 190),
        st.text("0123456789é", max_size=4),
    )
)
def test_arbitrary_text_raises_nothing_but_code_error(text: str) -> None:
    for strict in (True, False):
        with suppress(CodeError):
            code = parse_br_code(text, strict=strict)
            assert code.key or code.url or code.recurrence_url


@quick
@given(st.text(st.characters()) | st.text("+@0123456789abc-.", max_size=40))
def test_arbitrary_keys_raise_nothing_but_code_error(text: str) -> None:
    with suppress(CodeError):
        assert normalise_pix_key(text)

"""Scrubbing free text."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bankgateway.codes import (
    build_boleto_code,
    build_dynamic_br_code,
    cnpj_check_digits,
    cpf_check_digits,
    format_tax_id,
    is_cnpj,
    is_cpf,
    mask_tail,
    scrub,
)

quick = settings(derandomize=True, database=None, deadline=None, max_examples=200)

BR_CODE = build_dynamic_br_code(
    # The location contains 6304 and four hexadecimal digits, like the end of a code.
    url="pix.example.com/qr/v2/cobv/5b1f6304-abcd-4826-a17f-64c0be925d13",
    merchant_name="METALURGICA MODELO",
    merchant_city="CAXIAS DO SUL",
).text
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJtb2RlbG8ifQ.c2lnbmF0dXJl_-x"
PEM = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n-----END PRIVATE KEY-----"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CPF 307.184.625-80 inválido", "CPF ***2580 inválido"),
        ("pagador 30718462580", "pagador ***2580"),
        ("pagador 307184625-80.", "pagador ***2580."),
        ("**307.184.625-80**", "*****2580**"),
        # Check digits that do not fit: still somebody's, when it is written or called like a CPF.
        ("pagador 307.184.625-81", "pagador ***2581"),
        ("CPF do pagador: 30718462581", "CPF do pagador: ***2581"),
        ('{"numeroCpf": 123439}', '{"numeroCpf": 123439}'),
        ('{"numeroCpf": 1234567890}', '{"numeroCpf": ***7890}'),
        ('"cpfCnpj":"30718462581"', '"cpfCnpj":"***2581"'),
        ("CNPJ 27.051.438/0001-55", "CNPJ ***0155"),
        ("CNPJ27051438000155", "CNPJ***0155"),
        ("cnpj=27051438000154;", "cnpj=***0154;"),
        ("27051438000155", "***0155"),
        ("7K3MPX2A000109", "***0109"),
        ("7K.3MP.X2A/0001-09", "***0109"),
        # Fewer than eight digits, but the check digits fit.
        (f"ABCDEFGHIJKL{cnpj_check_digits('ABCDEFGHIJKL')}", f"***KL{cnpj_check_digits('ABCDEFGHIJKL')}"),
        ("linha 23791.23405 90000.001231 45005.432104 4 16640000123456 vencida", "linha ***3456 vencida"),
        ("23791234059000000123145005432104416640000123456", "***3456"),
        ("23794166400001234561234090000001234500543210", "***3210"),
        ("82670000001-9 87501234202-3 61218000000-4 00123456789-7", "***7897"),
        (
            "boleto 100 23791.23405 90000.001231 45005.432104 4 16640000123456 2026-11-20",
            "boleto 100 ***3456 2026-11-20",
        ),
        (f"emv={BR_CODE}, ok", "emv=***, ok"),
        (f"{BR_CODE}\n{BR_CODE}", "***\n***"),
        (
            "https://pix.example.com/qr/v2/cobv/5b1f0c7e9d3a4826a17f64c0be925d13",
            "https://pix.example.com/qr/v2/cobv/***",
        ),
        ("api.example/pix/qr/v2/3f1c9b72-5d0e-4a83-9c44-7be2a1d06f58!", "api.example/pix/qr/v2/***!"),
        (r"pix.example\/v2\/cobv\/5b1f0c7e9d3a4826a17f64c0be925d13", r"pix.example\/v2\/cobv\/***"),
        ("fale com maria.souza+boleto@modelo.example.", "fale com ***."),
        ("joão@modelo.com.br", "***"),
        ("-maria@modelo.example;ana@modelo.example", "-***;***"),
        ("maria@modelo.example+ana@modelo.example", "***"),
        ("'maria@modelo.example'", "'***'"),
        ("30718462580@modelo.example", "***"),
        (f"token {JWT}", "token ***"),
        (f"Authorization: Bearer {JWT}", "Authorization: Bearer ***"),
        ("authorization: bearer a1b2/c3+d4==", "authorization: bearer ***"),
        ("Basic Y2xpZW50OnNlZ3JlZG8=", "Basic ***"),
        (f"chave: {PEM} fim", "chave: *** fim"),
        (PEM.replace("\n", "\\n"), "***"),
        # Cut in the middle: the rest is still a secret.
        (PEM[:60], "***"),
    ],
)
def test_planted_values_are_found(text: str, expected: str) -> None:
    assert scrub(text) == expected
    assert scrub(expected) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Título não encontrado",
        "HTTP 400 [request id 5f0e6b0c-9d3a-4c1f-8b7e-2a6d15204000]",
        "vencimento 2026-11-20, 20/11/2026, 20261120, 20.11.2026, 2026-11-20T10:15:30.123Z",
        "R$ 1.234.567,89 ou 1234567.89 ou 99999999.99",
        "nosso número 84093398",
        "nosso número 109/84093398-9, 19185616-05 e 26/926015-3",
        "nosso número 2803324-8, 0000001234579",
        "nosso número 42153007863",
        "nosso número 25300001817-P",
        "nosso número 00027418630000048151 e 14000000002517364-8",
        "agência 0057 conta 12345-7",
        "erro GT00 piaaa000201 código 4874915 COB-0001",
        "valor 123.45678901",
        "192.168.100.11:8443",
        "the bearer token is missing; basic authentication is not offered",
        'WWW-Authenticate: Bearer realm="api", error="invalid_token"',
        "HeyJudeNaNaNa",
        "PAGAMENTOTOTAL COMPENSACAO007",
        "https://api.example/cobranca/v3/cobrancas/0f0e6b0c-9d3a-4c1f-8b7e-2a6d15204000/pdf",
        "2026-11-20 2026-11-21 2026-11-22 2026-11-23 2026-11-24 2026-11-25 2026-11-26",
        "@todos, 50% @ 10",
        "***4725",
    ],
)
def test_harmless_text_is_left_alone(text: str) -> None:
    assert scrub(text) == text


@quick
@given(
    st.text("0123456789", min_size=9, max_size=9),
    st.sampled_from(["{}", "cpf {}.", "({})", "x{}x", "a:{}\n"]),
)
def test_every_valid_cpf_is_found(base: str, frame: str) -> None:
    number = base + cpf_check_digits(base)
    if is_cpf(number):
        assert base not in scrub(frame.format(number))
        assert base[3:6] not in scrub(frame.format(format_tax_id(number))).split("***")[0]


@quick
@given(
    st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=12, max_size=12),
    st.sampled_from(["{}", "CNPJ {}.", '"{}"']),
)
def test_every_valid_cnpj_is_found(base: str, frame: str) -> None:
    number = base + cnpj_check_digits(base)
    if is_cnpj(number):
        masked = frame.format(f"***{number[-4:]}")
        assert scrub(frame.format(number)) == masked
        assert scrub(frame.format(format_tax_id(number))) == masked


@quick
@given(st.text("0123456789", min_size=25, max_size=25))
def test_every_line_and_barcode_is_found(free_field: str) -> None:
    code = build_boleto_code(bank_code="237", free_field=free_field, amount=None, due_date=None)
    for text in (code.barcode, code.digitable_line, code.digitable_line_formatted):
        assert scrub(f"linha {text}, R$ 10,00") == f"linha ***{text[-4:]}, R$ 10,00"


@quick
@given(st.text("0123456789", min_size=8, max_size=8) | st.text("0123456789", min_size=13, max_size=13))
def test_short_and_thirteen_digit_numbers_are_left_alone(number: str) -> None:
    assert scrub(f"nosso número {number} recusado") == f"nosso número {number} recusado"


PIECES = [
    "307.184.625-80",
    "30718462580",
    "27051438000155",
    "7K3MPX2A000109",
    "cpf ",
    "CNPJ",
    BR_CODE,
    BR_CODE[:60],
    "23791.23405 90000.001231 45005.432104 4 16640000123456",
    "0" * 42,
    "1" * 44,
    "***",
    "*",
    "4725",
    " ",
    ".",
    "-",
    "@",
    "a@b.co",
    "eyJabcdefghij",
    "Bearer ",
    "basic",
    "000201",
    "6304ABCD",
    "/v2/",
    "5b1f0c7e9d3a4826a17f64c0be925d13",
    "-----BEGIN X-----",
    "-----END X-----",
    "\n",
    "x",
    "123",
    "12345678901",
]


@settings(quick, max_examples=600)
@given(
    st.lists(st.sampled_from(PIECES), max_size=8).map("".join)
    | st.text(st.characters())
    | st.text("0123 .-*@A", max_size=120)
)
def test_scrubbing_twice_changes_nothing_more(text: str) -> None:
    once = scrub(text)
    assert scrub(once) == once


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "1",
        "1 ",
        "1.",
        "12.",
        "a.",
        "a@",
        "@a",
        "a@a",
        "a@a.",
        ".-",
        "000201",
        "0002010000",
        "0002016304",
        "eyJ",
        "eyJa.",
        "eyJaaaaaaaa.",
        "-----BEGIN ",
        "-----BEGIN X-----",
        "-----END",
        "Bearer ",
        "Bearer\t",
        "/v2/",
        "/v2/a",
        "/cobv/-",
        "cpf",
        "cpf ",
        "CNPJ",
        "A1",
        "123.456.",
        "***1",
        "307.184.625-8",
        "bearerbearer ",
        "%",
        "\\/",
        "12345678901 ",
    ],
)
def test_hostile_text_takes_linear_time(piece: str) -> None:
    def seconds(size: int) -> float:
        text = (piece * size)[:size]
        started = time.perf_counter()
        scrub(text)
        return time.perf_counter() - started

    seconds(1_000)
    # Quadratic time would need minutes for this.
    assert seconds(100_000) < 2


def test_mask_tail() -> None:
    assert mask_tail("30718462580") == "***2580"
    assert mask_tail("123456789", 4) == "***6789"
    assert mask_tail("12345678", 4) == "***"
    assert mask_tail("1234", 4) == "***"
    assert mask_tail("", 4) == "***"
    assert mask_tail("123456", 2) == "***56"
    assert mask_tail("123456", 0) == "***"
    assert mask_tail("123456", -1) == "***"

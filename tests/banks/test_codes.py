"""Nosso número, campo livre, barcode and digitable line of every bank, computed without asking it."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from bankgateway.banks import banrisul, bb, bradesco, caixa, inter, itau, santander, sicoob, sicredi
from bankgateway.banks.banrisul import codes as banrisul_codes
from bankgateway.banks.bb import codes as bb_codes
from bankgateway.banks.bradesco import codes as bradesco_codes
from bankgateway.banks.caixa import codes as caixa_codes
from bankgateway.banks.itau import codes as itau_codes
from bankgateway.banks.sicredi import codes as sicredi_codes
from bankgateway.codes import (
    BoletoCodes,
    CodeError,
    build_dynamic_br_code,
    mod10,
    mod11_or_one,
    mod11_or_zero,
    parse_boleto_code,
)
from bankgateway.errors import ConfigurationError

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "boleto_codes.json").read_text("utf-8"))

BANKS = {
    "banrisul": banrisul,
    "bb": bb,
    "bradesco": bradesco,
    "caixa": caixa,
    "inter": inter,
    "itau": itau,
    "santander": santander,
    "sicoob": sicoob,
    "sicredi": sicredi,
}

# One account a bank and a nosso número on it, as a caller may write it.
ACCOUNTS: dict[str, Any] = {
    "banrisul": banrisul.Account(codigo_beneficiario="0012003456747"),
    "bb": bb.Account(convenio="2741863"),
    "bradesco": bradesco.Account(agencia="1394", conta="0052817"),
    "caixa": caixa.Account(codigo_beneficiario="507283"),
    "inter": inter.Account(operacao="7654321"),
    "itau": itau.Account(agencia="0057", conta="12345"),
    "santander": santander.Account(convenio="4821903"),
    "sicoob": sicoob.Account(cooperativa="3274", numero_cliente="281937"),
    "sicredi": sicredi.Account(cooperativa="0742", posto="11", codigo_beneficiario="48310"),
}
AMOUNT = Decimal("135.00")
DUE = date(2026, 12, 31)


def compute(account: Any, nosso_numero: str, **more: Any) -> BoletoCodes:
    codes = account.codes(**{"nosso_numero": nosso_numero, "amount": AMOUNT, "due_date": DUE, **more})
    assert isinstance(codes, BoletoCodes)
    return codes


def rebuild(account: Any, nosso_numero: str, text: str, **more: Any) -> BoletoCodes:
    """The codes of a boleto whose barcode or line is known: same amount, same due date."""
    known = parse_boleto_code(text, reference=date(2020, 1, 1))
    codes = compute(account, nosso_numero, amount=known.amount, due_date=known.due_date, **more)
    assert codes.barcode == known.barcode
    assert codes.digitable_line == known.digitable_line
    return codes


# Vectors of independent implementations -------------------------------------------------------------


def arguments(vector: dict[str, str]) -> tuple[Any, str, dict[str, Any]]:
    """Account, nosso número and other arguments of a vector, which names all banks' data alike."""
    v, number = vector, vector["nosso_numero"]
    match v["bank"]:
        case "itau":
            account: Any = itau.Account(
                agencia=v["agencia"], conta=v["conta_corrente"], carteira=v["carteira"]
            )
        case "bradesco":
            account = bradesco.Account(
                agencia=v["agencia"], conta=v["conta_corrente"], carteira=v["carteira"]
            )
        case "santander":
            account = santander.Account(convenio=v["convenio"], carteira=v["carteira"])
        case "bb":
            account = bb.Account(convenio=v["convenio"], carteira=v["carteira"])
        case "caixa":
            carteira = {"1": "RG", "2": "SR"}[v["carteira"]]
            account = caixa.Account(codigo_beneficiario=v["convenio"], carteira=carteira)
        case "banrisul":
            # The check digits the vectors give for the beneficiary are random; no barcode holds them.
            code = v["agencia"] + v["convenio"]
            account = banrisul.Account(
                codigo_beneficiario=code + banrisul_codes.nc(code), produto=v["carteira"]
            )
        case "sicredi":
            account = sicredi.Account(
                cooperativa=v["agencia"], posto=v["posto"], codigo_beneficiario=v["convenio"]
            )
            number = v["issue_date"][2:4] + v["byte_idt"] + number
        case "sicoob":
            account = sicoob.Account(
                cooperativa=v["agencia"], numero_cliente=v["convenio"], modalidade=v["variacao"]
            )
            return account, number, {"parcela": int(v["quantidade"])}
        case _:
            raise AssertionError(v["bank"])
    return account, number, {}


def printed(vector: dict[str, str]) -> str:
    """The printed form of a vector, in the places and with the hyphen of the bank's own."""
    text = vector["nosso_numero_printed"]
    match vector["bank"]:
        case "santander":
            return text.zfill(14)
        case "sicoob":
            return f"{text[:-1]}-{text[-1]}"
    return text


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: f"{v['bank']}-{v['nosso_numero']}")
def test_vectors(vector: dict[str, str]) -> None:
    account, number, more = arguments(vector)
    codes = compute(
        account,
        number,
        amount=Decimal(vector["amount"]),
        due_date=date.fromisoformat(vector["due_date"]),
        **more,
    )
    assert codes.nosso_numero_printed == printed(vector)
    assert codes.campo_livre == vector["campo_livre"]
    assert codes.barcode == vector["barcode"]
    assert codes.digitable_line_formatted == vector["digitable_line"]


def test_vectors_cover_every_bank_but_inter() -> None:
    assert {vector["bank"] for vector in VECTORS} == set(BANKS) - {"inter"}


# Worked examples of the banks -----------------------------------------------------------------------

EXAMPLES = [
    (
        inter.Account(operacao="7654321"),
        "4215300786",
        "187.45",
        date(2026, 10, 20),
        "42153007863",
        "00019/112/4215300786-3",
        "0001112765432142153007863",
        "07791160500000187450001112765432142153007863",
        "07790.00116 12765.432146 21530.078639 1 16050000018745",
    ),
    (
        inter.Account(operacao="1234567", carteira="110"),
        "0000000458-6",
        "276.15",
        date(2016, 10, 1),
        "00000004586",
        "00019/110/0000000458-6",
        "0001110123456700000004586",
        "07792693400000276150001110123456700000004586",
        "07790.00116 10123.456708 00000.045864 2 69340000027615",
    ),
    (
        itau.Account(agencia="0057", conta="12345", dac="7"),
        "123",
        "1234.56",
        date(2026, 12, 28),
        "00000123",
        "109/00000123-8",
        "1090000012380057123457000",
        "34192167400001234561090000012380057123457000",
        "34191.09008 00012.380051 71234.570001 2 16740000123456",
    ),
    (
        santander.Account(convenio="4821903"),
        "000000123457",
        "89.90",
        date(2026, 4, 10),
        "0000001234579",
        "000000123457-9",
        "9482190300000012345790101",
        "03391141200000089909482190300000012345790101",
        "03399.48218 90300.000016 23457.901017 1 14120000008990",
    ),
    (
        santander.Account(convenio="4821903"),
        "0000001234560",
        "150.75",
        date(2026, 3, 20),
        "0000001234560",
        "000000123456-0",
        "9482190300000012345600101",
        "03399139100000150759482190300000012345600101",
        "03399.48218 90300.000016 23456.001017 9 13910000015075",
    ),
    (
        bb.Account(convenio="2741863"),
        "48151",
        "1234.56",
        date(2027, 7, 15),
        "00027418630000048151",
        "27418630000048151",
        "0000002741863000004815117",
        "00194187300001234560000002741863000004815117",
        "00190.00009 02741.863001 00048.151179 4 18730000123456",
    ),
    (
        bb.Account(convenio="3128557"),
        "12345",
        "123456789.01",
        None,
        "00031285570000012345",
        "31285570000012345",
        "0000003128557000001234517",
        "00194000123456789010000003128557000001234517",
        "00190.00009 03128.557000 00012.345179 4 00012345678901",
    ),
    (
        bradesco.Account(agencia="1394", conta="0052817"),
        "25300001817",
        "349.90",
        date(2026, 11, 20),
        "25300001817",
        "09/25300001817-P",
        "1394092530000181700528170",
        "23791163600000349901394092530000181700528170",
        "23791.39401 92530.000188 17005.281708 1 16360000034990",
    ),
    (
        bradesco.Account(agencia="1394", conta="0052817"),
        "253000018471",
        "349.90",
        date(2026, 11, 20),
        "25300001847",
        "09/25300001847-1",
        "1394092530000184700528170",
        "23791163600000349901394092530000184700528170",
        "23791.39401 92530.000188 47005.281705 1 16360000034990",
    ),
    (
        bradesco.Account(agencia="1234", conta="0054321"),
        "12345",
        "1234.56",
        date(2026, 12, 18),
        "00000012345",
        f"09/00000012345-{bradesco_codes.check_digit('00000012345', carteira='09')}",
        "1234090000001234500543210",
        "23794166400001234561234090000001234500543210",
        "23791.23405 90000.001231 45005.432104 4 16640000123456",
    ),
    (
        caixa.Account(codigo_beneficiario="507283"),
        "14000000002517364",
        "250.00",
        date(2026, 9, 30),
        "14000000002517364",
        "14000000002517364-8",
        "5072832000100040025173646",
        "10497158500000250005072832000100040025173646",
        "10495.07286 32000.100043 00251.736468 7 15850000025000",
    ),
    (
        caixa.Account(codigo_beneficiario="1204567"),
        "483197",
        "123.45",
        date(2026, 10, 15),
        "14000000000483197",
        "14000000000483197-2",
        "1204567000100040004831971",
        "10491160000000123451204567000100040004831971",
        "10491.20452 67000.100049 00048.319719 1 16000000012345",
    ),
    (
        banrisul.Account(codigo_beneficiario="0012003456747"),
        "00123456",
        "150.50",
        date(2026, 9, 30),
        "0012345666",
        "00123456-66",
        "2100120034567001234564018",
        "04191158500000150502100120034567001234564018",
        "04192.10018 20034.567006 12345.640184 1 15850000015050",
    ),
    (
        banrisul.Account(codigo_beneficiario="0012003456747"),
        "0000002828",
        "150.50",
        date(2026, 9, 30),
        "0000002828",
        "00000028-28",
        "2100120034567000000284066",
        "04198158500000150502100120034567000000284066",
        "04192.10018 20034.567006 00002.840668 8 15850000015050",
    ),
    (
        # Espécie 31: neither amount nor due date.
        banrisul.Account(codigo_beneficiario="0012003456747"),
        "0012345666",
        None,
        None,
        "0012345666",
        "00123456-66",
        "2100120034567001234564018",
        "04197000000000000002100120034567001234564018",
        "04192.10018 20034.567006 12345.640184 7 00000000000000",
    ),
    (
        sicredi.Account(cooperativa="0742", posto="11", codigo_beneficiario="48310"),
        "26201357",
        "389.90",
        date(2026, 3, 20),
        "262013578",
        "26/201357-8",
        "1126201357807421148310104",
        "74895139100000389901126201357807421148310104",
        "74891.12628 01357.807427 11483.101041 5 13910000038990",
    ),
    (
        sicoob.Account(cooperativa="3274", numero_cliente="281937"),
        "1284-6",
        "512.40",
        date(2026, 5, 15),
        "00012846",
        "0001284-6",
        "1327401028193700012846001",
        "75692144700000512401327401028193700012846001",
        "75691.32744 01028.193702 00128.460011 2 14470000051240",
    ),
]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: f"{e[0].bank}-{e[5]}")
def test_worked_examples(example: tuple[Any, ...]) -> None:
    account, number, amount, due, *expected = example
    codes = compute(account, number, amount=amount and Decimal(amount), due_date=due)
    assert [
        codes.nosso_numero,
        codes.nosso_numero_printed,
        codes.campo_livre,
        codes.barcode,
        codes.digitable_line_formatted,
    ] == expected


# Published by the banks, or by the test suites of other libraries.
PUBLISHED = [
    (
        bradesco.Account(agencia="1234", conta="0123456"),
        "453",
        "23791690400000141501234090000000045301234560",
    ),
    (
        caixa.Account(codigo_beneficiario="537588"),
        "14000000000122902",
        "10496706600000001005375886000100040001229024",
    ),
    (
        caixa.Account(codigo_beneficiario="537588"),
        "122902",
        "10495375808600010004900012290243670660000000100",
    ),
    (
        caixa.Account(codigo_beneficiario="1100000"),
        "14000000137150303",
        "10499918200000001001100000000100041371503030",
    ),
    (
        caixa.Account(codigo_beneficiario="1100000"),
        "137150303",
        "10491100080000010004013715030303991820000000100",
    ),
    (
        banrisul.Account(codigo_beneficiario="0010000001088"),
        "58854907",
        "04191808600000500002100100000010588549074094",
    ),
    (
        banrisul.Account(codigo_beneficiario="0010000001088"),
        "58854907",
        "04192100180000001058785490740942180860000050000",
    ),
    (
        banrisul.Account(codigo_beneficiario="11029000150" + banrisul_codes.nc("11029000150")),
        "22832563-51",
        "04191647100001278902111029000150228325634059",
    ),
    (
        sicredi.Account(cooperativa="0156", posto="05", codigo_beneficiario="85305"),
        "19/200010-2",
        "74893787000000800001119200010201560585305102",
    ),
    (
        sicredi.Account(cooperativa="0156", posto="05", codigo_beneficiario="85305"),
        "192000102",
        "74891.11927 00010.201564 05853.051026 3 78700000080000",
    ),
    (
        sicredi.Account(cooperativa="0710", posto="65", codigo_beneficiario="00129"),
        "16/208879-3",
        "74891.11620 08879.307109 65001.291015 1 68940000019557",
    ),
    (
        # Byte 1: numbered by the cooperative.
        sicredi.Account(cooperativa="0512", posto="03", codigo_beneficiario="15335"),
        "251006142",
        "74891886400000099901125100614205120315335103",
    ),
    (
        sicoob.Account(cooperativa="4277", numero_cliente="172278"),
        "12349-2",
        "75697702200004011241427701017227800123492001",
    ),
    (
        sicoob.Account(cooperativa="4277", numero_cliente="172278"),
        "0012349",
        "75691.42776 01017.227800 01234.920013 7 70220000401124",
    ),
    (
        sicoob.Account(cooperativa="4327", numero_cliente="229385"),
        "2-4",
        "75691.43279 01022.938508 00000.240010 2 67080000005000",
    ),
    (
        sicoob.Account(cooperativa="3066", numero_cliente="189189"),
        "351-6",
        "75697782400000085001306601018918900003516001",
    ),
]


@pytest.mark.parametrize("published", PUBLISHED, ids=lambda p: f"{p[0].bank}-{p[2][:20]}")
def test_published_boletos(published: tuple[Any, str, str]) -> None:
    rebuild(*published)


def test_sicoob_instalment() -> None:
    account = sicoob.Account(cooperativa="4342", numero_cliente="63550")
    rebuild(account, "244-3", "75692868200000405001434201006355000002443003", parcela=3)


def test_itau_published_with_an_account_digit_that_breaks_the_rule() -> None:
    account = itau.Account(agencia="1234", conta="56789")
    codes = compute(account, "223350-2", amount=Decimal("600.00"), due_date=date(2017, 6, 19))
    assert codes.nosso_numero_printed == "109/00223350-2"
    free_field = itau_codes.campo_livre(
        "00223350", "2", carteira="109", agencia="1234", conta="56789", conta_dac="0"
    )
    known = parse_boleto_code("34191719500000600001090022335021234567890000", reference=date(2017, 1, 1))
    assert known.free_field == free_field
    assert known.digitable_line_formatted == "34191.09008 22335.021238 45678.900007 1 71950000060000"
    assert codes.campo_livre == free_field[:-4] + "7000"


def test_caixa_published_campo_livre() -> None:
    codes = compute(caixa.Account(codigo_beneficiario="005507"), "14222333777777777")
    assert codes.campo_livre == "0055077222133347777777771"


def test_caixa_published_br_code() -> None:
    url = caixa_codes.pix_url("14000000002517364", codigo_beneficiario="507283")
    code = build_dynamic_br_code(url=url, merchant_name="CAIXA ECONOMICA FEDERAL", merchant_city="BRASILIA")
    assert code.text == (
        "00020101021226890014br.gov.bcb.pix2567pix-qrcode.caixa.gov.br/api/v2/cobv/"
        "CO011005072830140000000025173645204000053039865802BR5923CAIXA ECONOMICA FEDERAL"
        "6008BRASILIA62070503***63049732"
    )


BARS = "NWnnwnNnWwWnnnWNWwnnnwWNnnnWWnnnWWnwwNnNnWnWnNnwwNwWnNnnnWNwnWnwNWNwnnnnWWnnnWWnWnnNwwnnNWnnWWnwNwnNWnnwNnnNWw"


@pytest.mark.parametrize("text", [BARS, f"<{BARS}>", f" &lt;{BARS}&gt; "])
def test_bradesco_barcode_in_letters(text: str) -> None:
    codes = compute(
        ACCOUNTS["bradesco"], "25300001817", amount=Decimal("349.90"), due_date=date(2026, 11, 20)
    )
    assert bradesco_codes.read_letters(text) == codes.barcode


@pytest.mark.parametrize(
    ("text", "reason", "position"),
    [
        ("<>", "invalid_length", None),
        ("NWnnwn", "invalid_length", None),
        ("NWnnwnnnnn", "invalid_characters", 6),
        ("NWnnX", "invalid_characters", 1),
    ],
)
def test_bradesco_barcode_in_wrong_letters(text: str, reason: str, position: int | None) -> None:
    with pytest.raises(CodeError, match="barcode letters") as caught:
        bradesco_codes.read_letters(text)
    assert (caught.value.reason, caught.value.position) == (reason, position)


# Check digits the banks publish ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("carteira", "number", "digit"),
    [
        ("110", "3006100001", "7"),
        ("110", "3006099999", "5"),
        ("110", "3006100000", "9"),
        ("110", "0004309540", "1"),
        ("110", "0000000001", "4"),
        ("110", "0000000458", "6"),
        ("112", "3006100001", "3"),
        ("112", "0000000458", "2"),
        ("112", "0000000001", "0"),
    ],
)
def test_inter_check_digits(carteira: str, number: str, digit: str) -> None:
    account = inter.Account(carteira=carteira, operacao="1234567")
    assert compute(account, number).nosso_numero == number + digit


@pytest.mark.parametrize(
    ("carteira", "number", "digit"),
    [
        ("09", "453", "P"),
        ("09", "456", "4"),
        ("09", "444", "0"),
        ("09", "468", "8"),
        ("09", "443", "2"),
        ("09", "1", "1"),
        ("19", "1", "P"),
        ("19", "2", "8"),
        ("19", "6", "0"),
        ("06", "525", "P"),
    ],
)
def test_bradesco_check_digits(carteira: str, number: str, digit: str) -> None:
    account = bradesco.Account(agencia="1394", conta="0052817", carteira=carteira)
    codes = compute(account, number)
    assert codes.nosso_numero_printed == f"{carteira}/{number.zfill(11)}-{digit}"
    assert compute(account, number.zfill(11) + digit) == codes
    assert compute(account, f"{number}-{digit}") == codes


def test_bradesco_account_digits() -> None:
    assert bradesco_codes.agencia_check_digit("0548") == "7"
    assert bradesco_codes.conta_check_digit("0001448") == "6"
    assert bradesco_codes.conta_check_digit("0052817") == "P"


@pytest.mark.parametrize(
    ("number", "nc"),
    [
        ("00189274", "46"),
        ("22200593", "78"),
        ("00009274", "22"),
        ("00009194", "38"),
        ("22832563", "51"),
        ("00000028", "28"),
        ("00000265", "06"),
        ("00000005", "90"),
        # Titles of the bank's sandbox, all with their digits.
        ("00000002", "64"),
        ("00000388", "06"),
        ("00179761", "25"),
        ("59384583", "77"),
        ("61099190", "37"),
    ],
)
def test_banrisul_check_digits(number: str, nc: str) -> None:
    account = ACCOUNTS["banrisul"]
    assert compute(account, number).nosso_numero == number + nc
    assert compute(account, number + nc) == compute(account, number)


@pytest.mark.parametrize(
    "code", ["0010000001088", "0010000027079", "0001000000171", "0001000000252", "0001000000333"]
)
def test_banrisul_beneficiaries_of_the_sandbox(code: str) -> None:
    assert banrisul.Account(codigo_beneficiario=code).codigo_beneficiario == code


def test_banrisul_beneficiary_digits() -> None:
    with pytest.raises(ValidationError, match="position 12: wrong check digit, expected 47, found 48"):
        banrisul.Account(codigo_beneficiario="0012003456748")


@pytest.mark.parametrize(("sequence", "digit"), [(41, "3"), (42, "1"), (43, "0")])
def test_caixa_check_digits(sequence: int, digit: str) -> None:
    codes = compute(ACCOUNTS["caixa"], str(sequence))
    assert codes.nosso_numero_printed == f"140000000000000{sequence}-{digit}"


def test_sicredi_check_digits() -> None:
    official = sicredi.Account(cooperativa="0100", posto="02", codigo_beneficiario="00248")
    assert compute(official, "18200001").nosso_numero == "182000011"
    other = sicredi.Account(cooperativa="0588", posto="07", codigo_beneficiario="31906")
    assert compute(other, "26/200041").nosso_numero == "262000412"


def test_sicoob_check_digits() -> None:
    account = sicoob.Account(cooperativa="4327", numero_cliente="229385")
    digits = [compute(account, f"{number:07}").nosso_numero[-1] for number in range(1, 11)]
    assert digits == list("7419630853")
    assert compute(account, f"{2:07}").nosso_numero == "00000024"


@pytest.mark.parametrize(
    ("sequence", "number"), [("400000192433", "4000001924330"), ("566612457800", "5666124578002")]
)
def test_santander_check_digits(sequence: str, number: str) -> None:
    assert compute(ACCOUNTS["santander"], sequence).nosso_numero == number


# Layouts without a published boleto -----------------------------------------------------------------


def test_itau_carteiras_with_a_short_digit() -> None:
    for carteira in itau_codes.SHORT_DAC_CARTEIRAS:
        account = itau.Account(agencia="0057", conta="12345", carteira=carteira)
        assert compute(account, "00000123").nosso_numero_printed[-1] == str(mod10(f"{carteira}00000123"))


def test_itau_112_is_the_same_with_and_without_the_account() -> None:
    assert mod10("005712345" + "7" + "112" + "00000123") == mod10("112" + "00000123")


def test_itau_carteiras_with_seu_numero() -> None:
    account = itau.Account(agencia="0057", conta="12345", carteira="198", codigo_cliente="54321")
    codes = compute(account, "123", seu_numero="777")
    digits = "198" + "00000123" + "0000777" + "54321"
    assert codes.campo_livre == f"{digits}{mod10(digits)}0"
    with pytest.raises(CodeError, match=r"^seu_numero: .*barcode needs it"):
        compute(account, "123")
    without = itau.Account(agencia="0057", conta="12345", carteira="198")
    with pytest.raises(CodeError, match=r"^codigo_cliente: .*barcode needs it"):
        compute(without, "123", seu_numero="777")


@pytest.mark.parametrize(
    ("convenio", "carteira", "given", "number", "campo_livre"),
    [
        ("123456", "17", "789", "12345600789", "12345600789" + "0452" + "00123873" + "17"),
        ("123456", "18", "12345600789", "12345600789", "12345600789" + "0452" + "00123873" + "18"),
        ("123456", "18", "1" * 17, "1" * 17, "123456" + "1" * 17 + "21"),
        ("123456", "16", "1" * 17, "1" * 17, "123456" + "1" * 17 + "21"),
        ("1234", "17", "789", "12340000789", "12340000789" + "0452" + "00123873" + "17"),
        ("1234", "17", "12340000789", "12340000789", "12340000789" + "0452" + "00123873" + "17"),
    ],
)
def test_bb_older_convenios(convenio: str, carteira: str, given: str, number: str, campo_livre: str) -> None:
    account = bb.Account(convenio=convenio, carteira=carteira, agencia="452", conta="123873")
    codes = compute(account, given)
    assert codes.nosso_numero == number
    assert codes.campo_livre == campo_livre
    assert codes.nosso_numero_printed.partition("-")[0] == number
    # On paper eleven digits have a check digit, seventeen have none.
    assert ("-" in codes.nosso_numero_printed) == (len(number) == 11)


def test_bb_nosso_numero_in_all_its_forms() -> None:
    account = bb.Account(convenio="2741863")
    expected = compute(account, "48151")
    for text in (
        "0000048151",
        "27418630000048151",
        "00027418630000048151",
        "27418630000048151-5",
        "274186300000481515",
        "48151-5",
        " 2741863.0000048151 ",
    ):
        assert compute(account, text) == expected
    with pytest.raises(CodeError, match=r"position 18: wrong check digit, expected 5, found X"):
        compute(account, "27418630000048151-X")


@pytest.mark.parametrize("convenio", ["12345", "12345678", "", "12A4"])
def test_bb_convenio_of_another_length(convenio: str) -> None:
    with pytest.raises(CodeError, match=r"^convenio"):
        bb_codes.nosso_numero("1", convenio=convenio, carteira="17")


def test_bb_older_convenio_needs_the_account() -> None:
    with pytest.raises(CodeError, match=r"^agencia: .*barcode needs it"):
        compute(bb.Account(convenio="123456"), "1")
    with pytest.raises(CodeError, match=r"^conta: .*barcode needs it"):
        compute(bb.Account(convenio="1234", agencia="0452"), "1")


def test_numbers_without_check_digit() -> None:
    free = santander.Account(convenio="4821903", check_digit=False)
    codes = compute(free, "1234578")
    assert codes.nosso_numero == codes.nosso_numero_printed == "0000001234578"
    assert codes.campo_livre == "9482190300000012345780101"
    complete = sicoob.Account(cooperativa="3274", numero_cliente="281937", check_digit=False)
    codes = compute(complete, "12847")
    assert codes.nosso_numero == "00012847"
    assert codes.campo_livre == "1327401028193700012847001"


def test_santander_insurer_and_carteiras() -> None:
    for carteira in ("101", "102", "201"):
        account = santander.Account(convenio="4821903", carteira=carteira, iof="7")
        assert compute(account, "0123457").campo_livre == f"9482190300000012345797{carteira}"


def test_sicredi_says_whether_the_amount_is_stated() -> None:
    account = sicredi.Account(cooperativa="0742", posto="11", codigo_beneficiario="48310", carteira="3")
    for amount, flag in ((AMOUNT, "1"), (None, "0"), (Decimal("0.00"), "0")):
        digits = f"3126201357807421148310{flag}0"
        assert compute(account, "26201357", amount=amount).campo_livre == f"{digits}{mod11_or_zero(digits)}"


def test_sicredi_posto_with_a_letter() -> None:
    data = {"cooperativa": "0742", "codigo_beneficiario": "48310"}
    assert sicredi_codes.check_digit("26201357", posto="A1", **data) == sicredi_codes.check_digit(
        "26201357", posto="00", **data
    )
    with pytest.raises(CodeError, match=r"^posto, position 1: wrong character, expected a digit, found A"):
        compute(sicredi.Account(posto="A1", **data), "26201357")


def test_caixa_not_registered() -> None:
    codes = compute(caixa.Account(codigo_beneficiario="507283", carteira="SR"), "1")
    assert codes.nosso_numero == "24000000000000001"


# Refusals -------------------------------------------------------------------------------------------

REFUSED = [
    # bank, account data, nosso número, other arguments, reason, field, position, expected, found
    ("inter", {}, "42153007864", "invalid_check_digit", "nosso_numero", 11, "3", "4"),
    ("inter", {}, "12345", "invalid_length", "nosso_numero", None, None, "5"),
    ("inter", {"carteira": "109"}, "4215300786", "unknown_choice", "carteira", None, "110, 112", "109"),
    ("inter", {"operacao": None}, "4215300786", "missing", "operacao", None, None, None),
    ("inter", {}, "00019/110/4215300786-3", "invalid_characters", "nosso_numero", 6, "a digit", "/"),
    ("itau", {}, "000001239", "invalid_check_digit", "nosso_numero", 9, "8", "9"),
    ("itau", {}, "123-9", "invalid_check_digit", "nosso_numero", 9, "8", "9"),
    ("itau", {}, "175/123-8", "invalid_characters", "nosso_numero", 4, "a digit", "/"),
    ("itau", {}, "1234567890", "invalid_length", "nosso_numero", None, "up to 8", "10"),
    ("itau", {}, "0000O123", "invalid_characters", "nosso_numero", 5, "a digit", "O"),
    ("itau", {"carteira": "999"}, "123", "unknown_choice", "carteira", None, "109", "999"),
    ("santander", {}, "0000001234578", "invalid_check_digit", "nosso_numero", 13, "9", "8"),
    ("santander", {}, "123456", "invalid_length", "nosso_numero", None, "7 or 12 digits, and 1", "6"),
    ("santander", {}, "12345678901", "invalid_length", "nosso_numero", None, "7 or 12", "11"),
    ("santander", {"check_digit": False}, "1" * 14, "invalid_length", "nosso_numero", None, "13", "14"),
    ("santander", {"check_digit": False}, "123-4", "invalid_length", None, None, "0", "1"),
    ("santander", {"convenio": "12345678"}, "0123457", "invalid_length", "convenio", None, "7", "8"),
    ("santander", {"carteira": "109"}, "0123457", "unknown_choice", "carteira", None, "101", "109"),
    ("bb", {}, "00127418630000048151", "wrong_prefix", "nosso_numero", 3, "0", "1"),
    ("bb", {}, "27418640000048151", "wrong_prefix", "nosso_numero", 7, "3", "4"),
    ("bb", {}, "123456789012", "invalid_length", "nosso_numero", None, "up to 10 or 17 or 20", "12"),
    ("bb", {}, "123456789012-1", "invalid_length", "nosso_numero", None, "17", "12"),
    ("bb", {"convenio": "123456"}, "1" * 17, "invalid_length", "nosso_numero", None, "up to 5 or 11", "17"),
    (
        "bb",
        {"convenio": "123456", "carteira": "18"},
        "1" * 14 + "-1",
        "invalid_length",
        "nosso_numero",
        None,
        "11",
        "14",
    ),
    ("bb", {"carteira": "99"}, "1", "unknown_choice", "carteira", None, "17", "99"),
    ("bradesco", {}, "25300001817-1", "invalid_check_digit", "nosso_numero", 12, "P", "1"),
    ("bradesco", {}, "25300001817p", "invalid_check_digit", "nosso_numero", 12, "P", "p"),
    ("bradesco", {}, "2530000181P", "invalid_characters", "nosso_numero", 11, "a digit", "P"),
    ("bradesco", {}, "0", "zero", "nosso_numero", None, None, None),
    ("bradesco", {"carteira": "99"}, "1", "unknown_choice", "carteira", None, "09", "99"),
    ("caixa", {}, "24000000002517364", "wrong_prefix", "nosso_numero", 1, "1", "2"),
    ("caixa", {}, "11000000002517364", "wrong_prefix", "nosso_numero", 2, "4", "1"),
    ("caixa", {}, "140000000025173649", "invalid_check_digit", "nosso_numero", 18, "8", "9"),
    ("caixa", {}, "1000000000000000-1", "invalid_length", "nosso_numero", None, "17", "16"),
    ("caixa", {"carteira": "CS"}, "1", "unknown_choice", "carteira", None, "RG, SR", "CS"),
    ("banrisul", {}, "0012345667", "invalid_check_digit", "nosso_numero", 9, "66", "67"),
    ("banrisul", {}, "123456", "invalid_length", "nosso_numero", None, "8 digits, and 2 more", "6"),
    ("banrisul", {}, "123456-6", "invalid_length", None, None, "2 characters", "1"),
    ("banrisul", {"produto": "3"}, "00123456", "unknown_choice", "produto", None, "1, 2", "3"),
    ("sicredi", {}, "262013579", "invalid_check_digit", "nosso_numero", 9, "8", "9"),
    ("sicredi", {}, "26001357", "out_of_range", "nosso_numero", 3, "1 to 9", "0"),
    ("sicredi", {}, "01357", "invalid_length", "nosso_numero", None, "8", "5"),
    ("sicredi", {"carteira": "2"}, "26201357", "unknown_choice", "carteira", None, "1, 3", "2"),
    ("sicoob", {}, "00012847", "invalid_check_digit", "nosso_numero", 8, "6", "7"),
    ("sicoob", {}, "12846", "invalid_length", "nosso_numero", None, "7 digits, and 1", "5"),
    ("sicoob", {}, "1284-", "invalid_length", None, None, "1", "0"),
    ("sicoob", {"modalidade": "09"}, "0001284", "unknown_choice", "modalidade", None, "01", "09"),
    ("sicoob", {}, "", "invalid_length", "nosso_numero", None, "7", "0"),
]


@pytest.mark.parametrize("case", REFUSED, ids=lambda c: f"{c[0]}-{c[2]}-{c[3]}")
def test_refusals_name_what_is_wrong(case: tuple[Any, ...]) -> None:
    bank, data, number, reason, field, position, expected, found = case
    account = ACCOUNTS[bank].model_copy(update=data)
    with pytest.raises(CodeError) as caught:
        compute(account, number)
    error = caught.value
    assert (error.reason, error.position, error.found) == (reason, position, found)
    assert error.field == (field or "nosso_numero check digit")
    assert (expected or "") in (error.expected or "")
    assert str(error).startswith(str(error.field))


@pytest.mark.parametrize("parcela", [0, 1000, -1])
def test_sicoob_instalment_out_of_range(parcela: int) -> None:
    with pytest.raises(CodeError, match=r"^parcela: .*1 to 999"):
        compute(ACCOUNTS["sicoob"], "0001284", parcela=parcela)


@pytest.mark.parametrize(
    ("bank", "data", "field"),
    [
        ("inter", {"operacao": "123"}, "operacao"),
        ("inter", {"carteira": "11"}, "carteira"),
        ("itau", {"agencia": "57", "conta": "12345"}, "agencia"),
        ("itau", {"agencia": "0057", "conta": "123457"}, "conta"),
        ("itau", {"agencia": "0057"}, "conta"),
        ("itau", {"agencia": "0057", "conta": "12345", "dac": "8"}, "dac, position 10.*expected 7, found 8"),
        ("santander", {"convenio": "1234567890"}, "convenio"),
        ("santander", {"convenio": "1234567", "iof": "1"}, "iof"),
        ("bb", {"convenio": "12345"}, "convenio"),
        ("bb", {"convenio": "1234567", "conta": "12387-3"}, "conta"),
        ("bradesco", {"agencia": "1394", "conta": "52817"}, "conta"),
        ("bradesco", {"agencia": "1394-0", "conta": "0052817"}, "agencia"),
        ("caixa", {"codigo_beneficiario": "5507"}, "codigo_beneficiario"),
        ("caixa", {"codigo_beneficiario": "0055077"}, "6 digits, or 7 from 1100000"),
        ("caixa", {"codigo_beneficiario": "1099999"}, "6 digits, or 7 from 1100000"),
        ("banrisul", {"codigo_beneficiario": "12003456747"}, "codigo_beneficiario.*13 digits, found 11"),
        ("banrisul", {"codigo_beneficiario": "001200345674A"}, "position 13.*found A"),
        ("sicredi", {"cooperativa": "742", "posto": "11", "codigo_beneficiario": "48310"}, "cooperativa"),
        ("sicredi", {"cooperativa": "0742", "posto": "1", "codigo_beneficiario": "48310"}, "posto"),
        ("sicoob", {"cooperativa": "3274", "numero_cliente": "12345678"}, "numero_cliente"),
        ("sicoob", {"cooperativa": "3274", "numero_cliente": "28193A"}, "numero_cliente"),
        ("sicoob", {"cooperativa": "3274", "numero_cliente": "281937", "carteira": "1"}, "carteira"),
    ],
)
def test_wrong_account_data_are_a_wrong_set_up(bank: str, data: dict[str, str], field: str) -> None:
    account_type = BANKS[bank].Account
    with pytest.raises(ConfigurationError, match=field):
        account_type.read(data)
    with pytest.raises(ValueError, match=field):
        account_type(**data)


def test_a_number_is_text() -> None:
    for account in ACCOUNTS.values():
        with pytest.raises(TypeError, match="lose leading zeros"):
            account.codes(nosso_numero=1284, amount=AMOUNT, due_date=DUE)


# What holds for every bank --------------------------------------------------------------------------

A_NUMBER = {
    "banrisul": "00123456",
    "bb": "48151",
    "bradesco": "25300001817",
    "caixa": "2517364",
    "inter": "4215300786",
    "itau": "123",
    "santander": "000000123457",
    "sicoob": "0001284",
    "sicredi": "26201357",
}


@pytest.mark.parametrize("bank", sorted(BANKS))
def test_the_folder_of_a_bank(bank: str) -> None:
    account_type = BANKS[bank].Account
    assert account_type.bank == bank
    assert isinstance(ACCOUNTS[bank], account_type)
    module = importlib.import_module(f"bankgateway.banks.{bank}.codes")
    assert compute(ACCOUNTS[bank], A_NUMBER[bank]).barcode[:3] == module.BANK_CODE


@pytest.mark.parametrize("bank", sorted(BANKS))
def test_repr_keeps_the_code_to_itself(bank: str) -> None:
    codes = compute(ACCOUNTS[bank], A_NUMBER[bank])
    text = repr(codes)
    for secret in (codes.barcode, codes.digitable_line, codes.campo_livre, codes.digitable_line_formatted):
        assert secret not in text
    assert codes.nosso_numero in text
    assert codes.barcode[-6:] in text


@pytest.mark.parametrize("bank", sorted(BANKS))
def test_both_forms_of_a_number_lead_to_the_same_boleto(bank: str) -> None:
    codes = compute(ACCOUNTS[bank], A_NUMBER[bank])
    assert compute(ACCOUNTS[bank], codes.nosso_numero) == codes
    assert compute(ACCOUNTS[bank], codes.nosso_numero_printed) == codes
    assert compute(ACCOUNTS[bank], f" {A_NUMBER[bank]} ") == codes


def digits(length: int, *, shortest: int | None = None) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=length if shortest is None else shortest, max_size=length)


def number(length: int, *, shortest: int | None = None) -> st.SearchStrategy[str]:
    return digits(length, shortest=shortest).filter(lambda text: text.strip("0") != "")


def one_of(*choices: str) -> st.SearchStrategy[str]:
    return st.sampled_from(choices)


def with_nc(code: str) -> str:
    return code + banrisul_codes.nc(code)


# Any account of a bank, and any number on it without check digit.
ANY: dict[str, tuple[st.SearchStrategy[Any], st.SearchStrategy[str]]] = {
    "banrisul": (
        st.builds(banrisul.Account, codigo_beneficiario=digits(11).map(with_nc), produto=one_of("1", "2")),
        number(8),
    ),
    "bb": (
        st.builds(
            bb.Account,
            convenio=st.one_of(digits(4), digits(6), digits(7)),
            carteira=one_of("11", "16", "17", "18"),
            agencia=digits(4, shortest=1),
            conta=digits(8, shortest=1),
        ),
        # A convênio of zeros with a sequence of zeros is no number.
        number(5, shortest=1),
    ),
    "bradesco": (
        st.builds(
            bradesco.Account, agencia=digits(4), conta=digits(7), carteira=one_of("09", "19", "26", "06")
        ),
        number(11, shortest=1),
    ),
    "caixa": (
        st.builds(
            caixa.Account,
            codigo_beneficiario=st.one_of(digits(6), st.integers(1100000, 9999999).map(str)),
            carteira=one_of("RG", "SR"),
        ),
        number(15, shortest=1),
    ),
    "inter": (st.builds(inter.Account, operacao=digits(7), carteira=one_of("110", "112")), number(10)),
    "itau": (
        st.builds(
            itau.Account,
            agencia=digits(4),
            conta=digits(5),
            carteira=st.sampled_from(sorted(itau_codes.CARTEIRAS - itau_codes.SEU_NUMERO_CARTEIRAS)),
        ),
        number(8, shortest=1),
    ),
    "santander": (
        st.builds(
            santander.Account,
            convenio=digits(7, shortest=1),
            carteira=one_of("101", "102", "201"),
            iof=one_of("0", "7", "8", "9"),
        ),
        st.one_of(number(7), number(12)),
    ),
    "sicoob": (
        st.builds(
            sicoob.Account,
            cooperativa=digits(4),
            numero_cliente=digits(7, shortest=1),
            modalidade=one_of("01", "02", "03", "04", "05", "06", "08"),
        ),
        number(7),
    ),
    "sicredi": (
        st.builds(sicredi.Account, cooperativa=digits(4), posto=digits(2), codigo_beneficiario=digits(5)),
        st.builds(lambda year, byte, rest: f"{year}{byte}{rest}", digits(2), one_of(*"123456789"), digits(5)),
    ),
}

ANY_AMOUNT = st.one_of(
    st.none(), st.integers(1, 9_999_999_999).map(lambda centavos: Decimal(centavos).scaleb(-2))
)
ANY_DUE = st.one_of(st.none(), st.dates(date(2020, 1, 1), date(2040, 12, 31)))


@pytest.mark.parametrize("bank", sorted(BANKS))
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_every_boleto_can_be_read_back(bank: str, data: st.DataObject) -> None:
    accounts, numbers = ANY[bank]
    account, amount, due = data.draw(accounts), data.draw(ANY_AMOUNT), data.draw(ANY_DUE)
    codes = compute(account, data.draw(numbers), amount=amount, due_date=due)
    assert len(codes.campo_livre) == 25
    assert codes.campo_livre.isdigit()
    assert codes.barcode[4] == str(mod11_or_one(codes.barcode[:4] + codes.barcode[5:]))
    for text in (codes.barcode, codes.digitable_line, codes.digitable_line_formatted):
        read = parse_boleto_code(text, reference=due or DUE)
        assert (read.barcode, read.digitable_line) == (codes.barcode, codes.digitable_line)
        assert (read.amount, read.due_date, read.free_field) == (amount, due, codes.campo_livre)
    assert compute(account, codes.nosso_numero, amount=amount, due_date=due) == codes
    assert compute(account, codes.nosso_numero_printed, amount=amount, due_date=due) == codes


@pytest.mark.parametrize("bank", sorted(BANKS))
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_only_one_check_digit_is_right(bank: str, data: st.DataObject) -> None:
    accounts, numbers = ANY[bank]
    account = data.draw(accounts)
    codes = compute(account, data.draw(numbers))
    number, _, right = codes.nosso_numero_printed.partition("-")
    if not right:
        return
    choices = "0123456789PX" if len(right) == 1 else [f"{nc:02}" for nc in range(100)]
    wrong = data.draw(st.sampled_from([digit for digit in choices if digit != right]))
    with pytest.raises(CodeError) as caught:
        compute(account, f"{number}-{wrong}")
    assert (caught.value.reason, caught.value.expected, caught.value.found) == (
        "invalid_check_digit",
        right,
        wrong,
    )


NEARLY_DIGITS = st.one_of(st.text(), st.text("0123456789-/. PXx٣²", max_size=24))


@pytest.mark.parametrize("bank", sorted(BANKS))
@settings(max_examples=60, deadline=None)
@given(text=NEARLY_DIGITS)
def test_any_text_is_a_number_or_refused(bank: str, text: str) -> None:
    try:
        codes = compute(ACCOUNTS[bank], text)
    except CodeError as error:
        assert str(error)
    else:
        assert len(codes.barcode) == 44


@pytest.mark.parametrize("bank", sorted(BANKS))
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_account_data_are_right_or_refused(bank: str, data: st.DataObject) -> None:
    good = ACCOUNTS[bank].model_dump(exclude_none=True)
    field = data.draw(st.sampled_from(sorted(name for name, value in good.items() if isinstance(value, str))))
    check: Callable[..., Any] = BANKS[bank].Account
    try:
        account = check(**{**good, field: data.draw(NEARLY_DIGITS)})
        codes = compute(account, A_NUMBER[bank])
    except (CodeError, ValidationError) as error:
        assert str(error)
    else:
        assert len(codes.campo_livre) == 25

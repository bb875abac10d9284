"""What Inter issues for a cobrança: numbers, barcode, Pix. Production's, and the sandbox's filler."""

from __future__ import annotations

import string
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from random import Random

from bankgateway_mocks.codes import barcode, br_code, digitable_line, modulo_10
from bankgateway_mocks.inter import SANDBOX

BANK = "077"
AGENCIA = "0001"
CARTEIRA = "112"
OPERACAO = "7654321"
MERCHANT = ("LOJA MODELO LTDA", "BELO HORIZONTE", "30110000")
TXID_LENGTH = 35
LETTERS = string.ascii_letters + string.digits


@dataclass(frozen=True, slots=True)
class Identity:
    """What stays the same when amount or due date of a cobrança change.

    Attributes:
        nosso_numero: 11 digits with check digit; 10 in the sandbox.
        txid: Identifier of the Pix charge.
        location: Last part of the Pix payload's URL.
    """

    nosso_numero: str
    txid: str
    location: str


def identity(number: int, account: str, now: datetime, random: Random, *, sandbox: bool) -> Identity:
    """Numbers for a new cobrança.

    Args:
        number: Running number, up to 10 digits.
        account: Conta corrente; the sandbox puts it into the nosso número.
        now: Aware.
        random: Where the rest comes from.
        sandbox: Filler instead of the real thing.
    """
    milliseconds = int(now.timestamp() * 1000)
    known = f"{account if sandbox else OPERACAO}{milliseconds}"
    txid = known + "".join(random.choices(LETTERS, k=TXID_LENGTH - len(known)))
    location = f"{random.getrandbits(128):032x}"
    return Identity(_nosso_numero(number, account, sandbox), txid, location)


def _nosso_numero(number: int, account: str, sandbox: bool) -> str:
    if sandbox:
        return f"{account[:5]}{number % 100000:05d}"
    digits = f"{number:010d}"
    return f"{digits}{modulo_10(AGENCIA + CARTEIRA + digits)}"


def boleto(
    identity: Identity, due: date, amount: Decimal, account: str, random: Random, *, sandbox: bool
) -> dict[str, str]:
    """The `boleto` object. The sandbox's barcode and line are filler that contradicts itself."""
    if sandbox:
        return {
            "nossoNumero": identity.nosso_numero,
            "codigoBarras": _filler(account, 44, random),
            "linhaDigitavel": _filler(account, 47, random),
        }
    code = barcode(BANK, due, amount, AGENCIA + CARTEIRA + OPERACAO + identity.nosso_numero)
    return {
        "nossoNumero": identity.nosso_numero,
        "codigoBarras": code,
        "linhaDigitavel": digitable_line(code),
    }


def _filler(account: str, length: int, random: Random) -> str:
    start = "000000" + account
    return start + "".join(random.choices(string.digits, k=length - len(start)))


def pix(identity: Identity, amount: Decimal, *, sandbox: bool) -> dict[str, str]:
    """The `pix` object. The sandbox's code has a field longer than EMV can say."""
    if sandbox:
        host = SANDBOX.removeprefix("https://")
        emv = br_code(f"{host}/pj-s/v2/cobv/{identity.location}", amount, "*", "Belo Horizont")
    else:
        emv = br_code(f"pix.example.com/qr/v2/cobv/{identity.location}", amount, *MERCHANT)
    return {"txid": identity.txid, "pixCopiaECola": emv}

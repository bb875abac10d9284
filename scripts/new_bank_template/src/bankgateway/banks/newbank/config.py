"""NEW_NAME: account, credentials, hosts, scopes, limits, capabilities.

Source: PLACEHOLDER, an invented API. Name the bank's documentation here, with version and date.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar

from pydantic import Field

from bankgateway import config
from bankgateway.banks.newbank.codes import boleto_codes
from bankgateway.capabilities import Capabilities, Numbering, Operation
from bankgateway.codes.boleto_codes import BoletoCodes
from bankgateway.config import Certificate, Environment, Secret
from bankgateway.models.commands import Cancel
from bankgateway.transport import RateLimit

BANK = "newbank"
MESSAGE_LENGTH = 80


# PLACEHOLDER: what the bank calls its account data, and how long each number is.
class Account(config.Account):
    """An account with a contract for boletos.

    Attributes:
        agencia: Branch, 4 digits.
        conta: Account number with its check digit, digits only.
    """

    bank: ClassVar[str] = BANK

    agencia: Annotated[str, Field(pattern=r"^[0-9]{4}$")]
    conta: Annotated[str, Field(pattern=r"^[0-9]{1,10}$")]

    def codes(self, *, nosso_numero: str, amount: Decimal | None, due_date: date | None) -> BoletoCodes:
        """Nosso número, campo livre, barcode and line of one boleto: see `codes.boleto_codes`."""
        return boleto_codes(nosso_numero, amount, due_date, agencia=self.agencia, conta=self.conta)


# PLACEHOLDER: what the bank's portal hands out.
class Credentials(config.Credentials):
    """What the bank's portal gives for an application.

    Attributes:
        client_id: Of the application.
        client_secret: Of the application.
        certificate: Presented to the bank where one is given.
        scopes: Asked for with each token.
    """

    bank: ClassVar[str] = BANK

    client_id: Annotated[str, Field(min_length=1)]
    client_secret: Secret
    # PLACEHOLDER: required, without a default, where the bank demands mTLS.
    certificate: Certificate | None = None
    scopes: tuple[str, ...] = ("boletos",)


# PLACEHOLDER: the bank's published calls per minute, in production and in the sandbox.
_LIMITS = {
    "token": RateLimit(10),
    "register": RateLimit(120),
    "query": RateLimit(120),
    "cancel": RateLimit(120),
}

# PLACEHOLDER: hosts. An environment whose answers are known to be filler gets `checks_answers=False`.
ENVIRONMENTS = {
    "production": Environment(
        name="production",
        hosts={"api": "https://api.newbank.example"},
        limits=_LIMITS,
    ),
    "sandbox": Environment(
        name="sandbox",
        hosts={"api": "https://sandbox.newbank.example"},
        limits=_LIMITS,
    ),
}

# PLACEHOLDER: everything the bank offers, and nothing else. The matrix of the docs is made from it.
CAPABILITIES = Capabilities(
    operations=frozenset(
        {Operation.REGISTER, Operation.QUERY, Operation.CANCEL, Operation.PARSE_WEBHOOK},
    ),
    commands=frozenset({Cancel}),
    numbering=Numbering.BANK,
    certificate=False,
    amount_min=Decimal("0.01"),
    amount_max=Decimal("99999999.99"),
    seu_numero_max=15,
    chooses_issue_date=False,
    max_messages=3,
    message_length=MESSAGE_LENGTH,
    notes={
        "query": "by nosso_numero or by seu_numero",
        "cancel": "reason of up to 40 characters",
        "parse_webhook": "not signed",
    },
    # PLACEHOLDER: "documentation only", or "sandbox checked on" a date; the page says the same.
    status="placeholder, checked against nothing",
)

# PLACEHOLDER: how a customer renews the certificate; leave it empty where the bank wants none.
RENEWAL_HINT = ""

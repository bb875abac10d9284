"""Banco Inter: account, credentials, hosts, scopes, limits, capabilities.

Source: Banco Inter, API Cobrança v3 (OpenAPI and portal texts, 2026).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field, SecretStr

from bankgateway import config
from bankgateway.banks.inter.codes import boleto_codes
from bankgateway.capabilities import Capabilities, Numbering, Operation
from bankgateway.codes.boleto_codes import BoletoCodes
from bankgateway.config import Certificate, Environment, Secret
from bankgateway.models.charges import DiscountKind, FineKind, InterestKind
from bankgateway.models.commands import Cancel, ChangeAmount, ChangeDueDate
from bankgateway.models.results import SearchDate
from bankgateway.security.certificate import ClientCertificate
from bankgateway.transport import RateLimit

BANK = "inter"
MAX_AGENDA_DAYS = 60


class Account(config.Account):
    """An account of the Conta Digital PJ.

    Attributes:
        conta_corrente: Account number with its check digit, digits only, no leading zeros. Needed only
            when the application is linked to more than one account; other applications may leave it out.
        expires_after_days: Days after the due date during which a boleto can be paid, where
            `NewBoleto.expires_after_days` says nothing. The bank's own default is 0, which ends the
            boleto on its due date and so voids fine and interest in silence; ours is the bank's maximum.
        carteira: `112`, which the API uses, or `110`. Only the codes need it.
        operacao: Contract of the beneficiary, 7 digits. The API neither asks for it nor tells it; only
            the codes need it.
    """

    bank: ClassVar[str] = BANK

    conta_corrente: Annotated[str | None, Field(pattern=r"^[1-9][0-9]{0,19}$")] = None
    expires_after_days: Annotated[int, Field(ge=0, le=MAX_AGENDA_DAYS)] = MAX_AGENDA_DAYS
    carteira: Annotated[str, Field(pattern=r"^[0-9]{3}$")] = "112"
    operacao: Annotated[str | None, Field(pattern=r"^[0-9]{7}$")] = None

    def codes(self, *, nosso_numero: str, amount: Decimal | None, due_date: date | None) -> BoletoCodes:
        """Nosso número, campo livre, barcode and line of one boleto: see `codes.boleto_codes`."""
        return boleto_codes(nosso_numero, amount, due_date, carteira=self.carteira, operacao=self.operacao)


class Credentials(config.Credentials):
    """What Internet Banking PJ gives for an integration.

    Attributes:
        client_id: From the application's detail screen.
        client_secret: From the same screen.
        certificate: From `Inter_API-Chave_e_Certificado.zip`: `ClientCertificate.from_zip(...)`.
        scopes: Asked for with each token. A scope that was not ticked when the application was made
            fails the token request.
    """

    bank: ClassVar[str] = BANK

    client_id: Annotated[str, Field(min_length=1)]
    client_secret: Secret
    certificate: Certificate
    scopes: tuple[str, ...] = ("boleto-cobranca.read", "boleto-cobranca.write")

    if TYPE_CHECKING:
        # What may be given is wider than what the fields then hold.
        def __init__(
            self,
            *,
            client_id: str,
            client_secret: str | SecretStr,
            certificate: ClientCertificate | Mapping[str, Any],
            scopes: tuple[str, ...] = ...,
        ) -> None: ...


# Calls per minute. The figures are counted here per credential; the bank does not say what it counts by.
_PRODUCTION_LIMITS = {
    "token": RateLimit(5),
    "register": RateLimit(120),
    "query": RateLimit(120),
    "search": RateLimit(120),
    "summary": RateLimit(120),
    "fetch_pdf": RateLimit(120),
    "cancel": RateLimit(120),
    "alter": RateLimit(10),
    "alteration": RateLimit(10),
    "webhook": RateLimit(5),
    "callbacks": RateLimit(10),
    "resend": RateLimit(5),
}
_SANDBOX_LIMITS = {
    bucket: RateLimit(min(limit.calls, 10))
    for bucket, limit in _PRODUCTION_LIMITS.items()
    if bucket != "resend"
} | {"pay": RateLimit(10)}

ENVIRONMENTS = {
    "production": Environment(
        name="production",
        hosts={"api": "https://cdpj.partners.bancointer.com.br"},
        limits=_PRODUCTION_LIMITS,
        poll_interval=1.0,
    ),
    # The sandbox answers with filler: barcode and line of bank 000 that contradict each other, and a BR
    # Code with a length of three digits.
    "sandbox": Environment(
        name="sandbox",
        hosts={"api": "https://cdpj-sandbox.partners.uatinter.co"},
        limits=_SANDBOX_LIMITS,
        poll_interval=6.0,
        checks_answers=False,
    ),
}

CAPABILITIES = Capabilities(
    operations=frozenset(Operation),
    commands=frozenset({Cancel, ChangeDueDate, ChangeAmount}),
    numbering=Numbering.BANK,
    asynchronous=True,
    certificate=True,
    amount_min=Decimal("2.50"),
    amount_max=Decimal("99999999.99"),
    seu_numero_max=15,
    interest=frozenset({InterestKind.AMOUNT_PER_DAY, InterestKind.MONTHLY_RATE}),
    fine=frozenset({FineKind.AMOUNT, FineKind.PERCENTAGE}),
    discounts=frozenset({DiscountKind.AMOUNT_UNTIL, DiscountKind.PERCENTAGE_UNTIL}),
    max_discounts=1,
    rate_places=2,
    guarantor=True,
    guarantor_address=True,
    chooses_issue_date=False,
    hybrid=True,
    expires_after_days=(0, MAX_AGENDA_DAYS),
    max_messages=5,
    message_length=78,
    search_dates=frozenset(SearchDate),
    search_filters=frozenset({"status", "payer_tax_id", "payer_name", "seu_numero"}),
    bank_filters=frozenset({"tipoCobranca", "ordenarPor", "tipoOrdenacao"}),
    notes={
        "register": "asynchronous: barcode and Pix come some seconds later, see `wait`",
        "query": "by bank_id; by seu_numero through a search",
        "cancel": "asynchronous; reason of up to 50 characters",
        "change_due_date": "asynchronous, up to 30 minutes",
        "change_amount": "asynchronous, up to 30 minutes",
        "settlements": "without fee and day of credit",
        "parse_webhook": "not signed; the bank presents a client certificate",
        "hybrid": "needs a Pix key on the account; Pix alone is not offered",
    },
    status="documentation only",
)

RENEWAL_HINT = (
    "Banco Inter has no renewal by API: make a new integration in Internet Banking PJ "
    "(Gestão de integrações), download its key and certificate, and change over before the old one ends."
)

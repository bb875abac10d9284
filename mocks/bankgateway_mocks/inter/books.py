"""The books of the fake of Inter: what happens to a cobrança, without any HTTP."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar, Literal

from bankgateway.models.boleto import BoletoStatus
from bankgateway.models.clock import Clock
from bankgateway_mocks.fake import BoletoName, BookEntry, FakeBank
from bankgateway_mocks.inter.artefacts import boleto, identity, pix
from bankgateway_mocks.inter.charge import Charge, Edition, Job, Webhook, dump, duplicate_key

DUPLICATE_WINDOW = timedelta(minutes=30)
OPEN = ("A_RECEBER", "ATRASADO")
FIRST_NUMBER = 4215300786

STATUS = {
    "EM_PROCESSAMENTO": BoletoStatus.PENDING_REGISTRATION,
    "A_RECEBER": BoletoStatus.REGISTERED,
    "ATRASADO": BoletoStatus.OVERDUE,
    "RECEBIDO": BoletoStatus.PAID,
    "MARCADO_RECEBIDO": BoletoStatus.PAID,
    "CANCELADO": BoletoStatus.CANCELLED,
    "EXPIRADO": BoletoStatus.EXPIRED,
    "FALHA_EMISSAO": BoletoStatus.REJECTED,
    "PROTESTO": BoletoStatus.PROTESTED,
}


class InterBooks(FakeBank):
    """State of the fake of Inter, and the controls that change it.

    Attributes:
        processing_queries: Queries that still find an emission EM_PROCESSAMENTO.
        cancel_queries: Queries that find a cancelled cobrança still open.
        edit_polls: Looks at an edition that still find it PROCESSANDO.
        processing_seconds: Emissions, cancellations and editions end after this time even if nobody
            looks; `None` for never.
        has_pix_key: Without a key on the account no cobrança gets a Pix.
        sandbox_artefacts: Behave like the bank's sandbox where that differs: filler for barcode and
            Pix, no check of CPF and CNPJ, unpadded amounts in webhooks, sandbox limits.
    """

    webhook_schedule: ClassVar[Sequence[timedelta]] = tuple(timedelta(minutes=m) for m in (20, 30, 60, 120))

    def __init__(self, slug: str, *, clock: Clock | None = None, seed: int = 0) -> None:
        super().__init__(slug, clock=clock, seed=seed)
        self.processing_queries = 1
        self.cancel_queries = 1
        self.edit_polls = 1
        self.processing_seconds: float | None = None
        self.has_pix_key = True
        self.sandbox_artefacts = False
        self._charges: dict[str, Charge] = {}
        self._editions: dict[str, Edition] = {}
        self._webhooks: dict[str, Webhook] = {}
        self._taken: dict[tuple[str, tuple[str, Decimal, str, str]], datetime] = {}
        self._doomed: set[str] = set()
        self._edits_to_fail = 0
        self._numbers = itertools.count(FIRST_NUMBER)
        self._swept_on = self.clock.today()

    # What callers ask for

    def _is_duplicate(self, order: Mapping[str, Any], account: str) -> bool:
        before = self._taken.get((account, duplicate_key(order)))
        return before is not None and self.clock.now() - before < DUPLICATE_WINDOW

    def _take(self, order: Mapping[str, Any], account: str) -> Charge:
        now, today = self.clock.now(), self.clock.today()
        self._taken[account, duplicate_key(order)] = now
        charge = Charge(
            id=self._uuid(),
            account=account,
            order=order,
            registered_at=now,
            issued_on=today,
            since=today,
            amount=Decimal(order["valorNominal"]),
            due=date.fromisoformat(order["dataVencimento"]),
        )
        self._charges[charge.id] = charge
        charge.emission = self._job(self.processing_queries)
        if charge.emission.at_once:
            self._finish_emission(charge)
        return charge

    def _look(self, charge: Charge) -> None:
        if charge.emission and charge.emission.looked_at():
            self._finish_emission(charge)
        if charge.cancellation and charge.cancellation.looked_at():
            self._finish_cancellation(charge)

    def _start_cancellation(self, charge: Charge, reason: str) -> None:
        charge.reason = reason
        charge.cancellation = charge.cancellation or self._job(self.cancel_queries)
        if charge.cancellation.at_once:
            self._finish_cancellation(charge)

    def _start_edition(self, charge: Charge, amount: Decimal | None, due: date | None) -> Edition:
        doomed = self._edits_to_fail > 0
        self._edits_to_fail -= doomed
        edition = Edition(self._uuid(), charge, amount, due, self._job(self.edit_polls), doomed)
        self._editions[edition.id] = edition
        if edition.job.at_once:
            self._finish_edition(edition)
        return edition

    def _uuid(self) -> str:
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))

    def _job(self, looks: int) -> Job:
        if self.processing_seconds is None:
            return Job(looks)
        return Job(looks, self.clock.now() + timedelta(seconds=self.processing_seconds))

    # What happens to a cobrança

    def _finish_emission(self, charge: Charge) -> None:
        charge.emission = None
        if charge.seu_numero in self._doomed:
            self._doomed.discard(charge.seu_numero)
            self._become(charge, "FALHA_EMISSAO")
            return
        charge.identity = identity(
            next(self._numbers),
            charge.account,
            self.clock.now(),
            self.random,
            sandbox=self.sandbox_artefacts,
        )
        self._issue(charge)
        self._become(charge, "A_RECEBER")
        self._expire_if_over(charge)

    def _issue(self, charge: Charge) -> None:
        sandbox = self.sandbox_artefacts
        if charge.identity and "BOLETO" in charge.forms:
            charge.boleto = boleto(
                charge.identity, charge.due, charge.amount, charge.account, self.random, sandbox=sandbox
            )
        if charge.identity and "PIX" in charge.forms and self.has_pix_key:
            charge.pix = pix(charge.identity, charge.amount, sandbox=sandbox)

    def _finish_cancellation(self, charge: Charge) -> None:
        charge.cancellation = None
        if charge.state == "A_RECEBER":
            self._become(charge, "CANCELADO")

    def _finish_edition(self, edition: Edition) -> None:
        charge = edition.charge
        if edition.doomed or charge.state != "A_RECEBER":
            edition.status = "FALHA"
            return
        edition.status = "SUCESSO"
        charge.amount = edition.amount or charge.amount
        charge.due = edition.due or charge.due
        self._issue(charge)

    def _settle(self, charge: Charge, origin: str, amount: Decimal) -> None:
        charge.paid, charge.origin, charge.cancellation = amount, origin, None
        self._become(charge, "RECEBIDO")

    def _become(self, charge: Charge, state: str) -> None:
        now, today = self.clock.now(), self.clock.today()
        charge.state, charge.since = state, today
        webhook = self._webhooks.get(charge.account)
        headers = {
            "content-type": "application/json",
            "user-agent": "Java-http-client/17.0.12",
            "x-conta-corrente": charge.account,
            "x-chave-idempotencia": self._uuid(),
        }
        body = dump([charge.event(now, today, sandbox=self.sandbox_artefacts)])
        self._notify(webhook.url if webhook else None, headers, body, (charge.id,))

    def _pass_time(self) -> None:
        now, today = self.clock.now(), self.clock.today()
        if self.processing_seconds is not None:
            self._finish_jobs(lambda job: job.due_at is not None and job.due_at <= now)
        if today != self._swept_on:
            self._swept_on = today
            for charge in self._charges.values():
                self._expire_if_over(charge)

    def _finish_jobs(self, ready: Callable[[Job], bool]) -> None:
        for charge in self._charges.values():
            if charge.emission and ready(charge.emission):
                self._finish_emission(charge)
            if charge.cancellation and ready(charge.cancellation):
                self._finish_cancellation(charge)
        for edition in self._editions.values():
            if edition.status == "PROCESSANDO" and ready(edition.job):
                self._finish_edition(edition)

    def _expire_if_over(self, charge: Charge) -> None:
        if charge.state == "A_RECEBER" and self.clock.today() > charge.last_day:
            self._become(charge, "EXPIRADO")
            charge.since = charge.last_day + timedelta(days=1)

    # Controls

    @property
    def books(self) -> list[BookEntry]:
        """Every cobrança the bank holds, oldest first."""
        self._catch_up()
        return [self._entry(charge) for charge in self._charges.values()]

    def _entry(self, charge: Charge) -> BookEntry:
        situation, _ = charge.situation(self.clock.today())
        return BookEntry(
            bank_id=charge.id,
            seu_numero=charge.seu_numero,
            nosso_numero=charge.boleto["nossoNumero"] if charge.boleto else None,
            amount=charge.amount,
            due_date=charge.due,
            payer_tax_id=charge.payer["cpfCnpj"],
            status=STATUS[situation],
            bank_status=situation,
            paid_amount=charge.paid,
            registered_at=charge.registered_at,
        )

    def pay(
        self, boleto: BoletoName, *, by: Literal["PIX", "BOLETO"] = "PIX", amount: Decimal | None = None
    ) -> None:
        """The payer pays; an emission under way is finished first."""
        charge = self._issued(boleto)
        self._settle(charge, by, charge.amount if amount is None else amount)

    def mark_received(self, boleto: BoletoName) -> None:
        """Somebody marks it as received in Internet Banking: no money comes in through the bank.

        Raises:
            LookupError: No such boleto, or more than one.
            ValueError: Its state forbids it.
        """
        self._become(self._issued(boleto), "MARCADO_RECEBIDO")

    def expire(self, boleto: BoletoName) -> None:
        """The bank drops the boleto now, whatever the date."""
        self._become(self._issued(boleto), "EXPIRADO")

    def fail_emission(self, boleto: BoletoName) -> None:
        """The emission fails after the 200: of one under way at once, of one to come when it is due."""
        try:
            charge = self._charges[self._find(boleto)]
        except LookupError:
            self._doomed.add(boleto if isinstance(boleto, str) else boleto.seu_numero or "")
            return
        if charge.emission is None:
            raise ValueError(f"{charge.seu_numero}: issued already, it is {charge.state}")
        self._doomed.add(charge.seu_numero)
        self._finish_emission(charge)

    def fail_next_edition(self) -> None:
        """The next edition ends in FALHA."""
        self._edits_to_fail += 1

    def settle_now(self) -> None:
        """Finish emissions, cancellations and editions under way."""
        self._catch_up(everything=True)
        self._finish_jobs(lambda job: True)

    def _issued(self, boleto: BoletoName) -> Charge:
        charge = self._charges[self._find(boleto)]
        if charge.emission:
            self._finish_emission(charge)
        situation, _ = charge.situation(self.clock.today())
        if situation not in OPEN:
            raise ValueError(f"{charge.seu_numero}: it is {situation}")
        return charge

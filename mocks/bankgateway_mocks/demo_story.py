"""The story of the demo: the life of boletos at one fake bank, every step through the public SDK.

Whatever it says has been checked against the real results first; what does not fit is `NotAsTold`.
"""

from __future__ import annotations

from contextlib import AsyncExitStack
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import anyio
import anyio.to_thread
from cryptography import x509

import bankgateway
from bankgateway import (
    BankClient,
    Boleto,
    BoletoStatus,
    CertificateExpired,
    ChangeAmount,
    ChangeDueDate,
    ClientCertificate,
    CommandStatus,
    Event,
    EventType,
    Fine,
    Interest,
    NewBoleto,
    NotSent,
    PaymentChannel,
    Settings,
    Trust,
)
from bankgateway.codes import format_digitable_line, parse_boleto_code, parse_br_code
from bankgateway.render import render_pdf
from bankgateway_mocks import samples
from bankgateway_mocks.demo_screen import Screen
from bankgateway_mocks.fake import Call, FakeBank, ServedBank
from bankgateway_mocks.faults import DropAfter
from bankgateway_mocks.pki import Pki
from bankgateway_mocks.webhooks import ReceivedWebhook, WebhookReceiver

HOLDER = "Loja Modelo Ltda"
PATIENCE = 5.0
"""Seconds for whatever a bank does in its own time; this one needs a tenth."""


class NotAsTold(Exception):
    """Something did not happen as the demo says."""


def expect(happened: bool, sentence: str) -> None:
    """Make sure of something before it is told.

    Raises:
        NotAsTold: With the sentence.
    """
    if not happened:
        raise NotAsTold(sentence)


def reais(amount: Decimal | None) -> str:
    """`R$ 1.234,56`, as in Brazil."""
    return "?" if amount is None else f"R$ {amount:,.2f}".translate(str.maketrans(",.", ".,"))


class Story:
    """One run.

    Args:
        slug: Which bank.
        screen: Where it is told.
        output: Folder of the PDF; made when missing.
    """

    served: ServedBank
    receiver: WebhookReceiver
    bank: BankClient

    def __init__(self, slug: str, screen: Screen, output: Path) -> None:
        self.slug = slug
        self.screen = screen
        self.output = anyio.Path(output)
        self.fake = FakeBank(slug)

    async def tell(self) -> None:
        """Every step.

        Raises:
            NotAsTold: One of them went another way.
        """
        async with AsyncExitStack() as resources:
            await self._open_bank(resources)
            await self._listen(resources)
            boleto = await self._register()
            await self._fetch_pdf(boleto)
            paid = await self._pay(boleto)
            await self._settle(paid)
            await self._change_and_cancel()
            await self._lose_an_answer()
            await self._show_wrong_certificates()
            self._close_books()

    # -- the steps -------------------------------------------------------------------------------

    async def _open_bank(self, resources: AsyncExitStack) -> None:
        with self.screen.step(
            "Connect",
            "certificate = ClientCertificate.from_zip(content)",
            f'bank = bankgateway.connect("{self.slug}", credentials, account=account, ...)',
        ) as step:
            archive = self.fake.pki.client_certificate(HOLDER).zip_inter()
            certificate = await anyio.to_thread.run_sync(ClientCertificate.from_zip, archive)
            self.served = await resources.enter_async_context(self.fake.serve())
            self.bank = await resources.enter_async_context(self._connect(certificate))
            expect(certificate.days_left() >= 364, "the certificate should be valid for a year")
            expect(not self.fake.calls, "nothing should be sent before it is needed")
            step.say(
                "The fake bank is up and asks for a client certificate. Ours comes from the ZIP that the "
                "bank hands out, and was checked before the first call."
            )
            step.facts(
                ("bank", self.served.base_url),
                ("holder", f"{certificate.subject}, certified by {certificate.issuer}"),
                ("valid", f"until {certificate.expires_at:%Y-%m-%d}, {certificate.days_left()} days left"),
                ("fingerprint", certificate.fingerprint),
            )

    async def _listen(self, resources: AsyncExitStack) -> None:
        with self.screen.step("Listen for webhooks", "await bank.set_webhook(url)") as step:
            # Only who shows a certificate of the bank's webhook CA gets in.
            context = self.fake.pki.server_context(client_ca=self.fake.webhook_pki.ca_pem)
            self.receiver = await resources.enter_async_context(WebhookReceiver(context))
            await self.bank.set_webhook(self.receiver.url)
            registered = await self.bank.get_webhook()
            if registered is None or registered.url != self.receiver.url:
                raise NotAsTold("the bank should have the address of the webhook")
            step.say("Our receiver lets in whoever shows the bank's certificate, nobody else.")
            step.facts(("the bank", f"will notify {registered.url}"))

    async def _register(self) -> Boleto:
        new = samples.new_boleto(
            self.slug,
            seu_numero="DEMO-1",
            hybrid=True,
            fine=Fine.percent(Decimal(2)),
            interest=Interest.monthly(Decimal(1)),
        )
        with self.screen.step(
            "Register a boleto with Pix", "boleto = await bank.register(NewBoleto(...), wait=5)"
        ) as step:
            boleto = await self._register_complete(new)
            pix = boleto.pix.emv if boleto.pix else None
            if pix is None:
                raise NotAsTold("a hybrid boleto should have a Pix code")
            expect(parse_br_code(pix).amount == new.amount, "the Pix code should hold the amount")
            step.panel(
                f"{self.bank.bank_name} {self.bank.compe}",
                [
                    ("status", f"{boleto.status} ({boleto.bank_status})"),
                    ("payer", f"{new.payer.name}, {new.payer.address.city if new.payer.address else ''}"),
                    ("amount", reais(boleto.amount)),
                    ("due", f"{boleto.due_date}, then a fine of 2% and interest of 1% a month"),
                    ("number", f"nosso_numero {boleto.nosso_numero}, seu_numero {boleto.seu_numero}"),
                    ("line", format_digitable_line(boleto.digitable_line or "")),
                    ("checked", "the line holds this amount, this due date and this bank"),
                ],
            )
            step.to_copy("Pix copy and paste, of a fake bank, so no app can pay it:", pix)
            step.qr(pix)
        return boleto

    async def _fetch_pdf(self, boleto: Boleto) -> None:
        with self.screen.step(
            "Print it: the bank's PDF, and our own",
            "pdf = await bank.fetch_pdf(boleto)",
            "pdf = render_pdf(boleto, beneficiary=us)",
        ) as step:
            await self.output.mkdir(parents=True, exist_ok=True)
            name = f"{self.slug}-{boleto.seu_numero}"
            theirs = await self.bank.fetch_pdf(boleto)
            ours = await anyio.to_thread.run_sync(self._render, boleto)
            for title, path, pdf in (
                ("the bank's", self.output / f"{name}-bank.pdf", theirs),
                ("our own", self.output / f"{name}.pdf", ours),
            ):
                await path.write_bytes(pdf)
                step.facts((title, f"{path} ({len(pdf):,} bytes)"))

    def _render(self, boleto: Boleto) -> bytes:
        us = samples.payer(name=HOLDER, tax_id="98765432000198")
        return render_pdf(boleto, beneficiary=us, payer=samples.payer())

    async def _pay(self, boleto: Boleto) -> Boleto:
        with self.screen.step(
            "The payer pays by Pix",
            "events = bank.parse_webhook(headers, body)",
            "boleto = await bank.query(boleto)",
        ) as step:
            self.fake.pay(boleto, by="PIX")
            webhook, event = await self._payment_event()
            told = event.boleto
            if told is None or told.ref.bank_id != boleto.ref.bank_id:
                raise NotAsTold("the webhook should be about the boleto that was paid")
            paid = await self.bank.query(boleto)
            expect(paid.status is BoletoStatus.PAID, f"the boleto should be paid, it is {paid.status}")
            expect(paid.paid_amount == boleto.amount, "the whole amount should have come in")
            expect(paid.payment_channel is PaymentChannel.PIX, "it should have been paid by Pix")
            expect(_payment(told) == _payment(paid), "webhook and query should tell the same payment")
            step.facts(
                ("webhook", f"from {_holder(webhook)}, by its client certificate"),
                ("event", f"{event.type}, {_payment(told)}"),
            )
            step.say("The bank does not sign its webhooks, so ask it before you credit money:")
            step.facts(("query", f"{paid.status}, {_payment(paid)}"))
        return paid

    async def _settle(self, paid: Boleto) -> None:
        with self.screen.step(
            "What came in today?", "async for paid in bank.settlements(today, today): ..."
        ) as step:
            day = paid.paid_on
            if day is None:
                raise NotAsTold("a paid boleto should have a day of payment")
            settled = [settlement async for settlement in self.bank.settlements(day, day)]
            expect(
                [item.ref.seu_numero for item in settled] == [paid.seu_numero],
                "the day should have exactly this one settlement",
            )
            step.facts(
                *(
                    (
                        str(item.paid_on),
                        f"{item.ref.seu_numero}  {reais(item.paid_amount)}  {item.payment_channel}",
                    )
                    for item in settled
                )
            )

    async def _change_and_cancel(self) -> None:
        with self.screen.step(
            "Change another boleto, then cancel it",
            "result = await bank.execute(boleto, ChangeDueDate(day))",
            "result = await bank.follow(result, wait=5)",
            "result = await bank.execute(boleto, ChangeAmount(amount), wait=5)",
            "result = await bank.cancel(boleto, wait=5)",
        ) as step:
            first = await self._register_complete(samples.new_boleto(self.slug, seu_numero="DEMO-2"))
            changed = await self._change(first)
            cancelled = await self.bank.cancel(changed, "Pedido do cliente", wait=PATIENCE)
            end = cancelled.boleto
            expect(
                cancelled.status is CommandStatus.DONE
                and end is not None
                and end.status is BoletoStatus.CANCELLED,
                "the boleto should be cancelled",
            )
            step.say("A new date or amount makes a new line: the old one no longer holds.")
            step.facts(
                ("before", f"{reais(first.amount)}, due {first.due_date}"),
                ("", format_digitable_line(first.digitable_line or "")),
                ("after", f"{reais(changed.amount)}, due {changed.due_date}"),
                ("", format_digitable_line(changed.digitable_line or "")),
                ("in the end", f"{end.status} ({end.bank_status})" if end else ""),
            )

    async def _change(self, boleto: Boleto) -> Boleto:
        due = (boleto.due_date or self.fake.clock.today()) + timedelta(days=7)
        amount = Decimal("150.00")
        result = await self.bank.execute(boleto, ChangeDueDate(due))
        result = await self.bank.follow(result, wait=PATIENCE)
        expect(result.status is CommandStatus.DONE, "the change of the due date should be done")
        result = await self.bank.execute(boleto, ChangeAmount(amount), wait=PATIENCE)
        changed = result.boleto
        if result.status is not CommandStatus.DONE or changed is None:
            raise NotAsTold("the change of the amount should be done")
        code = parse_boleto_code(changed.digitable_line or "")
        expect((code.amount, code.due_date) == (amount, due), "the new line should hold what was changed")
        expect(changed.digitable_line != boleto.digitable_line, "the line should be another one")
        return changed

    async def _lose_an_answer(self) -> None:
        new = samples.new_boleto(self.slug, seu_numero="DEMO-3")
        with self.screen.step(
            "The answer gets lost", "boleto = await bank.register(NewBoleto(...), wait=5)"
        ) as step:
            calls, registered = len(self.fake.calls), self.fake.processed("register")
            self.fake.faults.add(DropAfter(), operation="register")
            boleto = await self._register_complete(new)
            recovered = [notice.message for notice in boleto.notices if notice.code == "recovered"]
            held = [entry for entry in self.fake.books if entry.seu_numero == new.seu_numero]
            expect(len(recovered) == 1, "the SDK should say that it had to look the boleto up")
            expect(
                len(held) == 1 and self.fake.processed("register") == registered + 1,
                f"the bank should hold one boleto {new.seu_numero}, it holds {len(held)}",
            )
            step.say(
                "The bank books this one and then cuts the connection instead of answering. Sending it "
                "again might charge the payer twice, so the SDK looks it up."
            )
            step.facts(
                ("on the wire", ", ".join(_shown(call) for call in self.fake.calls[calls:])),
                ("the SDK", recovered[0]),
                ("the books", f"hold exactly {len(held)} boleto {boleto.seu_numero}, {boleto.status}"),
            )

    async def _show_wrong_certificates(self) -> None:
        with self.screen.step(
            "The wrong certificate", f'bankgateway.connect("{self.slug}", wrong_credentials, ...)'
        ) as step:
            calls, connections = len(self.fake.calls), self.served.server.connections
            expired = await self._refused_expired()
            expect(self.served.server.connections == connections, "an expired one should stay at home")
            foreign = await self._refused_foreign()
            expect(foreign.reason == "certificate", "the refusal should have been about the certificate")
            expect(self.served.server.connections > connections, "the bank should have seen the foreign one")
            expect(len(self.fake.calls) == calls, "no request should have come through with either")
            step.facts(
                ("expired", f"{type(expired).__name__}, raised by connect() itself"),
                ("", str(expired)),
                (
                    "foreign CA",
                    f"{type(foreign).__name__}: not processed, safe to repeat (reason: {foreign.reason})",
                ),
                ("", str(foreign)),
            )

    async def _refused_expired(self) -> CertificateExpired:
        yesterday = self.fake.clock.now() - timedelta(days=1)
        expired = self.fake.pki.client_certificate(HOLDER, not_after=yesterday)
        try:
            client = self._connect(expired.certificate())
        except CertificateExpired as error:
            return error
        await client.aclose()
        raise NotAsTold("an expired certificate should be refused when the client is made")

    async def _refused_foreign(self) -> NotSent:
        stranger = Pki("Another CA").client_certificate(HOLDER).certificate()
        async with self._connect(stranger) as client:
            try:
                await client.register(samples.new_boleto(self.slug))
            except NotSent as error:
                return error
        raise NotAsTold("the bank should refuse a certificate of another CA")

    def _close_books(self) -> None:
        with self.screen.step("The books") as step:
            books = self.fake.books
            tokens = sum(call.operation == "token" for call in self.fake.calls)
            duplicates = len(books) - len({entry.seu_numero for entry in books})
            expect(tokens == 1, f"one token should have done, {tokens} were requested")
            expect(len(books) == 3, f"the bank should hold 3 boletos, it holds {len(books)}")
            expect(duplicates == 0, f"the bank holds {duplicates} duplicates")
            expect(not self.served.server.errors, f"the fake bank failed: {self.served.server.errors}")
            step.facts(
                *(
                    (entry.seu_numero, f"{reais(entry.amount):>12}  due {entry.due_date}  {entry.status}")
                    for entry in books
                )
            )
        self.screen.close(
            f"{len(self.fake.calls)} calls, {tokens} token, {len(books)} boletos, {duplicates} duplicates, "
            f"{self.screen.seconds:.1f} s",
            "All of it was checked on the way. Its code: bankgateway_mocks/demo_story.py",
        )

    # -- what steps share ------------------------------------------------------------------------

    def _connect(self, certificate: ClientCertificate) -> BankClient:
        return bankgateway.connect(
            self.slug,
            {**samples.credentials_data(self.slug), "certificate": certificate},
            account=samples.account_data(self.slug),
            environment=self.served.environment,
            settings=Settings(trust=Trust(ca_pem=self.served.ca_pem)),
        )

    async def _register_complete(self, new: NewBoleto) -> Boleto:
        boleto = await self.bank.register(new, wait=PATIENCE)
        expect(
            boleto.status is BoletoStatus.REGISTERED,
            f"boleto {new.seu_numero} should be registered, it is {boleto.status}",
        )
        expect(
            all(notice.code != "answer_contradicts" for notice in boleto.notices),
            f"the answer contradicts itself: {boleto.notices}",
        )
        code = parse_boleto_code(boleto.digitable_line or "")
        expect(
            (code.bank_code, code.amount, code.due_date) == (self.bank.compe, new.amount, new.due_date),
            "the digitable line should hold bank, amount and due date",
        )
        expect(code.barcode == boleto.barcode, "line and barcode should be the same code")
        return boleto

    async def _payment_event(self) -> tuple[ReceivedWebhook, Event]:
        # Registrations are notified as well: read on until the payment.
        with anyio.move_on_after(PATIENCE):
            while True:
                webhook = await self.receiver.next(within=PATIENCE + 1)
                for event in self.bank.parse_webhook(webhook.headers, webhook.body):
                    if event.type is EventType.PAID:
                        return webhook, event
        raise NotAsTold(f"no webhook about the payment came within {PATIENCE:g} s")


def _holder(webhook: ReceivedWebhook) -> str:
    if webhook.client_certificate is None:
        raise NotAsTold("the bank should have shown its certificate to the receiver of webhooks")
    subject = x509.load_der_x509_certificate(webhook.client_certificate).subject
    return repr(subject.rfc4514_string().removeprefix("CN="))


def _payment(boleto: Boleto) -> str:
    return f"{reais(boleto.paid_amount)} by {boleto.payment_channel} on {boleto.paid_on}"


def _shown(call: Call) -> str:
    return call.operation if call.status is not None else f"{call.operation} (no answer)"

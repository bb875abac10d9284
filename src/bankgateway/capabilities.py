"""What a bank can do: operations, commands, fields, limits.

Data that is checked before any I/O, tested by the contract suite, and printed as the matrix of the docs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from bankgateway.errors import ErrorMessage, InvalidRequest, Unsupported
from bankgateway.models.boleto import DocumentKind, NewBoleto
from bankgateway.models.charges import DiscountKind, FineKind, InterestKind, PaymentRuleKind
from bankgateway.models.commands import Command
from bankgateway.models.results import Search, SearchDate


class Operation(StrEnum):
    """The verbs of `BankClient`."""

    REGISTER = "register"
    QUERY = "query"
    SEARCH = "search"
    CANCEL = "cancel"
    FETCH_PDF = "fetch_pdf"
    SETTLEMENTS = "settlements"
    SET_WEBHOOK = "set_webhook"
    GET_WEBHOOK = "get_webhook"
    DELETE_WEBHOOK = "delete_webhook"
    PARSE_WEBHOOK = "parse_webhook"


class Numbering(StrEnum):
    """Who makes the nosso número."""

    BANK = "bank"
    CALLER = "caller"
    EITHER = "either"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What one bank offers through its API.

    Attributes:
        operations: Verbs that work.
        commands: Commands that `execute` takes.
        numbering: Who makes the nosso número.
        asynchronous: Whether registration is finished only some time after the call.
        certificate: Whether a client certificate is needed.
        amount_min: Smallest amount, reais.
        amount_max: Largest amount, reais.
        seu_numero_max: Longest document number.
        interest: Forms of interest.
        fine: Forms of fine.
        discounts: Forms of discount.
        max_discounts: How many discounts at the same time.
        rate_places: Decimal places of a percentage.
        charge_start: Whether fine and interest may start on a chosen day.
        rebate: Rebate at registration.
        protest: Automatic protest at registration.
        negativation: Automatic negativation at registration.
        payment_rules: Forms of divergent payment that can be chosen; empty where there is no such field.
        partial_payments: Whether several payments can be allowed.
        guarantor: Sacador avalista.
        beneficiary: A beneficiary named apart from the account.
        document_kinds: Espécies; empty where there is no such field.
        chooses_issue_date: Whether an issue date can be sent.
        hybrid: Whether a Pix QR can be asked for or refused.
        expires_after_days: Smallest and largest number of days payable after the due date.
        payer_address: Whether the payer's address is needed.
        guarantor_address: Whether the guarantor's address is needed.
        max_messages: Lines of text.
        message_length: Characters a line.
        search_dates: Which dates a search may be by.
        search_filters: Which filters of `Search` work.
        bank_filters: Which of the bank's own filters `Search.bank_filters` may name.
        notes: Footnotes of the matrix, by operation, command kind or field.
        status: `documentation only`, or `sandbox checked on DATE`.
    """

    operations: frozenset[Operation]
    commands: frozenset[type[Command]] = frozenset()
    numbering: Numbering = Numbering.BANK
    asynchronous: bool = False
    certificate: bool = False
    amount_min: Decimal = Decimal("0.01")
    amount_max: Decimal = Decimal("99999999.99")
    seu_numero_max: int = 25
    interest: frozenset[InterestKind] = frozenset()
    fine: frozenset[FineKind] = frozenset()
    discounts: frozenset[DiscountKind] = frozenset()
    max_discounts: int = 0
    rate_places: int = 2
    charge_start: bool = False
    rebate: bool = False
    protest: bool = False
    negativation: bool = False
    payment_rules: frozenset[PaymentRuleKind] = frozenset()
    partial_payments: bool = False
    guarantor: bool = False
    beneficiary: bool = False
    document_kinds: frozenset[DocumentKind] = frozenset()
    chooses_issue_date: bool = True
    hybrid: bool = False
    expires_after_days: tuple[int, int] | None = None
    payer_address: bool = True
    guarantor_address: bool = False
    max_messages: int = 0
    message_length: int = 0
    search_dates: frozenset[SearchDate] = frozenset()
    search_filters: frozenset[str] = frozenset()
    bank_filters: frozenset[str] = frozenset()
    notes: Mapping[str, str] = field(default_factory=dict)
    status: str = "documentation only"

    def supports(self, what: Operation | str | Command | type[Command]) -> bool:
        """Whether an operation or a command is offered."""
        if isinstance(what, Command):
            return type(what) in self.commands
        if isinstance(what, type):
            return what in self.commands
        return what in self.operations or any(command.kind == what for command in self.commands)

    def check_new(self, bank: str, new: NewBoleto) -> None:
        """Refuse what this bank cannot register.

        Raises:
            Unsupported: A field, or a form of it, that the bank has no place for.
            InvalidRequest: A value outside the bank's limits.
        """
        for name, fault in self._missing_fields(new):
            raise Unsupported(f"{fault} (field {name})", field=name, bank=bank, operation=Operation.REGISTER)
        broken = [ErrorMessage(text, field=name) for name, text in self._broken_limits(new)]
        if broken:
            raise InvalidRequest(
                "refused before sending", messages=broken, bank=bank, operation=Operation.REGISTER
            )

    def check_search(self, bank: str, search: Search) -> None:
        """Refuse a filter this bank lacks.

        Raises:
            Unsupported: Naming the filter.
        """
        name: str | None
        if search.by not in self.search_dates:
            name = f"by={search.by.value}"
        else:
            lacking = [n for n in search.filters() if n not in self.search_filters]
            lacking += [n for n in search.bank_filters if n not in self.bank_filters]
            name = next(iter(lacking), None)
        if name is not None:
            raise Unsupported(
                f"the bank cannot search with {name}", field=name, bank=bank, operation=Operation.SEARCH
            )

    def _missing_fields(self, new: NewBoleto) -> Iterable[tuple[str, str]]:
        lacks = "the bank has no such field"
        if new.nosso_numero is not None and self.numbering is Numbering.BANK:
            yield "nosso_numero", "the bank gives the number itself"
        if new.issue_date is not None and not self.chooses_issue_date:
            yield "issue_date", "the bank sets the issue date itself"
        if new.document_kind is not None and new.document_kind not in self.document_kinds:
            yield (
                "document_kind",
                f"{new.document_kind.name} is not offered" if self.document_kinds else lacks,
            )
        for name, offered in (
            ("rebate", self.rebate), ("protest", self.protest), ("negativation", self.negativation),
            ("guarantor", self.guarantor), ("beneficiary", self.beneficiary),
        ):  # fmt: skip
            if getattr(new, name) is not None and not offered:
                yield name, lacks
        yield from self._missing_charges(new)
        if new.payment_rule is not None:
            if new.payment_rule.kind not in self.payment_rules | {PaymentRuleKind.EXACT}:
                yield "payment_rule", f"{new.payment_rule.kind.value} is not offered"
            if new.payment_rule.max_payments is not None and not self.partial_payments:
                yield "payment_rule.max_payments", "partial payments are not offered"
        if new.hybrid is not None and not self.hybrid:
            yield "hybrid", lacks
        if new.expires_after_days is not None and self.expires_after_days is None:
            yield "expires_after_days", lacks
        if new.messages and not self.max_messages:
            yield "messages", lacks

    def _missing_charges(self, new: NewBoleto) -> Iterable[tuple[str, str]]:
        if new.interest is not None and new.interest.kind not in self.interest | {InterestKind.EXEMPT}:
            yield "interest", f"{new.interest.kind.value} is not offered"
        if new.fine is not None and new.fine.kind not in self.fine:
            yield "fine", f"{new.fine.kind.value} is not offered"
        for name, charge in (("interest", new.interest), ("fine", new.fine)):
            if charge is not None and charge.starts_on is not None and not self.charge_start:
                yield f"{name}.starts_on", "the bank starts it the day after the due date"
        for discount in new.discounts:
            if discount.kind not in self.discounts:
                yield "discounts", f"{discount.kind.value} is not offered"
        if len(new.discounts) > self.max_discounts:
            yield "discounts", f"at most {self.max_discounts} at the same time"

    def _broken_limits(self, new: NewBoleto) -> Iterable[tuple[str, str]]:
        if not self.amount_min <= new.amount <= self.amount_max:
            yield "amount", f"must be from {self.amount_min} to {self.amount_max} reais"
        if len(new.seu_numero) > self.seu_numero_max:
            yield "seu_numero", f"longer than {self.seu_numero_max} characters; it is a key, so it is not cut"
        if new.nosso_numero is None and self.numbering is Numbering.CALLER:
            yield "nosso_numero", "the caller numbers the boletos at this bank"
        if self.payer_address and new.payer.address is None:
            yield "payer.address", "the bank wants the payer's address"
        if self.guarantor_address and new.guarantor is not None and new.guarantor.address is None:
            yield "guarantor.address", "the bank wants the guarantor's address"
        if len(new.messages) > self.max_messages:
            yield "messages", f"at most {self.max_messages} lines"
        yield from self._broken_rates(new)
        if new.expires_after_days is not None and self.expires_after_days is not None:
            least, most = self.expires_after_days
            if not least <= new.expires_after_days <= most:
                yield "expires_after_days", f"must be from {least} to {most}"

    def _broken_rates(self, new: NewBoleto) -> Iterable[tuple[str, str]]:
        charges = [("interest", new.interest), ("fine", new.fine), *(("discounts", d) for d in new.discounts)]
        unit = Decimal(1).scaleb(-self.rate_places)
        for name, charge in charges:
            if charge is not None and charge.rate is not None and charge.rate != charge.rate.quantize(unit):
                yield name, f"a rate has at most {self.rate_places} decimal places here"

"""What a bank can do: operations, commands, fields, limits.

Data that is checked before any I/O, tested by the contract suite, and printed as the matrix of the docs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from bankgateway.errors import ErrorMessage, InvalidRequest, Unsupported
from bankgateway.models.base import EXACT
from bankgateway.models.boleto import DocumentKind, NewBoleto
from bankgateway.models.charges import (
    Discount,
    DiscountKind,
    Fine,
    FineKind,
    Interest,
    InterestKind,
    Negativation,
    PaymentRule,
    PaymentRuleKind,
    Protest,
)
from bankgateway.models.commands import (
    ChangeAmount,
    ChangeSeuNumero,
    Command,
    SetDiscounts,
    SetFine,
    SetInterest,
)
from bankgateway.models.results import Search, SearchDate

Fault = tuple[str, str]
"""Our name of a field, and what is wrong with it."""

_LACKS = "the bank has no such field"
_OPTIONS = ("days", "cancel_boleto")


class Operation(StrEnum):
    """The verbs of `BankClient`."""

    REGISTER = "register"
    """Register a boleto."""
    QUERY = "query"
    """Ask for one boleto."""
    SEARCH = "search"
    """List boletos by date and filters."""
    CANCEL = "cancel"
    """Cancel a boleto (baixa)."""
    FETCH_PDF = "fetch_pdf"
    """The bank's own PDF."""
    SETTLEMENTS = "settlements"
    """List what was paid."""
    SET_WEBHOOK = "set_webhook"
    """Have the bank notify an address."""
    GET_WEBHOOK = "get_webhook"
    """Which address the bank notifies."""
    DELETE_WEBHOOK = "delete_webhook"
    """Have the bank notify nobody."""
    PARSE_WEBHOOK = "parse_webhook"
    """Read a notification."""


class Numbering(StrEnum):
    """Who makes the nosso número."""

    BANK = "bank"
    """Only the bank."""
    CALLER = "caller"
    """Only the caller."""
    EITHER = "either"
    """The bank, where the caller gives none."""


class DayCount(StrEnum):
    """How days after the due date are counted."""

    CALENDAR = "calendar"
    """Every day."""
    BUSINESS = "business"
    """Banking days."""


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
        seu_numero_characters: Class of a regular expression with the characters a document number may
            have; `None` takes all.
        company_reference_max: Longest second reference; 0 where there is no such field.
        interest: Forms of interest.
        fine: Forms of fine.
        discounts: Forms of discount.
        max_discounts: How many discounts at the same time.
        rate_places: Decimal places of a percentage.
        interest_start: Whether interest may start on a chosen day.
        fine_start: Whether the fine may start on a chosen day.
        rebate: Rebate at registration.
        protest: How the days of an automatic protest may be counted; empty where it is not offered.
        protest_days: Smallest and largest number of days.
        negativation: The same for an automatic negativation.
        negativation_days: Smallest and largest number of days.
        bureaus: Credit bureaus one may choose; empty where the bank chooses.
        payment_rules: Forms of divergent payment that can be chosen; empty where there is no such field.
        partial_payments: Whether several payments can be allowed.
        guarantor: Sacador avalista.
        beneficiary: A beneficiary named apart from the account.
        document_kinds: Espécies; empty where there is no such field.
        chooses_issue_date: Whether an issue date can be sent.
        hybrid: Whether a Pix QR can be asked for or refused.
        expires_after_days: Smallest and largest number of days payable after the due date.
        alphanumeric_cnpj: Whether a CNPJ with letters fits into the bank's fields.
        payer_address: Whether the payer's address is needed.
        guarantor_address: Whether the guarantor's address is needed.
        district: Whether such an address must have a district (bairro).
        max_messages: Lines of text.
        message_length: Characters a line.
        command_options: What `check_command` lets through besides the command itself: `request_protest.days`,
            `cancel_protest.cancel_boleto` and the like.
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
    seu_numero_characters: str | None = None
    company_reference_max: int = 0
    interest: frozenset[InterestKind] = frozenset()
    fine: frozenset[FineKind] = frozenset()
    discounts: frozenset[DiscountKind] = frozenset()
    max_discounts: int = 0
    rate_places: int = 2
    interest_start: bool = False
    fine_start: bool = False
    rebate: bool = False
    protest: frozenset[DayCount] = frozenset()
    protest_days: tuple[int, int] = (0, 99)
    negativation: frozenset[DayCount] = frozenset()
    negativation_days: tuple[int, int] = (0, 99)
    bureaus: frozenset[str] = frozenset()
    payment_rules: frozenset[PaymentRuleKind] = frozenset()
    partial_payments: bool = False
    guarantor: bool = False
    beneficiary: bool = False
    document_kinds: frozenset[DocumentKind] = frozenset()
    chooses_issue_date: bool = True
    hybrid: bool = False
    expires_after_days: tuple[int, int] | None = None
    alphanumeric_cnpj: bool = True
    payer_address: bool = True
    guarantor_address: bool = False
    district: bool = False
    max_messages: int = 0
    message_length: int = 0
    command_options: frozenset[str] = frozenset()
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
            InvalidRequest: Values outside the bank's limits, each named.
        """
        _refuse_lacking(bank, Operation.REGISTER, self._lacking_fields(new))
        _refuse_broken(bank, Operation.REGISTER, self._broken_limits(new))

    def check_command(self, bank: str, command: Command) -> None:
        """Refuse a command, or a part of it, that this bank does not offer.

        Raises:
            Unsupported: The command, a form of charge or an option.
            InvalidRequest: A value outside the bank's limits.
        """
        _refuse_lacking(bank, command.kind, self._lacking_of_command(command))
        _refuse_broken(bank, command.kind, self._broken_by_command(command))

    def check_search(self, bank: str, search: Search) -> None:
        """Refuse a filter this bank lacks.

        Raises:
            Unsupported: Naming the filter.
        """
        lacking = [f"by={search.by.value}"] if search.by not in self.search_dates else []
        lacking += [name for name in search.filters() if name not in self.search_filters]
        lacking += [name for name in search.bank_filters if name not in self.bank_filters]
        faults = ((name, "the bank cannot search with it") for name in lacking)
        _refuse_lacking(bank, Operation.SEARCH, faults)

    # -- what the bank has no place for ----------------------------------------------------------

    def _lacking_fields(self, new: NewBoleto) -> Iterator[Fault]:
        if new.nosso_numero is not None and self.numbering is Numbering.BANK:
            yield "nosso_numero", "the bank gives the number itself"
        if new.issue_date is not None and not self.chooses_issue_date:
            yield "issue_date", "the bank sets the issue date itself"
        if new.document_kind is not None and new.document_kind not in self.document_kinds:
            yield "document_kind", _not_offered(new.document_kind.name) if self.document_kinds else _LACKS
        for name, offered in (
            ("company_reference", self.company_reference_max), ("rebate", self.rebate),
            ("guarantor", self.guarantor), ("beneficiary", self.beneficiary), ("hybrid", self.hybrid),
            ("expires_after_days", self.expires_after_days), ("messages", self.max_messages),
        ):  # fmt: skip
            if getattr(new, name) not in (None, ()) and not offered:
                yield name, _LACKS
        yield from self._lacking_interest(new.interest, new.due_date)
        yield from self._lacking_fine(new.fine, new.due_date)
        yield from self._lacking_discounts(new.discounts)
        yield from self._lacking_follow_up("protest", new.protest, self.protest)
        yield from self._lacking_follow_up("negativation", new.negativation, self.negativation)
        yield from self._lacking_rule(new.payment_rule)

    def _lacking_interest(self, interest: Interest | None, due: date | None) -> Iterator[Fault]:
        if interest is not None:
            if interest.kind not in self.interest | {InterestKind.EXEMPT}:
                yield "interest", _not_offered(interest.kind)
            yield from _lacking_start("interest", interest.starts_on, self.interest_start, due)

    def _lacking_fine(self, fine: Fine | None, due: date | None) -> Iterator[Fault]:
        if fine is not None:
            if fine.kind not in self.fine:
                yield "fine", _not_offered(fine.kind)
            yield from _lacking_start("fine", fine.starts_on, self.fine_start, due)

    def _lacking_discounts(self, discounts: tuple[Discount, ...]) -> Iterator[Fault]:
        for discount in discounts:
            if discount.kind not in self.discounts:
                yield "discounts", _not_offered(discount.kind)
        if len(discounts) > self.max_discounts:
            yield "discounts", f"at most {self.max_discounts} at the same time"

    def _lacking_follow_up(
        self, name: str, asked: Protest | Negativation | None, offered: frozenset[DayCount]
    ) -> Iterator[Fault]:
        if asked is None:
            return
        if not offered:
            yield name, _LACKS
        elif (count := DayCount.BUSINESS if asked.business_days else DayCount.CALENDAR) not in offered:
            yield f"{name}.business_days", f"the bank does not count in {count.value} days"
        if isinstance(asked, Negativation) and asked.bureau is not None and asked.bureau not in self.bureaus:
            yield f"{name}.bureau", _not_offered(asked.bureau) if self.bureaus else _LACKS

    def _lacking_rule(self, rule: PaymentRule | None) -> Iterator[Fault]:
        if rule is not None:
            if rule.kind not in self.payment_rules | {PaymentRuleKind.EXACT}:
                yield "payment_rule", _not_offered(rule.kind)
            if rule.max_payments is not None and not self.partial_payments:
                yield "payment_rule.max_payments", _not_offered("partial payment")

    def _lacking_of_command(self, command: Command) -> Iterator[Fault]:
        if not self.supports(command):
            yield command.kind, "the bank does not offer this command"
            return
        for name in _OPTIONS:
            option, value = f"{command.kind}.{name}", getattr(command, name, None)
            if value is not None and value is not False and option not in self.command_options:
                yield option, _LACKS
        if isinstance(command, SetInterest):
            yield from self._lacking_interest(command.interest, None)
        elif isinstance(command, SetFine):
            yield from self._lacking_fine(command.fine, None)
        elif isinstance(command, SetDiscounts):
            yield from self._lacking_discounts(command.discounts)

    # -- limits ----------------------------------------------------------------------------------

    def _broken_limits(self, new: NewBoleto) -> Iterator[Fault]:
        yield from self._broken_amount(new.amount)
        yield from self._broken_seu_numero(new.seu_numero)
        if self.company_reference_max < len(new.company_reference or ""):
            yield "company_reference", _too_long(self.company_reference_max)
        if new.nosso_numero is None and self.numbering is Numbering.CALLER:
            yield "nosso_numero", "the caller numbers the boletos at this bank"
        yield from self._broken_parties(new)
        if len(new.messages) > self.max_messages:
            yield "messages", f"at most {self.max_messages} lines"
        yield from self._broken_rates(new.interest, new.fine, new.discounts)
        if new.expires_after_days is not None and self.expires_after_days is not None:
            yield from _outside("expires_after_days", new.expires_after_days, self.expires_after_days)
        if new.protest is not None:
            yield from _outside("protest.days", new.protest.days, self.protest_days)
        if new.negativation is not None:
            yield from _outside("negativation.days", new.negativation.days, self.negativation_days)

    def _broken_by_command(self, command: Command) -> Iterator[Fault]:
        if isinstance(command, ChangeAmount):
            yield from self._broken_amount(command.amount)
        elif isinstance(command, ChangeSeuNumero):
            yield from self._broken_seu_numero(command.seu_numero)
        elif isinstance(command, SetInterest):
            yield from self._broken_rates(command.interest, None, ())
        elif isinstance(command, SetFine):
            yield from self._broken_rates(None, command.fine, ())
        elif isinstance(command, SetDiscounts):
            yield from self._broken_rates(None, None, command.discounts)

    def _broken_amount(self, amount: Decimal) -> Iterator[Fault]:
        if not self.amount_min <= amount <= self.amount_max:
            yield "amount", f"must be from {self.amount_min} to {self.amount_max} reais"

    def _broken_seu_numero(self, text: str) -> Iterator[Fault]:
        if len(text) > self.seu_numero_max:
            yield "seu_numero", _too_long(self.seu_numero_max)
        allowed = self.seu_numero_characters
        if allowed is not None and not re.fullmatch(f"[{allowed}]*", text):
            yield "seu_numero", f"only characters of [{allowed}]; it is a key, so none is taken out"

    def _broken_parties(self, new: NewBoleto) -> Iterator[Fault]:
        for name, party, wants_address in (
            ("payer", new.payer, self.payer_address),
            ("guarantor", new.guarantor, self.guarantor_address),
            ("beneficiary", new.beneficiary, False),
        ):
            if party is None:
                continue
            if not self.alphanumeric_cnpj and not party.tax_id.isdigit():
                yield f"{name}.tax_id", "the bank does not take a CNPJ with letters"
            if wants_address and party.address is None:
                yield f"{name}.address", f"the bank wants the {name}'s address"
            elif wants_address and party.address is not None and self.district and not party.address.district:
                yield f"{name}.address.district", f"the bank wants the district of the {name}'s address"

    def _broken_rates(
        self, interest: Interest | None, fine: Fine | None, discounts: tuple[Discount, ...]
    ) -> Iterator[Fault]:
        unit = Decimal(1).scaleb(-self.rate_places)
        charges = [("interest", interest), ("fine", fine), *(("discounts", d) for d in discounts)]
        for name, charge in charges:
            rate = charge.rate if charge is not None else None
            if rate is not None and rate != rate.quantize(unit, context=EXACT):
                yield name, f"a rate has at most {self.rate_places} decimal places here"


def _lacking_start(name: str, starts_on: date | None, offered: bool, due: date | None) -> Iterator[Fault]:
    if starts_on is None or offered:
        return
    # Asking for what the bank does anyway is no reason to refuse.
    if due is None or (starts_on - due).days != 1:
        yield f"{name}.starts_on", "the bank starts it the day after the due date"


def _outside(name: str, days: int, bounds: tuple[int, int]) -> Iterator[Fault]:
    least, most = bounds
    if not least <= days <= most:
        yield name, f"must be from {least} to {most}"


def _not_offered(what: str) -> str:
    return f"{what} is not offered"


def _too_long(limit: int) -> str:
    return f"longer than {limit} characters; it is a key, so it is not cut"


def _refuse_lacking(bank: str, operation: str, faults: Iterable[Fault]) -> None:
    messages = [ErrorMessage(text, field=name) for name, text in faults]
    if messages:
        raise Unsupported(
            str(messages[0]), field=messages[0].field, messages=messages, bank=bank, operation=operation
        )


def _refuse_broken(bank: str, operation: str, faults: Iterable[Fault]) -> None:
    messages = [ErrorMessage(text, field=name) for name, text in faults]
    if messages:
        raise InvalidRequest("refused before sending", messages=messages, bank=bank, operation=operation)

"""The boleto: rules of a new one, references, what a bank tells, and the words for it."""

from __future__ import annotations

import ast
import copy
import inspect
import pickle
from datetime import UTC, date, datetime
from decimal import Decimal
from types import ModuleType
from typing import Any

import pytest
from pydantic import ValidationError

from bankgateway import capabilities
from bankgateway.models import boleto as boleto_room
from bankgateway.models import charges, events, results
from bankgateway.models.boleto import (
    Boleto,
    BoletoRef,
    BoletoStatus,
    DocumentKind,
    NewBoleto,
    Notice,
    Pix,
)
from bankgateway.models.charges import Discount, Fine, Interest, Negativation, PaymentRule, Protest
from bankgateway.models.clock import BRASILIA
from bankgateway.models.events import Event, EventType
from bankgateway.models.party import Address, PartialParty, Party
from bankgateway.models.results import (
    BulkResult,
    CommandResult,
    CommandStatus,
    Search,
    Settlement,
    WebhookRegistration,
)

DUE = date(2026, 11, 10)
PAYER = Party(
    name="Padaria Exemplo Ltda",
    tax_id="27051438000155",
    address=Address(street="Rua das Amostras", city="Curitiba", state="PR", postal_code="80010010"),
)


def new(**fields: Any) -> NewBoleto:
    return NewBoleto(**{"amount": "100.00", "due_date": DUE, "payer": PAYER, "seu_numero": "NF-1", **fields})


def refused(reason: str, **fields: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        new(**fields)
    assert reason in str(caught.value)


FULL = new(
    company_reference="PEDIDO-918",
    nosso_numero="0012345",
    issue_date=date(2026, 10, 1),
    document_kind=DocumentKind.DM,
    beneficiary=PAYER,
    guarantor=Party(name="Fulana de Exemplo", tax_id="30718462580", phone="51999887766"),
    interest=Interest.monthly(Decimal(1), starts_on=date(2026, 11, 11)),
    fine=Fine.percent(Decimal("2.5")),
    discounts=(
        Discount.fixed(Decimal(10), until=date(2026, 11, 1)),
        Discount.fixed(Decimal(5), until=date(2026, 11, 5)),
    ),
    rebate="3.50",
    protest=Protest(days=30),
    negativation=Negativation(days=40, business_days=True, bureau="serasa"),
    payment_rule=PaymentRule(kind="range", minimum=10, maximum=200, max_payments=3),
    messages=("Pedido 918", "Não receber após 30 dias"),
    hybrid=True,
    expires_after_days=30,
)


class TestNewBoleto:
    def test_the_least_one_has_to_say(self) -> None:
        boleto = new()
        assert (boleto.discounts, boleto.messages, boleto.hybrid) == ((), (), None)

    @pytest.mark.parametrize("missing", ["amount", "due_date", "payer", "seu_numero"])
    def test_what_is_missing_is_named(self, missing: str) -> None:
        fields = {"amount": 1, "due_date": DUE, "payer": PAYER, "seu_numero": "1"}
        del fields[missing]
        with pytest.raises(ValidationError) as caught:
            NewBoleto(**fields)
        assert str(caught.value).splitlines()[1:2] == [missing]

    @pytest.mark.parametrize("number", ["", "  ", "x" * 26, "NF\n1", 17])
    def test_seu_numero(self, number: object) -> None:
        refused("seu_numero", seu_numero=number)

    @pytest.mark.parametrize("number", ["", "12A", "1" * 21, "12-3", 123, "１２３"])
    def test_nosso_numero(self, number: object) -> None:
        refused("nosso_numero", nosso_numero=number)
        assert new(nosso_numero="0012").nosso_numero == "0012", "zeros are part of it"

    @pytest.mark.parametrize("text", ["", " ", "x" * 51, "a\tb"])
    def test_company_reference(self, text: str) -> None:
        refused("company_reference", company_reference=text)

    def test_dates(self) -> None:
        refused("due_date: before issue_date", issue_date=date(2026, 11, 11))
        assert new(issue_date=DUE).issue_date == DUE
        for name, charge in (("interest", Interest.per_day), ("fine", Fine.fixed)):
            refused(f"{name}.starts_on: must be after due_date", **{name: charge(Decimal(1), starts_on=DUE)})

    def test_discounts(self) -> None:
        refused(
            "last day is after due_date", discounts=(Discount.fixed(Decimal(1), until=date(2026, 11, 11)),)
        )
        last = (Discount.fixed(Decimal(1), until=date(2026, 11, 2)),)
        assert new(issue_date=date(2026, 11, 2), discounts=last).discounts == last
        refused(
            "last day is before issue_date",
            issue_date=date(2026, 11, 2),
            discounts=(Discount.fixed(Decimal(1), until=date(2026, 11, 1)),),
        )
        refused(
            "at most 3 items",
            discounts=[Discount.fixed(Decimal(1), until=date(2026, 11, d)) for d in (1, 2, 3, 4)],
        )
        refused("discounts", discounts=[Discount.per_day(Decimal(1))] * 2)
        assert new(discounts=[Discount.fixed(Decimal(1), until=DUE)]).discounts[0].until == DUE

    def test_what_is_taken_off_stays_below_the_amount(self) -> None:
        refused("rebate: must be below amount", rebate=100)
        refused("rebate: must be below amount", rebate="100.01")
        refused(
            "discount and rebate must be below amount",
            rebate=60,
            discounts=(Discount.fixed(Decimal(40), until=DUE),),
        )
        assert new(rebate=60, discounts=(Discount.fixed(Decimal("39.99"), until=DUE),)).rebate == 60

    @pytest.mark.parametrize("days", [-1, 10000, "30", True])
    def test_expires_after_days(self, days: object) -> None:
        refused("expires_after_days", expires_after_days=days)

    @pytest.mark.parametrize("lines", [("",), ("two\nlines",), "one text", (5,)])
    def test_messages(self, lines: object) -> None:
        refused("messages", messages=lines)

    def test_stored_and_read_again(self) -> None:
        assert NewBoleto.model_validate_json(FULL.model_dump_json()) == FULL
        assert NewBoleto.model_validate(FULL.model_dump(mode="json")) == FULL
        assert hash(FULL) == hash(NewBoleto.model_validate(FULL.model_dump()))


class TestBoletoRef:
    def test_blank_is_missing(self) -> None:
        ref = BoletoRef(bank_id="", nosso_numero=" ", seu_numero="\n", digitable_line="", payer_tax_id=".")
        assert ref == BoletoRef()

    def test_punctuation_is_taken_off(self) -> None:
        ref = BoletoRef(
            digitable_line="23791.39401 92530.000188 47005.281705 1 16360000034990",
            payer_tax_id="7k.3mp.x2a/0001-09",
        )
        assert ref.digitable_line == "23791394019253000018847005281705116360000034990"
        assert ref.payer_tax_id == "7K3MPX2A000109"

    def test_a_document_a_sandbox_invented_is_taken(self) -> None:
        assert BoletoRef(payer_tax_id="99999999999").payer_tax_id == "99999999999"

    def test_a_number_has_lost_its_zeros(self) -> None:
        with pytest.raises(ValidationError, match="nosso_numero"):
            BoletoRef(nosso_numero=123)


def boleto(**fields: Any) -> Boleto:
    return Boleto(**{"bank": "inter", "ref": BoletoRef(), "status": "registered", **fields})


class TestBoleto:
    def test_the_day_of_payment_is_that_of_brasilia(self) -> None:
        assert boleto().paid_on is None
        assert boleto(paid_at=datetime(2026, 11, 11, 2, 59, tzinfo=UTC)).paid_on == date(2026, 11, 10)
        assert boleto(paid_at=datetime(2026, 11, 11, tzinfo=BRASILIA)).paid_on == date(2026, 11, 11)
        with pytest.raises(ValidationError, match="paid_at"):
            boleto(paid_at=datetime.fromisoformat("2026-11-11"))

    def test_codes_come_without_punctuation(self) -> None:
        known = boleto(
            digitable_line="23791.39401 92530.000188 47005.281705 1 16360000034990",
            barcode=" 23791163600000349901394092530000184700528170 ",
        )
        assert known.digitable_line == "23791394019253000018847005281705116360000034990"
        assert known.barcode == "23791163600000349901394092530000184700528170"
        assert boleto(barcode="<NWnnwn-Nn>").barcode == "<NWnnwn-Nn>", "what is no code stays as it came"
        assert boleto(barcode="", digitable_line=" ").barcode is None

    def test_money_is_never_a_float(self) -> None:
        for name in ("amount", "paid_amount", "fee", "rebate"):
            with pytest.raises(ValidationError, match="a float is not exact"):
                boleto(**{name: 0.1})

    def test_notices_are_added(self) -> None:
        first, second = Notice(code="text_cut", message="cut"), Notice(code="recovered", message="found")
        known = boleto(notices=(first,))
        assert known.with_notices(second).notices == (first, second)
        assert known.with_notices() is known


REF = BoletoRef(bank_id="b-1", payer_tax_id="30718462580", issue_date=DUE)
KNOWN = boleto(
    ref=REF,
    amount=Decimal("100.00"),
    due_date=DUE,
    document_kind=2,
    pix=Pix(txid="T" * 26, emv="000201", url="pix.example/qr/v2/1"),
    paid_at=datetime(2026, 11, 10, 12, tzinfo=UTC),
    payer=PartialParty(name="Fulana"),
    discounts=FULL.discounts,
    notices=(Notice(code="recovered", message="found"),),
    raw={"valor": Decimal("100.0"), "lista": [1, None]},
)
RESULTS = [
    FULL,
    KNOWN,
    REF,
    Event(type=EventType.PAID, boleto=KNOWN, occurred_at=KNOWN.paid_at, dedupe_key="k", raw={"a": 1}),
    Settlement(bank="inter", ref=REF, payment_id="1", paid_amount=Decimal(1), raw=[1]),
    CommandResult(status=CommandStatus.DONE, kind="cancel", ref=REF, boleto=KNOWN),
    WebhookRegistration(url="https://example.com/hook", created_at=KNOWN.paid_at),
    Search(since=DUE, until=DUE, bank_filters={"ordem": "1"}),
    BulkResult(index=0, new=FULL, boleto=KNOWN),
    BulkResult(index=1, new=FULL, error=ValueError("no")),
]


@pytest.mark.parametrize("thing", RESULTS, ids=lambda thing: type(thing).__name__)
def test_everything_can_be_pickled_and_copied(thing: Any) -> None:
    for again in (pickle.loads(pickle.dumps(thing)), copy.copy(thing), copy.deepcopy(thing)):
        if isinstance(thing, BulkResult) and thing.error is not None:
            assert (again.index, again.new, str(again.error)) == (1, FULL, "no")
        else:
            assert again == thing
        assert getattr(again, "raw", None) == getattr(thing, "raw", None)


@pytest.mark.parametrize(
    "thing", [t for t in RESULTS if not isinstance(t, BulkResult)], ids=lambda t: type(t).__name__
)
def test_everything_can_be_stored_as_json(thing: Any) -> None:
    stored = thing.model_dump_json()
    assert type(thing).model_validate_json(stored).model_dump_json() == stored


class TestSearch:
    def test_both_days_and_in_order(self) -> None:
        assert Search(since=DUE, until=DUE).filters() == {}
        with pytest.raises(ValidationError, match="until: before since"):
            Search(since=DUE, until=date(2026, 11, 9))
        with pytest.raises(ValidationError, match="since"):
            Search(until=DUE)  # type: ignore[call-arg]

    def test_filters_that_are_set(self) -> None:
        search = Search(
            since=DUE, until=DUE, status=BoletoStatus.PAID, payer_tax_id="307.184.625-80", payer_name=" ", seu_numero="",
            page_size=5, bank_filters={"x": "y"},
        )  # fmt: skip
        assert search.filters() == {"status": BoletoStatus.PAID, "payer_tax_id": "30718462580"}

    @pytest.mark.parametrize(
        "fields", [{"page_size": 0}, {"page_size": "5"}, {"payer_tax_id": "1"}, {"by": "x"}]
    )
    def test_refused(self, fields: dict[str, Any]) -> None:
        with pytest.raises(ValidationError, match=next(iter(fields))):
            Search(since=DUE, until=DUE, **fields)


class TestWords:
    def test_final_statuses(self) -> None:
        final = {status for status in BoletoStatus if status.is_final}
        assert final == {
            BoletoStatus.PAID,
            BoletoStatus.CANCELLED,
            BoletoStatus.EXPIRED,
            BoletoStatus.REJECTED,
        }

    def test_document_kinds_are_those_of_c015(self) -> None:
        assert [kind.value for kind in DocumentKind] == [*range(1, 34), 99]
        assert DocumentKind(2) is DocumentKind.DM

    @pytest.mark.parametrize(
        "room", [boleto_room, charges, events, results, capabilities], ids=lambda m: m.__name__
    )
    def test_every_value_of_every_enum_is_explained(self, room: ModuleType) -> None:
        silent = []
        for node in ast.walk(ast.parse(inspect.getsource(room))):
            if isinstance(node, ast.ClassDef) and any("Enum" in ast.unparse(base) for base in node.bases):
                for value, after in zip(node.body, [*node.body[1:], None], strict=True):
                    explained = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
                    if isinstance(value, ast.Assign) and not explained:
                        silent.append(f"{node.name}.{ast.unparse(value.targets[0])}")
        assert silent == []

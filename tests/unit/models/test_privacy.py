"""LGPD: no name, document, address, contact, code or secret shows in a repr, an error or a traceback."""

from __future__ import annotations

import pprint
import traceback
import typing
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

import bankgateway.banks.inter  # noqa: F401 - its models are looked at as well
from bankgateway.errors import (
    BankGatewayError,
    Conflict,
    ErrorMessage,
    InvalidRequest,
    OutcomeUnknown,
    UnexpectedResponse,
)
from bankgateway.models.base import Hide, Model
from bankgateway.models.boleto import Boleto, BoletoRef, NewBoleto, Notice, Pix
from bankgateway.models.commands import Cancel, ChangeAmount, ChangeDueDate, Command, command_from_dict
from bankgateway.models.events import Event
from bankgateway.models.party import Address, PartialParty, Party
from bankgateway.models.results import BulkResult, CommandResult, Search, Settlement, WebhookRegistration
from bankgateway.transport import Settings

NAME = "Zeferina Plantada"
TAX_ID = "30718462580"
STREET = "Travessa do Sigilo"
EMAIL = "zeferina@plantada.example"
PHONE = "51998877665"
CITY = "Vila Escondida"
POSTAL_CODE = "80010917"
LINE = "23791394019253000018847005281705116360000034990"
BARCODE = "23791163600000349901394092530000184700528170"
EMV = "00020126580014br.gov.bcb.pix0136planted-emv-payload"
TXID = "PLANTEDTXID0000000000000000004511"
URL = "pix.example/qr/v2/planted-location"
MESSAGE = "Consulta da Zeferina"
HOOK = "https://example.com/hook/planted-hook-secret"
SECRET = "planted-client-secret"

PLANTED = (
    NAME, "Zeferina", "98765", TAX_ID, "307.184.625-80", STREET, "Sigilo", EMAIL, PHONE, CITY, "Escondida", POSTAL_CODE, LINE, BARCODE, EMV,
    "planted-emv", TXID, URL, "planted-location", MESSAGE, HOOK, "planted-hook-secret", SECRET,
)  # fmt: skip

DAY = date(2026, 11, 10)
ADDRESS = {
    "street": STREET, "number": "98765", "complement": "Sigilo", "district": "Sigilo", "city": CITY, "state": "PR",
    "postal_code": POSTAL_CODE,
}  # fmt: skip
PARTY = {
    "name": NAME,
    "tax_id": TAX_ID,
    "trade_name": NAME,
    "address": ADDRESS,
    "email": EMAIL,
    "phone": PHONE,
}
PARTIAL = {"name": NAME, "tax_id": TAX_ID, "email": EMAIL, "phone": PHONE, **ADDRESS}
REF = {"digitable_line": LINE, "payer_tax_id": TAX_ID, "seu_numero": "NF-1"}
NEW = {
    "amount": 100, "due_date": DAY, "seu_numero": "NF-1", "payer": PARTY, "beneficiary": PARTY, "guarantor": PARTY,
    "messages": [MESSAGE],
}  # fmt: skip
BOLETO = {
    "bank": "inter", "ref": REF, "status": "paid", "barcode": BARCODE, "digitable_line": LINE, "print_url": URL,
    "pix": {"txid": TXID, "emv": EMV, "url": URL}, "payer": PARTIAL, "guarantor": PARTIAL, "messages": [MESSAGE],
    "cancel_reason": MESSAGE, "raw": {"pagador": NAME, "cpf": TAX_ID},
}  # fmt: skip

WHOLE: list[tuple[type[Model], dict[str, Any]]] = [
    (Address, ADDRESS),
    (Party, PARTY),
    (PartialParty, PARTIAL),
    (BoletoRef, REF),
    (Pix, {"txid": TXID, "emv": EMV, "url": URL}),
    (NewBoleto, NEW),
    (Boleto, BOLETO),
    (Event, {"type": "paid", "boleto": BOLETO, "dedupe_key": "k", "raw": {"pagador": NAME}}),
    (CommandResult, {"status": "done", "kind": "cancel", "ref": REF, "boleto": BOLETO, "raw": NAME}),
    (Settlement, {"bank": "inter", "ref": REF, "raw": [NAME]}),
    (WebhookRegistration, {"url": HOOK, "raw": {"url": HOOK}}),
    (
        Search,
        {
            "since": DAY,
            "until": DAY,
            "payer_tax_id": TAX_ID,
            "payer_name": NAME,
            "bank_filters": {"nome": NAME},
        },
    ),
]
COMMANDS: list[Command] = [Cancel(MESSAGE), ChangeDueDate(DAY), ChangeAmount(Decimal(1))]


def views(thing: Any) -> Iterator[str]:
    """Everything a log, a debugger or a pretty-printer may show."""
    yield repr(thing)
    yield str(thing)
    yield f"{thing}"
    yield "%s %r" % (thing, thing)  # noqa: UP031 - as logging does
    yield pprint.pformat(thing)
    yield repr([thing])
    yield repr({"thing": thing})
    if isinstance(thing, BaseModel):
        pretty: Any = thing
        yield repr(list(pretty.__rich_repr__()))
        yield "".join(map(str, pretty.__pretty__(repr)))
    if isinstance(thing, BaseException):
        yield "".join(traceback.format_exception(thing))
        yield repr(thing.args)


def assert_silent(thing: object) -> None:
    for view in views(thing):
        shown = [planted for planted in PLANTED if planted in view]
        assert shown == [], f"{type(thing).__name__} shows {shown}"


@pytest.mark.parametrize(("model", "fields"), WHOLE, ids=lambda x: getattr(x, "__name__", ""))
def test_models(model: type[Model], fields: dict[str, Any]) -> None:
    thing = model(**fields)
    assert_silent(thing)
    assert "raw" not in repr(thing)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.kind)
def test_commands(command: Command) -> None:
    assert_silent(command)


def test_the_tail_of_a_document_may_show() -> None:
    assert "tax_id='***2580'" in repr(Party(**PARTY))
    assert f"digitable_line='***{LINE[-6:]}'" in repr(BoletoRef(**REF))


def test_bulk_results() -> None:
    new, boleto = NewBoleto(**NEW), Boleto(**BOLETO)
    assert_silent(BulkResult(index=0, new=new, boleto=boleto))
    assert_silent(BulkResult(index=0, new=new, error=error_with_everything()))


def test_settings() -> None:
    assert_silent(Settings(proxy=f"http://user:{SECRET}@proxy.example"))


# Words an outsider cannot use, bank words and our own: everything else that may hold text is hidden.
VISIBLE = {
    "bank", "bank_id", "bank_status", "code", "company_reference", "dedupe_key", "error", "field", "id", "kind",
    "message", "nosso_numero", "payment_id", "request_id", "seu_numero", "state", "tracking_id",
}  # fmt: skip


def all_models(base: type[Model] = Model) -> Iterator[type[Model]]:
    for model in base.__subclasses__():
        if model.__module__.startswith(("bankgateway.models", "bankgateway.banks")):
            yield model
        yield from all_models(model)


def holds_text(annotation: Any) -> bool:
    return annotation is str or any(holds_text(part) for part in typing.get_args(annotation))


def test_every_field_that_can_hold_text_is_hidden_or_known_to_be_harmless() -> None:
    models = set(all_models())
    assert {Party, Boleto, Event, Search} <= models
    open_fields = {
        f"{model.__name__}.{name}"
        for model in models
        for name, field in model.model_fields.items()
        if (holds_text(field.annotation) or field.annotation is Any)
        and field.repr
        and not any(isinstance(item, Hide) for item in field.metadata)
        and name not in VISIBLE
    }
    assert open_fields == set()


def wrong(fields: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {**fields, **changes}


@pytest.mark.parametrize(
    ("make", "fields"),
    [
        (Party, wrong(PARTY, tax_id="307.184.625-81")),
        (Party, wrong(PARTY, tax_id="30718462580-0")),
        (Party, wrong(PARTY, email=f"{EMAIL} {NAME}")),
        (Party, wrong(PARTY, phone=f"{PHONE}0000")),
        (Party, wrong(PARTY, name=f"{NAME}\n{NAME}")),
        (Party, wrong(PARTY, address=wrong(ADDRESS, postal_code=f"{POSTAL_CODE}0", state=CITY))),
        (Party, wrong(PARTY, address=STREET)),
        (Address, wrong(ADDRESS, planted=STREET)),
        (BoletoRef, wrong(REF, issue_date=TAX_ID, nosso_numero=int(TAX_ID))),
        (NewBoleto, wrong(NEW, payer=wrong(PARTY, tax_id="30718462581"))),
        (NewBoleto, wrong(NEW, payer=NAME, amount=TAX_ID + ",00", due_date=NAME, messages=[MESSAGE + "\n."])),
        (NewBoleto, wrong(NEW, issue_date=date(2026, 12, 1))),
        (NewBoleto, wrong(NEW, discounts=[{"kind": NAME}], hybrid=NAME, document_kind=NAME, protest={"days": NAME})),
        (Boleto, wrong(BOLETO, amount=0.1, paid_at=NAME, status=NAME)),
        (Search, {"since": NAME, "until": DAY, "payer_tax_id": "30718462581", "by": NAME, "page_size": NAME}),
        (ChangeDueDate, {"due_date": TAX_ID}),
        (Cancel, {"reason": f"{MESSAGE}\n."}),
        (command_from_dict, {"data": {"kind": "change_amount", "amount": NAME, "x": NAME}}),
        (command_from_dict, {"data": {"kind": NAME}}),
    ],
)  # fmt: skip
def test_the_text_of_a_refusal(make: Callable[..., Any], fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError) as caught:
        make(**fields)
    assert_silent(caught.value)


def test_the_input_lies_in_errors_and_can_be_left_out() -> None:
    assert "include_input=False" in (Model.__doc__ or "")
    with pytest.raises(ValidationError) as caught:
        Party(**wrong(PARTY, tax_id="307.184.625-81"))
    assert "307.184.625-81" in str(caught.value.errors())
    assert "307.184.625-81" not in str(caught.value.errors(include_input=False))


def error_with_everything(kind: type[BankGatewayError] = BankGatewayError, **more: Any) -> BankGatewayError:
    return kind(
        f"CPF {TAX_ID} inválido, linha {LINE}, e-mail {EMAIL}",
        bank="inter",
        operation="register",
        code=f"E-{TAX_ID}",
        messages=[
            ErrorMessage(f"pagador 307.184.625-80 recusado ({EMAIL})", field="payer.tax_id", code=TAX_ID)
        ],
        http_status=400,
        request_id="r-1",
        raw={"pagador": NAME, "cpf": TAX_ID},
        **more,
    )


@pytest.mark.parametrize(
    "error",
    [
        error_with_everything(),
        error_with_everything(InvalidRequest),
        error_with_everything(Conflict, duplicate=True, state="PAGO"),
        error_with_everything(OutcomeUnknown, ref=BoletoRef(**REF)),
        error_with_everything(UnexpectedResponse, boleto=Boleto(**BOLETO)),
    ],
    ids=lambda error: type(error).__name__,
)
def test_errors(error: BankGatewayError) -> None:
    assert_silent(error)
    assert_silent(error.messages[0])
    assert error.raw["pagador"] == NAME, "raw is complete"
    try:
        raise error
    except BankGatewayError as caught:
        assert_silent(caught)


def test_notices_are_ours_and_show() -> None:
    notice = Notice(code="text_cut", field="payer.name", message="cut")
    assert repr(notice) == "Notice(code='text_cut', message='cut', field='payer.name')"


def test_instants_show() -> None:
    registration = WebhookRegistration(url=HOOK, created_at=datetime(2026, 1, 2, tzinfo=UTC))
    assert "2026" in repr(registration)

"""A checkout that issues a boleto with Pix at the moment of purchase, at Banco Inter.

It is called by the shop's own backend, which knows the price and who is logged in.

    uvicorn app:from_environment --factory
"""

from __future__ import annotations

import hmac
import logging
import math
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

import anyio
from fastapi import BackgroundTasks, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field

import bankgateway
from bankgateway import (
    BankClient,
    BankGatewayError,
    Boleto,
    BoletoRef,
    BoletoStatus,
    ClientCertificate,
    Conflict,
    Event,
    EventType,
    NewBoleto,
    NotFound,
    NotSent,
    OutcomeUnknown,
    Party,
    PaymentChannel,
    RateLimited,
    Refused,
    Unauthorized,
    WebhookRejected,
)
from bankgateway.banks import inter

log = logging.getLogger("checkout")

DAYS_TO_PAY = 3
PATIENCE = 8.0
"""Seconds a customer waits for line and Pix; the bank makes them after it has taken the boleto."""
BELIEVE_NOT_FOUND = timedelta(minutes=10)
"""Banks show a new boleto late: before that, "not found" proves nothing."""
RECONCILE_EVERY = 60.0
MAX_WEBHOOK_BYTES = 64 * 1024


class Purchase(BaseModel):
    """What the shop sends. `order` becomes the seu_numero, and is decided before the bank is called."""

    order: Annotated[str, Field(pattern=r"^[A-Z0-9-]{1,15}$")]
    amount: Annotated[Decimal, Field(gt=0, max_digits=10, decimal_places=2)]
    customer: Party


class OrderStatus(StrEnum):
    """What the shop shows."""

    PENDING = "pending"
    """The bank was asked, and it is not known yet what became of it."""
    AWAITING_PAYMENT = "awaiting_payment"
    PAID = "paid"
    CLOSED = "closed"
    """Over without the money: expired, cancelled, rejected, paid in part, marked as paid by hand."""
    NOT_REGISTERED = "not_registered"
    """The bank never got it: it may be bought again."""


@dataclass
class Order:
    """One purchase and its boleto."""

    purchase: Purchase
    asked_at: datetime
    ref: BoletoRef
    status: OrderStatus = OrderStatus.PENDING
    digitable_line: str | None = None
    pix: str | None = None

    def view(self) -> dict[str, Any]:
        """The order as JSON."""
        return {
            "order": self.purchase.order,
            "status": self.status,
            "amount": str(self.purchase.amount),
            "digitable_line": self.digitable_line,
            "pix": self.pix,
        }

    def update(self, boleto: Boleto) -> None:
        """Take over what the bank says. Nothing undoes a payment."""
        self.ref = boleto.ref
        if self.status is OrderStatus.PAID:
            return
        if self._is_paid_by(boleto):
            self.status = OrderStatus.PAID
        elif boleto.status.is_final:
            self.status = OrderStatus.CLOSED
        elif boleto.digitable_line:
            self.status = OrderStatus.AWAITING_PAYMENT
            self.digitable_line = boleto.digitable_line
            self.pix = boleto.pix.emv if boleto.pix else None

    def _is_paid_by(self, boleto: Boleto) -> bool:
        # Marked as paid by hand means that no money came in through the bank.
        through_bank = boleto.payment_channel is not PaymentChannel.OUTSIDE
        enough = (boleto.paid_amount or 0) >= self.purchase.amount
        return boleto.status is BoletoStatus.PAID and through_bank and enough


@dataclass
class Shop:
    """The orders, and the bank they are paid at.

    Orders live IN MEMORY, which no real shop may do: they are gone at a restart, and with them the knowledge
    of who has to pay what. There they are a table with a unique index on `order`, written before the bank is
    called, and `handled` is a table with a unique index, kept for 30 days.
    """

    bank: BankClient
    webhook_secret: str
    orders: dict[str, Order] = field(default_factory=dict)
    handled: set[str] = field(default_factory=set)

    async def buy(self, purchase: Purchase) -> Order:
        """Register the boleto of a purchase, once, however often it is asked for."""
        known = self.orders.get(purchase.order)
        if known is not None and known.status is not OrderStatus.NOT_REGISTERED:
            if known.purchase != purchase:
                raise HTTPException(409, "this order exists, and is another one")
            return known
        # In the books before the call: whatever happens from here on, `reconcile` finds out.
        order = Order(purchase, self.bank.settings.clock.now(), BoletoRef(seu_numero=purchase.order))
        self.orders[purchase.order] = order
        try:
            order.update(await self.bank.register(self._boleto(purchase), wait=PATIENCE))
        except OutcomeUnknown as error:
            order.ref = error.ref or order.ref
        except (Refused, NotSent) as error:
            if isinstance(error, Conflict) and error.duplicate:
                # The bank has an equal one, which could not be looked up just now.
                return order
            del self.orders[purchase.order]
            raise
        return order

    def _boleto(self, purchase: Purchase) -> NewBoleto:
        return NewBoleto(
            amount=purchase.amount,
            due_date=self.bank.settings.clock.today() + timedelta(days=DAYS_TO_PAY),
            payer=purchase.customer,
            seu_numero=purchase.order,
            hybrid=True,
        )

    async def handle(self, event: Event) -> None:
        """Act on a notification, which proves nothing: look the order up ourselves, by our own reference."""
        order = self.orders.get((event.boleto and event.boleto.seu_numero) or "")
        if order is None or event.type is not EventType.PAID or event.dedupe_key in self.handled:
            return
        await self.refresh(order)
        if order.status is OrderStatus.PAID:
            self.handled.add(event.dedupe_key)

    async def refresh(self, order: Order) -> None:
        """Ask the bank about an order, and believe that answer only."""
        try:
            order.update(await self.bank.query(order.ref))
        except NotFound:
            waited = self.bank.settings.clock.now() - order.asked_at
            # One that has a bank id was accepted: that it is not found is the bank's trouble.
            if order.ref.bank_id is None and waited > BELIEVE_NOT_FOUND:
                order.status = OrderStatus.NOT_REGISTERED
        except BankGatewayError as error:
            log.warning("order %s: not looked up: %s", order.purchase.order, error)

    async def reconcile(self) -> None:
        """Look up every order that is not finished: unknown outcomes, and payments whose webhook got lost.

        With many orders, read the payments from `BankClient.settlements` instead.
        """
        for order in list(self.orders.values()):
            if order.status in (OrderStatus.PENDING, OrderStatus.AWAITING_PAYMENT):
                await self.refresh(order)

    async def reconcile_for_ever(self) -> None:
        """Reconcile now and then, until cancelled."""
        while True:
            await anyio.sleep(RECONCILE_EVERY)
            await self.reconcile()


def create_app(bank: BankClient, webhook_secret: str) -> FastAPI:
    """The service.

    Args:
        bank: Not yet used; it is closed when the service stops.
        webhook_secret: The last part of the address that the bank notifies; 128 random bits or more.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with bank, anyio.create_task_group() as tasks:
            tasks.start_soon(app.state.shop.reconcile_for_ever)
            yield
            tasks.cancel_scope.cancel()

    app = FastAPI(title="Checkout", lifespan=lifespan)
    app.state.shop = Shop(bank, webhook_secret)
    app.add_api_route("/checkout", checkout, methods=["POST"])
    app.add_api_route("/orders/{order}", get_order, methods=["GET"])
    app.add_api_route("/webhooks/inter/{secret}", inter_webhook, methods=["POST"])
    return app


async def checkout(purchase: Purchase, request: Request) -> JSONResponse:
    """Buy: 201 with line and Pix, 202 while that is not certain, 422 when the bank refuses, 503 try again."""
    shop: Shop = request.app.state.shop
    try:
        order = await shop.buy(purchase)
    except RateLimited as error:
        return _try_again(error.retry_after)
    except NotSent as error:
        log.warning("order %s: not sent: %s", purchase.order, error)
        return _try_again()
    except Unauthorized:
        # Our set-up is wrong, not the customer's data: somebody has to be woken.
        log.exception("the bank does not let us in")
        return _try_again(300)
    except Refused as error:
        return JSONResponse({"errors": _complaints(error)}, 422)
    return JSONResponse(order.view(), 202 if order.status is OrderStatus.PENDING else 201)


def _try_again(seconds: float | None = None) -> JSONResponse:
    headers = {"Retry-After": str(math.ceil(seconds or 5))}
    return JSONResponse({"errors": [{"field": None, "message": "try again later"}]}, 503, headers)


def _complaints(error: Refused) -> list[dict[str, str | None]]:
    told = [{"field": message.field, "message": message.text} for message in error.messages]
    return told or [{"field": None, "message": error.message}]


async def get_order(order: str, request: Request) -> dict[str, Any]:
    """One order."""
    shop: Shop = request.app.state.shop
    if order not in shop.orders:
        raise HTTPException(404)
    return shop.orders[order].view()


async def inter_webhook(secret: str, request: Request, tasks: BackgroundTasks) -> Response:
    """A notification of the bank: checked, answered, and acted upon after the answer."""
    shop: Shop = request.app.state.shop
    if not hmac.compare_digest(secret.encode(), shop.webhook_secret.encode()):
        raise HTTPException(404)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_WEBHOOK_BYTES:
            raise HTTPException(413)
    try:
        events = shop.bank.parse_webhook(request.headers, bytes(body))
    except WebhookRejected:
        raise HTTPException(400) from None
    for event in events:
        # A real shop writes it to a queue first. Here `reconcile` makes up for what gets lost.
        tasks.add_task(shop.handle, event)
    return Response(status_code=200)


def from_environment() -> FastAPI:
    """The service with the credentials of the environment."""
    credentials = inter.Credentials(
        client_id=os.environ["INTER_CLIENT_ID"],
        client_secret=os.environ["INTER_CLIENT_SECRET"],
        certificate=ClientCertificate.from_zip(os.environ["INTER_CERTIFICATE_ZIP"]),
    )
    bank = bankgateway.connect(
        inter.Account(), credentials, environment=os.environ.get("INTER_ENVIRONMENT", "sandbox")
    )
    return create_app(bank, os.environ["WEBHOOK_SECRET"])

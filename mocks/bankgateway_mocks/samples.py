"""Valid values in one line each, for anybody's tests. All of it is invented."""

from __future__ import annotations

import importlib
import itertools
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from bankgateway.config import Account, Credentials
from bankgateway.connect import bank_class
from bankgateway.models.boleto import NewBoleto
from bankgateway.models.clock import SYSTEM_CLOCK
from bankgateway.models.party import Address, Party
from bankgateway_mocks.pki import ClientMaterial, Pki

_numbers = itertools.count(1)


def account_data(slug: str) -> Mapping[str, Any]:
    """Keyword arguments of the bank's `Account`."""
    data: Mapping[str, Any] = importlib.import_module(f"bankgateway_mocks.{slug}").ACCOUNT
    return data


def credentials_data(slug: str) -> Mapping[str, Any]:
    """Keyword arguments of the bank's `Credentials`, without the certificate."""
    data: Mapping[str, Any] = importlib.import_module(f"bankgateway_mocks.{slug}").CREDENTIALS
    return data


@cache
def client_certificate() -> ClientMaterial:
    """A certificate that every fake bank accepts. Valid for decades, so that a test may turn the clock."""
    return Pki().client_certificate(
        not_before=datetime(2020, 1, 1, tzinfo=UTC), not_after=datetime(2049, 12, 31, tzinfo=UTC)
    )


def account(slug: str) -> Account:
    """The account that the bank's fake knows."""
    return bank_class(slug).account_type.read(account_data(slug))


def credentials(slug: str) -> Credentials:
    """Credentials that the bank's fake accepts, with a certificate of this process where one is wanted."""
    kind = bank_class(slug).credentials_type
    data = dict(credentials_data(slug))
    if "certificate" in kind.model_fields:
        data["certificate"] = client_certificate().certificate()
    return kind.read(data)


def payer(**overrides: Any) -> Party:
    """A company with a complete address."""
    address = Address(
        street="Rua das Amostras",
        number="120",
        complement="Sala 3",
        district="Centro",
        city="Belo Horizonte",
        state="MG",
        postal_code="30110000",
    )
    fields: dict[str, Any] = {
        "name": "Mercearia Exemplo Ltda",
        "tax_id": "11222333000181",
        "address": address,
        "email": "contas@example.com",
        "phone": "31999990000",
    }
    return Party(**{**fields, **overrides})


def new_boleto(slug: str, **overrides: Any) -> NewBoleto:
    """A boleto that the bank accepts: R$ 187,45, due in 30 days. Each call has another `seu_numero`.

    Args:
        slug: The bank. Its own `NEW_BOLETO`, where it has one, goes over the common fields.
        **overrides: Fields of `NewBoleto`.
    """
    fields: dict[str, Any] = {
        "seu_numero": f"F{next(_numbers):07d}",
        "amount": Decimal("187.45"),
        "due_date": SYSTEM_CLOCK.today() + timedelta(days=30),
        "payer": payer(),
    }
    own = getattr(importlib.import_module(f"bankgateway_mocks.{slug}"), "NEW_BOLETO", {})
    return NewBoleto(**{**fields, **own, **overrides})

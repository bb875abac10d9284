"""`connect` and the lazy registry of banks."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from types import ModuleType
from typing import TYPE_CHECKING, Any, overload

import bankgateway.banks  # noqa: F401 - made callable below
from bankgateway.client import BankClient
from bankgateway.config import Account, Credentials, Environment, Settings
from bankgateway.errors import ConfigurationError
from bankgateway.models.events import Event

if TYPE_CHECKING:
    from bankgateway.banks import inter

ENTRY_POINTS = "bankgateway.banks"
"""Group under which other distributions offer banks: name `slug:COMPE:Name`, value `module:ClientClass`."""


@dataclass(frozen=True, slots=True)
class BankInfo:
    """A bank, without importing it.

    Attributes:
        slug: What `connect` takes.
        compe: COMPE code, three digits.
        name: For people.
        path: `module:attribute` of its client class.
    """

    slug: str
    compe: str
    name: str
    path: str


_BUILT_IN = (BankInfo("inter", "077", "Banco Inter", "bankgateway.banks.inter:Client"),)


@cache
def _registry() -> Mapping[str, BankInfo]:
    found = {info.slug: info for info in _BUILT_IN}
    for point in entry_points(group=ENTRY_POINTS):
        slug, _, rest = point.name.partition(":")
        compe, _, name = rest.partition(":")
        # A bank of ours cannot be replaced by installing something.
        found.setdefault(slug, BankInfo(slug, compe, name or slug, point.value))
    return found


def banks() -> tuple[BankInfo, ...]:
    """Every bank there is, installed ones included, without importing any."""
    return tuple(_registry().values())


def bank_class(slug: str) -> type[BankClient]:
    """The client class of a bank.

    Raises:
        ConfigurationError: There is no such bank, or it cannot be imported.
    """
    info = _registry().get(slug)
    if info is None:
        raise ConfigurationError(f"unknown bank {slug!r}; there are: {', '.join(_registry())}")
    module, _, attribute = info.path.partition(":")
    try:
        found = getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise ConfigurationError(f"the bank {slug!r} cannot be imported: {error}") from error
    if not (isinstance(found, type) and issubclass(found, BankClient)):
        raise ConfigurationError(f"the bank {slug!r} is not a BankClient")
    return found


@overload
def connect(
    bank: inter.Account,
    /,
    credentials: inter.Credentials,
    *,
    environment: str | Environment,
    settings: Settings | None = None,
) -> inter.Client: ...


@overload
def connect(
    bank: Account,
    /,
    credentials: Credentials | Mapping[str, Any],
    *,
    environment: str | Environment,
    settings: Settings | None = None,
) -> BankClient: ...


@overload
def connect(
    bank: str,
    /,
    credentials: Credentials | Mapping[str, Any],
    *,
    account: Account | Mapping[str, Any],
    environment: str | Environment,
    settings: Settings | None = None,
) -> BankClient: ...


def connect(
    bank: Account | str,
    /,
    credentials: Credentials | Mapping[str, Any],
    *,
    account: Account | Mapping[str, Any] | None = None,
    environment: str | Environment,
    settings: Settings | None = None,
) -> BankClient:
    """A client for one account at one bank. No I/O yet; the certificate is checked here.

    Args:
        bank: The bank's `Account`, or its slug together with `account=`.
        credentials: The bank's `Credentials`, or a mapping with their fields.
        account: Only with a slug: the bank's `Account`, or a mapping with its fields.
        environment: `"production"`, `"sandbox"`, or an `Environment` of your own. There is no default.
        settings: Time-outs, proxy, token store and the like.

    Raises:
        CertificateError: The certificate is expired, not yet valid or unusable. The message says what to do.
        ConfigurationError: Unknown bank or environment, or a field that is missing or wrong.
    """
    slug = bank if isinstance(bank, str) else bank.bank
    where = account if isinstance(bank, str) else bank
    if where is None or (account is not None and not isinstance(bank, str)):
        raise ConfigurationError("give an Account, or the slug of a bank together with account=")
    return bank_class(slug)(where, credentials, environment=environment, settings=settings)


def parse_webhook(slug: str, headers: Mapping[str, str], body: bytes | str) -> list[Event]:
    """The events of a notification, without credentials.

    Reading proves nothing about the sender: confirm with `BankClient.query` before money is credited.

    Raises:
        WebhookRejected: It cannot be read.
        ConfigurationError: Unknown bank.
        Unsupported: The bank has no webhook.
    """
    return bank_class(slug).read_webhook(headers, body)


class _Banks(ModuleType):
    """`bankgateway.banks` is the folder of the banks and, called, the list of them."""

    def __call__(self) -> tuple[BankInfo, ...]:
        return banks()


sys.modules["bankgateway.banks"].__class__ = _Banks

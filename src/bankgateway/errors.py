"""The error tree.

A call to a bank ends in one of four ways, and the classes say which:

* it returns: **done**;
* `Refused`: the bank said no;
* `NotSent`: surely not processed, safe to repeat;
* `OutcomeUnknown`: a write may or may not have been processed. Never repeat it blindly: look it up.

`ConfigurationError` and its certificate errors stand outside `BankGatewayError`, so that
`except BankGatewayError` cannot hide a wrong set-up.

All of them can be pickled and copied, with everything they carry, as a task queue does. `str` and `repr`
are scrubbed; `raw`, `messages` and `ref` are complete and hold personal data.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bankgateway.codes.personal_data import scrub

if TYPE_CHECKING:
    from bankgateway.models.boleto import Boleto, BoletoRef


@dataclass(frozen=True, slots=True)
class ErrorMessage:
    """One complaint of the bank, or of a check made before any I/O.

    Attributes:
        text: The text as the bank wrote it (Portuguese). It may quote personal data: `repr` and
            `str` of the error show it scrubbed.
        field: Our name of the field (`payer.name`), where known.
        bank_field: The bank's name of the field, where given.
        code: The bank's code of this complaint, where given.
    """

    text: str
    field: str | None = None
    bank_field: str | None = None
    code: str | None = None

    def __str__(self) -> str:
        where = self.field or self.bank_field
        text = scrub(self.text)
        return f"{where}: {text}" if where else text

    def __repr__(self) -> str:
        return f"ErrorMessage({str(self)!r}, code={scrub(self.code or '')!r})"


class BankGatewayError(Exception):
    """Anything that went wrong between us and a bank.

    Attributes:
        bank: Slug of the bank (`inter`).
        operation: The uniform operation (`register`, `query`, ...).
        code: The bank's error code, where it has one.
        messages: Every complaint, with our field names where known.
        http_status: HTTP status of the answer, `None` when there was none.
        request_id: The bank's own id of the request, for its support desk.
        raw: The answer as parsed, complete and not redacted: mind where you log it.
    """

    def __init__(
        self,
        message: str,
        *,
        bank: str | None = None,
        operation: str | None = None,
        code: str | None = None,
        messages: Iterable[ErrorMessage] = (),
        http_status: int | None = None,
        request_id: str | None = None,
        raw: Any = None,
    ) -> None:
        super().__init__(scrub(message))
        self.message = scrub(message)
        self.bank = bank
        self.operation = operation
        self.code = code
        self.messages = tuple(messages)
        self.http_status = http_status
        self.request_id = request_id
        self.raw = raw

    def __str__(self) -> str:
        who = " ".join(part for part in (self.bank, self.operation) if part)
        text = f"{who}: {self.message}" if who else self.message
        shown = [str(m) for m in self.messages if str(m) not in self.message]
        if shown:
            text += " (" + "; ".join(shown) + ")"
        facts = []
        if self.http_status is not None:
            facts.append(f"HTTP {self.http_status}")
        if self.code is not None and self.code not in self.message:
            facts.append(f"code {scrub(self.code)}")
        if self.request_id:
            facts.append(f"request id {scrub(self.request_id)}")
        return f"{text} [{', '.join(facts)}]" if facts else text

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"


class Refused(BankGatewayError):
    """The bank said no. Nothing was done; repeating the same request gets the same answer."""


class InvalidRequest(Refused):
    """A field breaks a rule. Also raised before any I/O, then `http_status` is `None`."""


class Unauthorized(Refused):
    """Credentials, scope, account or token were not accepted (HTTP 401, 403, token endpoint)."""


class NotFound(Refused):
    """The bank does not know the boleto (or the webhook, or the file) that was named."""


class Conflict(Refused):
    """The state of the boleto forbids the operation, or it exists already.

    Attributes:
        duplicate: True when the bank refused a registration because an equal one exists.
        state: The bank's word for the state that stood in the way, where it tells.
    """

    def __init__(
        self, message: str, *, duplicate: bool = False, state: str | None = None, **context: Any
    ) -> None:
        super().__init__(message, **context)
        self.duplicate = duplicate
        self.state = state


class BusinessRule(Refused):
    """A rule of the bank or of the contract refuses the operation."""


class RateLimited(Refused):
    """Too many calls. Nothing was processed: it is safe to repeat it, later.

    Attributes:
        retry_after: Seconds to wait, where the bank or our own limiter tells.
    """

    def __init__(self, message: str, *, retry_after: float | None = None, **context: Any) -> None:
        super().__init__(message, **context)
        self.retry_after = retry_after


class NotSent(BankGatewayError):
    """The bank surely did not process the request: it is safe to repeat it.

    Attributes:
        reason: `connect`, `tls`, `certificate`, `pool`, `token` (none was to be had) or `closed`.
    """

    def __init__(self, message: str, *, reason: str = "connect", **context: Any) -> None:
        super().__init__(message, **context)
        self.reason = reason


class OutcomeUnknown(BankGatewayError):
    """A write left, and what became of it could not be found out. Do not repeat it blindly.

    Attributes:
        ref: What to look the boleto up by: `await bank.query(error.ref)`. `None` when the write
            was not about one boleto.
    """

    def __init__(self, message: str, *, ref: BoletoRef | None = None, **context: Any) -> None:
        super().__init__(message, **context)
        self.ref = ref


class BankUnavailable(BankGatewayError):
    """A call that changes nothing failed: the bank is down, slow or unreachable. Repeat later."""


class UnexpectedResponse(BankGatewayError):
    """The bank answered something that cannot be read, or that contradicts the request.

    Attributes:
        boleto: The boleto that exists at the bank all the same, with `Settings.strict_answers`.
    """

    def __init__(self, message: str, *, boleto: Boleto | None = None, **context: Any) -> None:
        super().__init__(message, **context)
        self.boleto = boleto


class Unsupported(BankGatewayError):
    """The bank does not offer this. Raised before any I/O.

    Attributes:
        field: Our name of the field, command or operation that is not offered.
    """

    def __init__(self, message: str, *, field: str | None = None, **context: Any) -> None:
        super().__init__(message, **context)
        self.field = field


class WebhookRejected(BankGatewayError):
    """A notification that cannot be read or does not come from the bank. Answer it with 400."""


class ConfigurationError(Exception):
    """The set-up is wrong: account, credentials, settings or a missing extra."""


class CertificateError(ConfigurationError):
    """The client certificate cannot be used. The message says what to do."""


class CertificateExpired(CertificateError):
    """`notAfter` is in the past."""


class CertificateNotYetValid(CertificateError):
    """`notBefore` is in the future."""


class CertificateKeyMismatch(CertificateError):
    """Certificate and private key do not belong together."""


class CertificateUnreadable(CertificateError):
    """The file is not what it should be, or the password is wrong."""


class CertificateExpiringWarning(UserWarning):
    """A client certificate has less than 30 days left."""


def missing_extra(package: str, extra: str, purpose: str) -> ConfigurationError:
    """The error for an optional dependency that is not installed."""
    return ConfigurationError(
        f"{purpose} needs the package {package!r}: install it with  pip install 'bankgateway[{extra}]'"
    )


def class_for_status(status: int, *, writes: bool) -> type[BankGatewayError]:
    """The class an HTTP status stands for where a bank's own table says nothing else.

    A write that is answered with 408 or 5xx may have been processed before the gateway gave up.
    """
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if status >= 500 or status == 408:
        return OutcomeUnknown if writes else BankUnavailable
    return InvalidRequest if status >= 400 else UnexpectedResponse


_BY_STATUS: dict[int, type[BankGatewayError]] = {
    401: Unauthorized,
    403: Unauthorized,
    404: NotFound,
    409: Conflict,
    410: NotFound,
    422: BusinessRule,
    429: RateLimited,
}

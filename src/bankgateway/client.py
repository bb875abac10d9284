"""The uniform interface, and every policy that all banks share.

Public methods are final and hold the policy; a bank fills in the underscored ones.
"""

from __future__ import annotations

import logging
import warnings
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from datetime import date
from types import TracebackType
from typing import Any, ClassVar, Self, TypeVar, final

from bankgateway import bulk, recovery
from bankgateway.answers import contradictions
from bankgateway.capabilities import Capabilities, Operation
from bankgateway.codes import FACTOR_DAYS_AHEAD
from bankgateway.config import Account, Credentials, Environment, Settings
from bankgateway.errors import (
    BankGatewayError,
    BusinessRule,
    ConfigurationError,
    Conflict,
    ErrorMessage,
    InvalidRequest,
    OutcomeUnknown,
    UnexpectedResponse,
    Unsupported,
    WebhookRejected,
)
from bankgateway.models.boleto import Boleto, BoletoRef, BoletoStatus, NewBoleto
from bankgateway.models.commands import Cancel, Command
from bankgateway.models.events import Event
from bankgateway.models.results import (
    BulkResult,
    CommandResult,
    CommandStatus,
    Search,
    Settlement,
    WebhookRegistration,
)
from bankgateway.security.expiry import notice_expiry
from bankgateway.security.redaction import sdk_logger
from bankgateway.telemetry import watched_pages
from bankgateway.transport import Answer, Call, Transport, timeouts_here

log = sdk_logger("client")

T = TypeVar("T")

MAX_WEBHOOK_BYTES = 1024 * 1024
"""A longer notification is rejected unread."""


class BankClient(ABC):
    """One account at one bank. Made by `bankgateway.connect`; close it with `async with` or `aclose()`.

    Safe to share between tasks of one event loop. Raises what `bankgateway.errors` describes.
    """

    bank: ClassVar[str]
    bank_name: ClassVar[str]
    compe: ClassVar[str]
    capabilities: ClassVar[Capabilities]
    environments: ClassVar[Mapping[str, Environment]]
    account_type: ClassVar[type[Account]]
    credentials_type: ClassVar[type[Credentials]]
    renewal_hint: ClassVar[str] = ""
    """How a customer of this bank renews the certificate."""

    recovery_pauses: ClassVar[tuple[float, ...]] = (0.0, 1.0, 3.0)
    """Seconds before each look-up after an unknown registration: banks show a new boleto late."""

    @final
    def __init__(
        self,
        account: Account | Mapping[str, Any],
        credentials: Credentials | Mapping[str, Any],
        *,
        environment: str | Environment,
        settings: Settings | None = None,
    ) -> None:
        self.account = self.account_type.read(account)
        self.credentials = self.credentials_type.read(credentials)
        self.environment = self._find_environment(environment)
        self.settings = settings or Settings()
        self._clock = self.settings.clock
        self._check_certificate()
        self._transport = self._make_transport()
        self._closed = False

    # -- life ----------------------------------------------------------------------------------

    @final
    async def __aenter__(self) -> Self:
        return self

    @final
    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    @final
    async def aclose(self) -> None:
        """Close the connections. Harmless when done twice; later calls raise `NotSent`."""
        self._closed = True
        await self._transport.aclose()

    def __del__(self) -> None:
        transport = getattr(self, "_transport", None)
        if transport is not None and not self._closed and transport.holds_connections:
            warnings.warn(
                f"{self!r} was not closed: use 'async with' or aclose()", ResourceWarning, stacklevel=2
            )

    def __repr__(self) -> str:
        return f"<{type(self).__module__.split('.')[-2]} client, {self.environment.name}>"

    @final
    @contextmanager
    def timeouts(self, **seconds: float) -> Iterator[None]:
        """Other time-outs for the calls made inside the block, by this task and the tasks it starts.

            with bank.timeouts(read=60):
                pdf = await bank.fetch_pdf(boleto)

        Args:
            **seconds: Fields of `Timeouts` that differ from the settings'.
        """
        before = timeouts_here.set(replace(self.settings.timeouts, **seconds))
        try:
            yield
        finally:
            timeouts_here.reset(before)

    # -- the verbs -----------------------------------------------------------------------------

    @final
    def supports(self, what: Operation | str | Command | type[Command]) -> bool:
        """Whether this bank offers an operation (`"search"`) or a command (`ChangeAmount`)."""
        return self.capabilities.supports(what)

    @final
    async def register(self, new: NewBoleto, *, wait: float | None = None) -> Boleto:
        """Register a boleto.

        A registration is sent again only when the bank surely did not process it. When its outcome is
        unknown, and when the bank refuses it as a duplicate, the boleto is looked up and, if found, returned
        with a notice (`recovered`, `already_registered`).

        Args:
            new: The boleto.
            wait: At banks that register asynchronously (Inter), seconds to wait for barcode and Pix.
                The boleto comes back as `PENDING_REGISTRATION` when they pass.

        Raises:
            Unsupported, InvalidRequest: Before any I/O, naming the field.
            Refused: The bank said no, also when it says so while we wait.
            NotSent: Surely not registered; safe to repeat.
            OutcomeUnknown: It may be registered. `error.ref` is what to query by.
        """
        with self._observed(Operation.REGISTER):
            return await self._registered(new, wait)

    @final
    def register_many(
        self,
        boletos: Iterable[NewBoleto] | AsyncIterable[NewBoleto],
        *,
        concurrency: int = 8,
        wait: float | None = None,
    ) -> AsyncGenerator[BulkResult, None]:
        """Register many boletos: one result an item, in the order of the input.

        One failure never stops the rest. The input may be a generator of any length: it is read piece by
        piece and memory stays flat. Read all results, or close the iterator (`contextlib.aclosing`).

        Args:
            boletos: An iterable, synchronous or not.
            concurrency: Registrations under way at the same time. The bank's rate limit holds besides.
            wait: As for `register`.
        """
        if concurrency < 1:
            raise ValueError("concurrency: at least 1")
        return bulk.register_many(self, boletos, concurrency, wait)

    @final
    async def query(self, ref: BoletoRef | Boleto) -> Boleto:
        """Ask for one boleto.

        Raises:
            NotFound: The bank does not know it.
            InvalidRequest: The reference lacks the part this bank asks by; the message names it.
        """
        self._require(Operation.QUERY)
        with self._observed(Operation.QUERY):
            return self._checked(await self._query(_ref(ref)), None)

    @final
    def search(self, criteria: Search) -> AsyncIterator[Boleto]:
        """Boletos by date and filters, page by page as they are read.

        Raises:
            Unsupported: At once, for a filter this bank lacks.
        """
        self._require(Operation.SEARCH)
        self.capabilities.check_search(self.bank, criteria)
        return self._observed_pages(Operation.SEARCH, self._search(criteria))

    @final
    async def cancel(
        self, ref: BoletoRef | Boleto, reason: str | None = None, *, wait: float | None = None
    ) -> CommandResult:
        """Cancel (baixa): nobody can pay it any more.

        Args:
            ref: The boleto.
            reason: Free text, where the bank takes one.
            wait: Seconds to wait for it to be in force, at banks where that takes time.

        Raises:
            Conflict: Its state forbids it; `error.state` is the bank's word for the state.
        """
        self._require(Operation.CANCEL)
        return await self.execute(ref, Cancel(reason=reason), wait=wait)

    @final
    async def execute(
        self, ref: BoletoRef | Boleto, command: Command, *, wait: float | None = None
    ) -> CommandResult:
        """Carry out a command.

        Args:
            ref: The boleto.
            command: What to do.
            wait: Seconds to wait for an asynchronous bank to finish. `DONE` when it did.

        Raises:
            Unsupported, InvalidRequest: Before any I/O, naming command or field.
            Refused: The bank said no.
            OutcomeUnknown: It may be in force; `query` shows.
        """
        self.capabilities.check_command(self.bank, command)
        where = _ref(ref)
        with self._observed(command.kind):
            try:
                result = await self._execute(where, command)
            except (OutcomeUnknown, UnexpectedResponse) as error:
                unknown: BankGatewayError = error
            else:
                return await self.follow(result, wait=wait) if wait else result
            return await recovery.confirm_unknown(self, where, command, unknown)

    @final
    async def follow(self, result: CommandResult, *, wait: float = 0.0) -> CommandResult:
        """See how far an accepted command got, looking until it is done or `wait` seconds pass.

        Raises:
            BusinessRule: The bank gave the command up.
        """
        deadline = self._clock.monotonic() + wait
        pause = self.environment.poll_interval
        while result.status is not CommandStatus.DONE:
            result = await self._follow(result)
            left = deadline - self._clock.monotonic()
            if result.status is CommandStatus.DONE or left <= 0:
                break
            await self._clock.sleep(min(pause, left))
            pause = min(pause * 1.5, 15.0)
        return result

    @final
    async def fetch_pdf(self, ref: BoletoRef | Boleto) -> bytes:
        """The bank's own PDF of the boleto.

        Raises:
            UnexpectedResponse: What came is not a PDF.
        """
        self._require(Operation.FETCH_PDF)
        with self._observed(Operation.FETCH_PDF):
            pdf = await self._fetch_pdf(_ref(ref))
        if not pdf.startswith(b"%PDF"):
            raise UnexpectedResponse("what the bank sent is not a PDF", bank=self.bank, operation="fetch_pdf")
        return pdf

    @final
    def settlements(self, since: date, until: date) -> AsyncIterator[Settlement]:
        """Boletos paid from `since` to `until`, both inclusive, days of Brasília."""
        self._require(Operation.SETTLEMENTS)
        if until < since:
            raise ValueError("until: before since")
        return self._observed_pages(Operation.SETTLEMENTS, self._settlements(since, until))

    @final
    async def set_webhook(self, url: str, **options: Any) -> WebhookRegistration:
        """Have the bank notify `url`. Options are the bank's, named on its page of the docs."""
        self._require(Operation.SET_WEBHOOK)
        if not url.startswith("https://") or any(c.isspace() for c in url):
            raise self._invalid(
                "url", "a webhook is an https:// address without blanks", Operation.SET_WEBHOOK
            )
        with self._observed(Operation.SET_WEBHOOK):
            return await self._set_webhook(url, **options)

    @final
    async def get_webhook(self) -> WebhookRegistration | None:
        """The webhook as the bank has it; `None` when there is none."""
        self._require(Operation.GET_WEBHOOK)
        with self._observed(Operation.GET_WEBHOOK):
            return await self._get_webhook()

    @final
    async def delete_webhook(self) -> None:
        """Have the bank notify nobody. Harmless when there is no webhook."""
        self._require(Operation.DELETE_WEBHOOK)
        with self._observed(Operation.DELETE_WEBHOOK):
            await self._delete_webhook()

    @final
    def parse_webhook(self, headers: Mapping[str, str], body: bytes | str) -> list[Event]:
        """The events of a notification. Reading proves nothing about who sent it: confirm with `query`.

        Raises:
            WebhookRejected: It cannot be read, is too large, or names another account. Never another error.
        """
        return self._guarded(self._owned_events, headers, body)

    @final
    @classmethod
    def read_webhook(cls, headers: Mapping[str, str], body: bytes | str) -> list[Event]:
        """`parse_webhook` without an account, and so without looking whose account it is about."""
        return cls._guarded(cls._parse_webhook, headers, body)

    # -- what a bank fills in --------------------------------------------------------------------

    @abstractmethod
    def _make_transport(self) -> Transport:
        """The transport with this bank's dialect of authentication."""

    @abstractmethod
    def _refusal(self, call: Call, answer: Answer) -> BankGatewayError:
        """The error that an answer outside the 200 family stands for."""

    @abstractmethod
    async def _register(self, new: NewBoleto) -> Boleto: ...

    @abstractmethod
    async def _find_equal(self, new: NewBoleto) -> list[Boleto]:
        """The bank's boletos equal to `new`, looked up by the keys this bank offers, oldest first."""

    @abstractmethod
    async def _query(self, ref: BoletoRef) -> Boleto: ...

    @abstractmethod
    async def _execute(self, ref: BoletoRef, command: Command) -> CommandResult: ...

    def _check_new(self, new: NewBoleto) -> None:
        """Checks before any I/O; a bank adds its own after these."""
        today = self._clock.today()
        if new.due_date < (new.issue_date or today):
            before = "issue_date" if new.issue_date else "today in Brasília"
            raise self._invalid("due_date", f"before {before}", Operation.REGISTER)
        if (new.due_date - today).days > FACTOR_DAYS_AHEAD:
            raise self._invalid(
                "due_date",
                f"more than {FACTOR_DAYS_AHEAD} days ahead: no barcode can hold it (FEBRABAN)",
                Operation.REGISTER,
            )
        self.capabilities.check_new(self.bank, new)

    def _is_complete(self, boleto: Boleto, new: NewBoleto) -> bool:
        """Whether a registration is finished."""
        return boleto.status is not BoletoStatus.PENDING_REGISTRATION

    async def _follow(self, result: CommandResult) -> CommandResult:
        """How far an accepted command got. By default: whether the boleto shows it."""
        boleto = self._checked(await self._query(result.ref), None)
        done = recovery.shows(boleto, result.kind)
        status = CommandStatus.DONE if done else result.status
        return result.model_copy(
            update={"status": status, "boleto": boleto, "bank_status": boleto.bank_status}
        )

    def _search(self, criteria: Search) -> AsyncIterator[Boleto]:
        raise self._lacking(Operation.SEARCH)

    def _settlements(self, since: date, until: date) -> AsyncIterator[Settlement]:
        raise self._lacking(Operation.SETTLEMENTS)

    async def _fetch_pdf(self, ref: BoletoRef) -> bytes:
        raise self._lacking(Operation.FETCH_PDF)

    async def _set_webhook(self, url: str, **options: Any) -> WebhookRegistration:
        raise self._lacking(Operation.SET_WEBHOOK)

    async def _get_webhook(self) -> WebhookRegistration | None:
        raise self._lacking(Operation.GET_WEBHOOK)

    async def _delete_webhook(self) -> None:
        raise self._lacking(Operation.DELETE_WEBHOOK)

    @classmethod
    def _parse_webhook(cls, headers: Mapping[str, str], body: bytes) -> list[Event]:
        """Pure. `headers` have names in lower case. May raise `ValueError` for what cannot be read."""
        raise cls._lacking(Operation.PARSE_WEBHOOK)

    def _is_ours(self, headers: Mapping[str, str]) -> bool:
        """Whether a notification is about this account, as far as its headers tell."""
        return True

    # -- policy ----------------------------------------------------------------------------------

    @final
    async def _registered(self, new: NewBoleto, wait: float | None) -> Boleto:
        self._require(Operation.REGISTER)
        self._check_new(new)
        try:
            boleto = await self._register(new)
        except (OutcomeUnknown, UnexpectedResponse) as error:
            unknown: BankGatewayError = error
        except Conflict as error:
            if not error.duplicate:
                raise
            return await self._finish(await recovery.adopt_duplicate(self, new, error), new, wait)
        else:
            return await self._finish(boleto, new, wait)
        return await self._finish(await recovery.recover_unknown(self, new, unknown), new, wait)

    def _observed(self, operation: str) -> AbstractContextManager[object]:
        """The scope of an operation, for whom `Settings.telemetry` tells."""
        telemetry = self.settings.telemetry
        return nullcontext() if telemetry is None else telemetry.operation(self.bank, operation)

    def _observed_pages(self, operation: str, items: AsyncIterator[T]) -> AsyncIterator[T]:
        telemetry = self.settings.telemetry
        return items if telemetry is None else watched_pages(telemetry, self.bank, operation, items)

    @final
    async def _send(self, call: Call) -> Answer:
        """Send a call; an answer outside the 200 family is raised as the bank's refusal."""
        answer = await self._transport.send(call)
        if answer.ok:
            return answer
        raise self._refusal(call, answer)

    async def _finish(self, boleto: Boleto, new: NewBoleto, wait: float | None) -> Boleto:
        if wait and not self._is_complete(boleto, new):
            boleto = await recovery.wait_for_registration(self, boleto, new, wait)
        if boleto.status is BoletoStatus.REJECTED:
            raise BusinessRule(
                "the bank took the registration and then rejected it",
                bank=self.bank,
                operation=Operation.REGISTER,
                code=boleto.bank_status,
                request_id=boleto.request_id,
                raw=boleto.raw,
            )
        return self._checked(boleto, new)

    def _lookup_ref(self, new: NewBoleto) -> BoletoRef:
        """What an unknown registration can be looked up by."""
        return BoletoRef(
            nosso_numero=new.nosso_numero,
            seu_numero=new.seu_numero,
            payer_tax_id=new.payer.tax_id,
            issue_date=new.issue_date or self._clock.today(),
        )

    def _checked(self, boleto: Boleto, new: NewBoleto | None) -> Boleto:
        """Promise 6: an answer that contradicts itself or the request is flagged, or raised if so set."""
        notices = contradictions(boleto, new, compe=self.compe, today=self._clock.today())
        if not notices:
            return boleto
        level = logging.WARNING if self.environment.checks_answers else logging.INFO
        for notice in notices:
            log.log(level, "%s: %s: %s", self.bank, notice.field, notice.message)
        boleto = boleto.with_notices(*notices)
        if self.settings.strict_answers and self.environment.checks_answers:
            error = UnexpectedResponse(
                "; ".join(f"{n.field}: {n.message}" for n in notices),
                bank=self.bank,
                operation=Operation.REGISTER if new else Operation.QUERY,
                request_id=boleto.request_id,
                raw=boleto.raw,
            )
            error.boleto = boleto
            raise error
        return boleto

    def _check_certificate(self) -> None:
        certificate = self.credentials.client_certificate
        if certificate is not None:
            now = self._clock.now()
            certificate.check(now, renewal_hint=self.renewal_hint)
            notice_expiry(
                certificate,
                now,
                renewal_hint=self.renewal_hint,
                callback=self.settings.on_certificate_expiring,
            )
            if (telemetry := self.settings.telemetry) is not None:
                telemetry.certificate(self.bank, certificate.fingerprint, certificate.days_left(now))

    @classmethod
    def _find_environment(cls, environment: str | Environment) -> Environment:
        if isinstance(environment, Environment):
            return environment
        if environment not in cls.environments:
            known = ", ".join(cls.environments)
            raise ConfigurationError(f"{cls.bank}: unknown environment {environment!r}; there are: {known}")
        return cls.environments[environment]

    def _require(self, operation: Operation) -> None:
        if operation not in self.capabilities.operations:
            raise self._lacking(operation)

    @classmethod
    def _lacking(cls, operation: Operation) -> Unsupported:
        return Unsupported(
            f"the bank does not offer {operation.value}",
            field=operation.value,
            bank=cls.bank,
            operation=operation,
        )

    @classmethod
    def _invalid(cls, field: str, text: str, operation: str) -> BankGatewayError:
        return InvalidRequest(
            "refused before sending",
            messages=[ErrorMessage(text, field=field)],
            bank=cls.bank,
            operation=operation,
        )

    def _owned_events(self, headers: Mapping[str, str], body: bytes) -> list[Event]:
        if not self._is_ours(headers):
            raise ValueError("it is about another account")
        return self._parse_webhook(headers, body)

    @classmethod
    def _guarded(cls, parse: Any, headers: Mapping[str, str], body: bytes | str) -> list[Event]:
        fault: str
        try:
            raw = body.encode() if isinstance(body, str) else bytes(body)
            if len(raw) > MAX_WEBHOOK_BYTES:
                raise ValueError(f"longer than {MAX_WEBHOOK_BYTES} bytes")
            events: list[Event] = parse({str(k).lower(): str(v) for k, v in dict(headers).items()}, raw)
            return events
        except Unsupported:
            raise
        except Exception as error:  # noqa: BLE001 - promise: a hostile body raises WebhookRejected and nothing else
            fault = str(error) if type(error) is ValueError else type(error).__name__
        raise WebhookRejected(
            f"not a notification of this bank: {fault}", bank=cls.bank, operation=Operation.PARSE_WEBHOOK
        )


def _ref(ref: BoletoRef | Boleto) -> BoletoRef:
    return ref.ref if isinstance(ref, Boleto) else ref

"""The policy around an exchange: rate limit, token, retry mode, hooks, log."""

from __future__ import annotations

import inspect
import logging
import random
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

import httpx

from bankgateway.errors import (
    BankGatewayError,
    BankUnavailable,
    CertificateExpiringWarning,
    NotSent,
    OutcomeUnknown,
    RateLimited,
    UnexpectedResponse,
)
from bankgateway.security.certificate import ClientCertificate
from bankgateway.security.expiry import notice_expiry
from bankgateway.security.oauth import (
    FAILURE_MEMORY,
    PROCESS_STORE,
    Token,
    TokenAnswer,
    TokenRequest,
    Tokens,
    TokenSource,
)
from bankgateway.security.redaction import redact_headers, redact_url, sdk_logger
from bankgateway.telemetry import Telemetry
from bankgateway.transport.calls import Answer, Call, Repeat, dump_json
from bankgateway.transport.exchange import Failure, build_request, exchange
from bankgateway.transport.limits import RateLimit, shared_limiter
from bankgateway.transport.pool import HttpPool, user_agent
from bankgateway.transport.settings import AnswerInfo, RequestInfo, Settings, timeouts_here

log = sdk_logger("transport")

TOKEN_BUCKET = "token"  # noqa: S105 - the name of a rate limit
_UNAUTHORIZED = 401
_TIMED_OUT = 408
_TOO_MANY = 429
_FOR_GOOD = (501, 505)


class Transport:
    """Sends the calls of one `BankClient`.

    Args:
        bank: Slug, for errors and logs.
        settings: The user's.
        certificate: Presented on every connection.
        tokens: Dialect of the token endpoint; `None` where there is none.
        authorize: Turns a token into headers. `Authorization: Bearer` by default.
        limits: Calls allowed, by bucket.
        limit_key: Which clients share the limits.
        renewal_hint: How this bank renews a certificate, for the warning.
    """

    def __init__(
        self,
        bank: str,
        settings: Settings,
        *,
        certificate: ClientCertificate | None = None,
        tokens: TokenSource | None = None,
        authorize: Callable[[str], Mapping[str, str]] = lambda token: {"Authorization": f"Bearer {token}"},
        limits: Mapping[str, RateLimit] | None = None,
        limit_key: str = "",
        renewal_hint: str = "",
    ) -> None:
        self._bank = bank
        self._settings = settings
        self._certificate = certificate
        self._authorize = authorize
        self._limits = limits or {}
        self._limit_key = f"{bank}|{limit_key}"
        self._renewal_hint = renewal_hint
        self._user_agent = user_agent(settings.user_agent)
        self._pool = HttpPool(settings, certificate)
        self._no_renewal_before = float("-inf")
        self._tokens = (
            Tokens(
                tokens,
                self._send_token_request,
                store=settings.token_store or PROCESS_STORE,
                clock=settings.clock,
                bank=bank,
            )
            if tokens is not None
            else None
        )

    @property
    def holds_connections(self) -> bool:
        """Whether connections and a TLS context are open now."""
        return self._pool.is_open

    async def aclose(self) -> None:
        """Close the connections. Harmless when done twice."""
        await self._pool.aclose()

    async def send(self, call: Call) -> Answer:
        """Send a call, again where its `Repeat` allows it, and return the answer whatever its status.

        Raises:
            NotSent: No answer, and the bank surely did not process the call.
            OutcomeUnknown: No answer to a call that writes.
            BankUnavailable: No answer to a call that only reads.
            RateLimited: Our own limiter would have to wait too long.
            Unauthorized: The bank gives no token.
            ConfigurationError: Host, header, proxy or certificate cannot be used.
        """
        call = _with_body_written(call)
        renewed = False
        # Whether an attempt that got no clear answer may have been processed: from then on nothing that
        # goes wrong means "not sent".
        doubtful = False
        attempt = 0
        while True:
            attempt += 1
            try:
                token = await self._turn(call)
            except BankGatewayError as error:
                if not (doubtful and call.writes):
                    raise
                outcome: Answer | Failure = Failure("connection", not_sent=False, text=error.message)
                break
            outcome = await self._attempt(call, token, attempt)
            if not renewed and await self._renews(call, outcome, token):
                renewed = True
                continue
            pause = self._pause(call, outcome, attempt)
            if pause is None:
                break
            doubtful = doubtful or not _unprocessed(outcome)
            await self._settings.clock.sleep(pause)
        if doubtful and call.writes and _unprocessed(outcome):
            outcome = Failure(
                "connection", not_sent=False, text="an attempt got no answer, the last no hearing"
            )
        if isinstance(outcome, Failure):
            raise self._error(call, replace(outcome, not_sent=outcome.not_sent and not doubtful))
        if renewed and outcome.status == _UNAUTHORIZED:
            self._no_renewal_before = self._settings.clock.monotonic() + FAILURE_MEMORY
        return outcome

    # -- before an attempt ---------------------------------------------------------------------

    async def _turn(self, call: Call) -> Token | None:
        """Wait for the rate limit, and for a token."""
        # A token first, since fetching it takes time and a place in the rate limit is for now; then once
        # more, since it may have expired while we waited for the place.
        await self._token(call)
        limiter = shared_limiter(self._limit_key, self._limits, self._settings.clock)
        await limiter.acquire(
            call.bucket,
            ceiling=self._settings.retry.throttle_ceiling,
            bank=self._bank,
            operation=call.operation,
        )
        return await self._token(call)

    async def _token(self, call: Call) -> Token | None:
        if self._tokens is None or not call.authorized:
            return None
        try:
            return await self._tokens.get()
        except (BankUnavailable, UnexpectedResponse) as error:
            if not call.writes:
                raise
            failure = NotSent(
                f"no token, so nothing was sent: {error.message}",
                reason="token",
                bank=self._bank,
                operation=call.operation,
                http_status=error.http_status,
                request_id=error.request_id,
            )
        raise failure

    async def _renews(self, call: Call, outcome: Answer | Failure, token: Token | None) -> bool:
        """Whether the bank refused the token, and the call is worth another try with a new one."""
        if self._tokens is None or token is None:
            return False
        if isinstance(outcome, Failure) or outcome.status != _UNAUTHORIZED:
            return False
        if self._settings.clock.monotonic() < self._no_renewal_before:
            # A new token did not help a moment ago: it is not the token, and token calls are few a minute.
            return False
        await self._tokens.discard(token)
        # An answer before any processing: safe to repeat, also for a write.
        return call.repeat is not Repeat.NEVER

    # -- an attempt ----------------------------------------------------------------------------

    async def _attempt(self, call: Call, token: Token | None, attempt: int) -> Answer | Failure:
        headers = self._headers(call, token)
        request = build_request(
            call.method, call.url, params=call.params, headers=headers, content=call.content
        )
        info = self._info(call, request, attempt) if self._is_watched else None
        if info is not None:
            await self._run_hooks(self._settings.before_request, info)
        outcome = await exchange(
            self._pool,
            request,
            timeouts=timeouts_here.get() or call.timeouts or self._settings.timeouts,
            max_bytes=self._settings.max_answer_bytes,
        )
        self._count(call, attempt, outcome)
        if info is not None:
            await self._report(info, outcome)
        return outcome

    def _info(self, call: Call, request: httpx.Request, attempt: int) -> RequestInfo:
        return RequestInfo(
            bank=self._bank,
            operation=call.operation,
            method=call.method,
            url=redact_url(str(request.url)),
            headers=redact_headers(request.headers),
            attempt=attempt,
        )

    def _count(self, call: Call, attempt: int, outcome: Answer | Failure) -> None:
        status = outcome.status if isinstance(outcome, Answer) else None
        self._measure(lambda to: to.attempt(self._bank, call.operation, attempt, status, outcome.seconds))

    def _measure(self, tell: Callable[[Telemetry], None]) -> None:
        if (telemetry := self._settings.telemetry) is None:
            return
        try:
            tell(telemetry)
        except Exception:
            # As with hooks: it must not cost the answer.
            log.exception("telemetry raised; ignored")

    @property
    def _is_watched(self) -> bool:
        """Whether anybody looks at what is sent: redacting it takes time."""
        settings = self._settings
        return bool(settings.before_request or settings.after_answer) or log.isEnabledFor(logging.DEBUG)

    def _headers(self, call: Call, token: Token | None) -> dict[str, str]:
        parts = (
            {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": self._user_agent},
            call.headers,
            {} if token is None else self._authorize(token.value),
        )
        merged = {name.lower(): (name, value) for part in parts for name, value in part.items()}
        return dict(merged.values())

    # -- after an attempt ----------------------------------------------------------------------

    def _pause(self, call: Call, outcome: Answer | Failure, attempt: int) -> float | None:
        """Seconds before the next attempt; `None` for no further one."""
        retry = self._settings.retry
        if attempt >= retry.attempts or call.repeat is Repeat.NEVER:
            return None
        if not (_unprocessed(outcome) or (call.repeat is Repeat.IDEMPOTENT and _is_transient(outcome))):
            return None
        told = self.retry_after(outcome) if isinstance(outcome, Answer) else None
        if told is None:
            return random.uniform(0, min(retry.maximum, retry.base * 2 ** (attempt - 1)))  # noqa: S311
        return told if told <= retry.retry_after_ceiling else None

    def retry_after(self, answer: Answer) -> float | None:
        """Seconds the bank asks to wait: `Retry-After`, or the epoch milliseconds of `X-Rate-Limit-Time`."""
        now = self._settings.clock.now()
        told = answer.headers.get("retry-after", "").strip()
        if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", told):
            return float(told)
        if told:
            try:
                moment = parsedate_to_datetime(told)
                # `-0000`, which this leaves naive, is UTC as well.
                moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
                return max(0.0, (moment - now).total_seconds())
            except (ValueError, TypeError, IndexError, OverflowError):
                return None
        reset = answer.headers.get("x-rate-limit-time", "").strip()
        if answer.status == _TOO_MANY and re.fullmatch(r"[0-9]{13}", reset):
            return max(0.0, int(reset) / 1000 - now.timestamp())
        return None

    def _error(self, call: Call, failure: Failure) -> BankGatewayError:
        context: dict[str, Any] = {"bank": self._bank, "operation": call.operation}
        if failure.not_sent:
            if call.writes or failure.is_permanent:
                return NotSent(f"nothing was sent: {failure.text}", reason=failure.reason, **context)
            return BankUnavailable(f"the bank could not be reached: {failure.text}", **context)
        if call.writes:
            return OutcomeUnknown(f"sent, but no answer came: {failure.text}", **context)
        return BankUnavailable(f"no answer came: {failure.text}", **context)

    # -- tokens --------------------------------------------------------------------------------

    async def _send_token_request(self, request: TokenRequest) -> TokenAnswer:
        self._check_certificate()
        answer = await self.send(
            Call(
                operation="token",
                method="POST",
                url=request.url,
                params=tuple(request.params.items()),
                headers={"Content-Type": "application/x-www-form-urlencoded", **request.headers},
                content=urlencode(request.form).encode(),
                bucket=TOKEN_BUCKET,
                authorized=False,
            )
        )
        context: dict[str, Any] = {
            "bank": self._bank, "operation": "token",
            "http_status": answer.status, "request_id": answer.request_id,
        }  # fmt: skip
        if answer.status == _TOO_MANY:
            raise RateLimited("too many token requests", retry_after=self.retry_after(answer), **context)
        if answer.status >= 500 or answer.status == _TIMED_OUT:
            raise BankUnavailable("the token endpoint is unavailable", **context)
        return TokenAnswer(answer.status, answer.headers, answer.content)

    def _check_certificate(self) -> None:
        if self._certificate is None:
            return
        now, certificate = self._settings.clock.now(), self._certificate
        self._measure(
            lambda to: to.certificate(self._bank, certificate.fingerprint, certificate.days_left(now))
        )
        # A client lives for months; its certificate may die while it runs.
        certificate.check(now, renewal_hint=self._renewal_hint)
        # Under `-W error` the warning raises; in the middle of a call the log and the callback must do.
        with suppress(CertificateExpiringWarning):
            notice_expiry(
                certificate,
                now,
                renewal_hint=self._renewal_hint,
                callback=self._settings.on_certificate_expiring,
            )

    # -- hooks and log -------------------------------------------------------------------------

    async def _report(self, info: RequestInfo, outcome: Answer | Failure) -> None:
        if isinstance(outcome, Answer):
            result = AnswerInfo(
                outcome.status, redact_headers(outcome.headers), outcome.request_id, outcome.seconds
            )
        else:
            result = AnswerInfo(None, {}, None, outcome.seconds, failure=outcome.text)
        log.debug(
            "%s %s: %s %s attempt %d -> %s in %.3f s, request id %s",
            info.bank, info.operation, info.method, info.url, info.attempt,
            result.status or result.failure, result.seconds, result.request_id,
        )  # fmt: skip
        await self._run_hooks(self._settings.after_answer, info, result)

    async def _run_hooks(self, hooks: tuple[Callable[..., Any], ...], *arguments: object) -> None:
        for hook in hooks:
            try:
                result = hook(*arguments)
                if inspect.isawaitable(result):
                    await result
            except Exception:
                # A hook only watches. Were it to raise here, a boleto that exists would be reported as lost.
                log.exception("a hook raised; ignored")


def _with_body_written(call: Call) -> Call:
    # First of all, so that what cannot be written fails before anything is sent; and in the call, so that
    # no frame holds it where error trackers see it.
    if call.json is None:
        return call
    headers = {"Content-Type": "application/json", **call.headers}
    return replace(call, json=None, content=dump_json(call.json), headers=headers)


def _unprocessed(outcome: Answer | Failure) -> bool:
    """Whether the bank surely did nothing, and may do it if asked again."""
    if isinstance(outcome, Answer):
        return outcome.status == _TOO_MANY
    return outcome.not_sent and not outcome.is_permanent


def _is_transient(outcome: Answer | Failure) -> bool:
    """Whether the bank may answer better next time."""
    if isinstance(outcome, Failure):
        return not outcome.is_permanent
    return outcome.status == _TIMED_OUT or (outcome.status >= 500 and outcome.status not in _FOR_GOOD)

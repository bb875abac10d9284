"""The policy around an exchange: rate limit, token, retry mode, hooks, log."""

from __future__ import annotations

import inspect
import random
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

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
from bankgateway.security.oauth import PROCESS_STORE, Token, TokenAnswer, TokenRequest, Tokens, TokenSource
from bankgateway.security.redaction import redact_headers, redact_url, sdk_logger
from bankgateway.transport.calls import Answer, Call, Repeat, dump_json
from bankgateway.transport.exchange import Failure, exchange
from bankgateway.transport.limits import RateLimit, shared_limiter
from bankgateway.transport.pool import HttpPool, user_agent
from bankgateway.transport.settings import AnswerInfo, RequestInfo, Settings

log = sdk_logger("transport")

TOKEN_BUCKET = "token"  # noqa: S105 - the name of a rate limit
_TRANSIENT = frozenset({408, 500, 502, 503, 504})
_TOO_MANY = 429
_UNAUTHORIZED = 401


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
        """
        renewed = False
        attempt = 0
        while True:
            attempt += 1
            token = await self._token(call)
            outcome = await self._attempt(call, token, attempt)
            if (
                isinstance(outcome, Answer)
                and outcome.status == _UNAUTHORIZED
                and token is not None
                and not renewed
            ):
                # An answer before any processing: safe to repeat, once, also for a write.
                renewed = True
                await self._tokens.discard(token)  # type: ignore[union-attr]
                continue
            pause = self._pause(call, outcome, attempt)
            if pause is None:
                break
            await self._settings.clock.sleep(pause)
        if isinstance(outcome, Failure):
            raise self._error(call, outcome)
        return outcome

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

    async def _attempt(self, call: Call, token: Token | None, attempt: int) -> Answer | Failure:
        headers = {
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "User-Agent": self._user_agent,
        }
        headers.update(call.headers)
        content = call.content
        if call.json is not None:
            content = dump_json(call.json)
            headers.setdefault("Content-Type", "application/json")
        if token is not None:
            headers.update(self._authorize(token.value))
        limiter = shared_limiter(self._limit_key, self._limits, self._settings.clock)
        await limiter.acquire(
            call.bucket,
            ceiling=self._settings.retry.throttle_ceiling,
            bank=self._bank,
            operation=call.operation,
        )
        info = RequestInfo(
            bank=self._bank,
            operation=call.operation,
            method=call.method,
            url=redact_url(f"{call.url}?{urlencode(call.params)}" if call.params else call.url),
            headers=redact_headers(headers),
            attempt=attempt,
        )
        await self._run_hooks(self._settings.before_request, info)
        outcome = await exchange(
            self._pool,
            call.method,
            call.url,
            params=call.params,
            headers=headers,
            content=content,
            timeouts=call.timeouts or self._settings.timeouts,
            max_bytes=self._settings.max_answer_bytes,
        )
        await self._report(info, outcome)
        return outcome

    def _pause(self, call: Call, outcome: Answer | Failure, attempt: int) -> float | None:
        """Seconds before the next attempt; `None` for no further one."""
        retry = self._settings.retry
        if attempt >= retry.attempts or call.repeat is Repeat.NEVER:
            return None
        backoff = random.uniform(0, min(retry.maximum, retry.base * 2 ** (attempt - 1)))  # noqa: S311
        if isinstance(outcome, Failure):
            again = not outcome.is_permanent and (outcome.not_sent or call.repeat is Repeat.IDEMPOTENT)
            return backoff if again and outcome.reason != "too_large" else None
        if outcome.status == _TOO_MANY or (outcome.status in _TRANSIENT and call.repeat is Repeat.IDEMPOTENT):
            told = self.retry_after(outcome)
            if told is None:
                return backoff
            return told if told <= retry.retry_after_ceiling else None
        return None

    def retry_after(self, answer: Answer) -> float | None:
        """Seconds the bank asks to wait: `Retry-After`, or the epoch milliseconds of `X-Rate-Limit-Time`."""
        now = self._settings.clock.now()
        told = answer.headers.get("retry-after", "").strip()
        if told.isdigit():
            return float(told[:9])
        if told:
            try:
                return max(0.0, (parsedate_to_datetime(told).astimezone(UTC) - now).total_seconds())
            except (ValueError, TypeError, OverflowError):
                return None
        reset = answer.headers.get("x-rate-limit-time", "").strip()
        if answer.status == _TOO_MANY and reset.isdigit() and len(reset) == 13:
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

    async def _send_token_request(self, request: TokenRequest) -> TokenAnswer:
        if self._certificate is not None:
            now = self._settings.clock.now()
            # A client lives for months; its certificate may die while it runs.
            self._certificate.check(now, renewal_hint=self._renewal_hint)
            # Under `-W error` the warning raises; in the middle of a call the log and the callback must do.
            with suppress(CertificateExpiringWarning):
                notice_expiry(
                    self._certificate,
                    now,
                    renewal_hint=self._renewal_hint,
                    callback=self._settings.on_certificate_expiring,
                )
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
        if answer.status in _TRANSIENT:
            raise BankUnavailable("the token endpoint is unavailable", **context)
        return TokenAnswer(answer.status, answer.headers, answer.content)

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

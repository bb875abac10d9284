"""What every bank's configuration has in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, ClassVar, Self
from urllib.parse import urlsplit, urlunsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from bankgateway.errors import ConfigurationError
from bankgateway.security.certificate import ClientCertificate
from bankgateway.transport import RateLimit, RetryPolicy, Settings, Timeouts

__all__ = ["Account", "Certificate", "Credentials", "Environment", "RetryPolicy", "Settings", "Timeouts"]


class _Configuration(BaseModel):
    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        arbitrary_types_allowed=True,
        str_strip_whitespace=True,
    )

    bank: ClassVar[str]
    """Slug of the bank."""

    @classmethod
    def read(cls, data: Self | Mapping[str, Any]) -> Self:
        """The configuration from stored data.

        Raises:
            ConfigurationError: A key is missing, unknown or wrong. The message names keys, never values.
        """
        if isinstance(data, cls):
            return data
        if not isinstance(data, Mapping):
            raise ConfigurationError(
                f"{cls.bank}: expected {cls.__name__} or a mapping, got {type(data).__name__}"
            )
        try:
            return cls.model_validate(dict(data))
        except ValidationError as error:
            faults = "; ".join(
                f"{'.'.join(map(str, fault['loc'])) or cls.__name__}: {fault['msg']}"
                for fault in error.errors(include_input=False, include_url=False, include_context=False)
            )
        raise ConfigurationError(f"{cls.bank} {cls.__name__}: {faults}")


class Account(_Configuration):
    """Who we are at the bank: what the market calls a carteira de cobrança."""

    def __repr__(self) -> str:
        return f"<{self.bank} account>"

    __str__ = __repr__


class Credentials(_Configuration):
    """How we prove who we are. Secrets are `SecretStr`; the certificate shows only its fingerprint."""

    @property
    def client_certificate(self) -> ClientCertificate | None:
        """The certificate presented to the bank, where it wants one."""
        return getattr(self, "certificate", None)

    @property
    def identity(self) -> str:
        """What tells two credentials apart, without a secret. Clients that share it share rate limits."""
        return str(getattr(self, "client_id", "") or "")

    def __repr__(self) -> str:
        return f"<{self.bank} credentials>"

    __str__ = __repr__


def _certificate(value: Any) -> Any:
    return ClientCertificate.load(**value) if isinstance(value, Mapping) else value


Certificate = Annotated[ClientCertificate, BeforeValidator(_certificate)]
"""A `ClientCertificate`, or the keywords of `ClientCertificate.load` as a mapping."""


@dataclass(frozen=True, slots=True)
class Environment:
    """Where a bank's API is, and how often it may be called there.

    Attributes:
        name: `production`, `sandbox`, `homologation`, `fake`.
        hosts: Base URL by role (`api`, `token`), without a trailing slash.
        limits: The bank's published rate limits, by bucket.
        poll_interval: Shortest pause in seconds between two looks at an unfinished registration.
        checks_answers: False where the bank's answers are known to contradict themselves (sandboxes):
            contradictions are then noted on the boleto but never raised.
    """

    name: str
    hosts: Mapping[str, str]
    limits: Mapping[str, RateLimit] = field(default_factory=dict)
    poll_interval: float = 1.0
    checks_answers: bool = True

    @property
    def is_production(self) -> bool:
        """Whether real money is behind it."""
        return self.name == "production"

    def at(
        self,
        origin: str,
        *,
        name: str = "fake",
        limits: Mapping[str, RateLimit] | None = None,
        poll_interval: float = 0.05,
    ) -> Environment:
        """The same API at another origin, as a fake bank serves it."""
        scheme, host, *_ = urlsplit(origin)
        return replace(
            self,
            name=name,
            hosts={
                role: urlunsplit((scheme, host, urlsplit(url).path, "", ""))
                for role, url in self.hosts.items()
            },
            limits={} if limits is None else limits,
            poll_interval=poll_interval,
        )

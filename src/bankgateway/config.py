"""What every bank's configuration has in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, ClassVar, Self
from urllib.parse import urlsplit, urlunsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, SecretStr, ValidationError

from bankgateway.errors import ConfigurationError
from bankgateway.security.certificate import ClientCertificate
from bankgateway.transport import RateLimit, RetryPolicy, Settings, Timeouts

__all__ = [
    "Account",
    "Certificate",
    "Credentials",
    "Environment",
    "RetryPolicy",
    "Secret",
    "Settings",
    "Timeouts",
]


class _Configuration(BaseModel):
    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        defer_build=True,
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
            given = " ".join((getattr(data, "bank", ""), type(data).__name__)).strip()
            raise ConfigurationError(f"expected {cls.bank} {cls.__name__} or a mapping, got {given}")
        try:
            return cls.model_validate({str(name): value for name, value in data.items()})
        except ValidationError as error:
            faults = "; ".join(
                f"{'.'.join(map(str, fault['loc'])) or cls.__name__}: {fault['msg']}"
                for fault in error.errors(include_input=False, include_url=False, include_context=False)
            )
        raise ConfigurationError(f"{cls.bank} {cls.__name__}: {faults}")

    def __repr_args__(self) -> list[tuple[str | None, Any]]:
        # Pretty-printers ask for the fields one by one.
        return []

    def __repr__(self) -> str:
        return f"<{self.bank} {type(self).__name__.lower()}>"

    __str__ = __repr__


class Account(_Configuration):
    """Who we are at the bank: what the market calls a carteira de cobrança."""


class Credentials(_Configuration):
    """How we prove who we are. Secrets are `Secret`; the certificate shows only its fingerprint."""

    @property
    def client_certificate(self) -> ClientCertificate | None:
        """The certificate presented to the bank, where it wants one."""
        return getattr(self, "certificate", None)

    @property
    def identity(self) -> str:
        """What tells two credentials apart, without a secret. Clients that share it share rate limits."""
        return str(getattr(self, "client_id", "") or "")


def _certificate(value: Any) -> Any:
    if isinstance(value, Mapping):
        return ClientCertificate.load(**{str(name): part for name, part in value.items()})
    return value


def _secret(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    # A secret read from a file ends with a line break, which no header may hold.
    if not (text := value.strip()):
        raise ValueError("is empty")
    return text


Certificate = Annotated[ClientCertificate, BeforeValidator(_certificate)]
"""A `ClientCertificate`, or the keywords of `ClientCertificate.load` as a mapping."""

Secret = Annotated[SecretStr, BeforeValidator(_secret)]
"""A secret as text, without surrounding blanks, never empty. `repr` shows nothing of it."""


@dataclass(frozen=True, slots=True)
class Environment:
    """Where a bank's API is, and how often it may be called there.

    Attributes:
        name: `production`, `sandbox`, `homologation`, `fake`.
        hosts: Base URL by role (`api`, `token`); a trailing slash is taken off.
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

    def __post_init__(self) -> None:
        hosts = {role: url.rstrip("/") for role, url in self.hosts.items()}
        for role, url in hosts.items():
            if not _is_base_url(url, encrypted=self.is_production):
                raise ConfigurationError(
                    f"environment {self.name}: the host {role!r} is not the base URL of a server"
                    f"{' over https' if self.is_production else ''}"
                )
        object.__setattr__(self, "hosts", hosts)

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
        """The same API at another origin, as a fake bank serves it.

        Args:
            origin: `https://127.0.0.1:8443`; a path in it is left out.
            name: Name of the new environment.
            limits: Rate limits there; none by default.
            poll_interval: As of the environment.

        Raises:
            ConfigurationError: The origin has no scheme or no host.
        """
        if not _is_base_url(origin, encrypted=False):
            raise ConfigurationError("an origin has a scheme and a host, as in https://127.0.0.1:8443")
        scheme, host, *_ = urlsplit(origin)
        hosts = {
            role: urlunsplit((scheme, host, urlsplit(url).path, "", "")) for role, url in self.hosts.items()
        }
        return replace(self, name=name, hosts=hosts, limits=limits or {}, poll_interval=poll_interval)


def _is_base_url(url: str, *, encrypted: bool) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    schemes = ("https",) if encrypted else ("https", "http")
    return parts.scheme in schemes and bool(parts.hostname) and not (parts.query or parts.fragment)

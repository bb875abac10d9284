"""Profiles: which bank, account and credentials a command works with.

A profile is a table `[profiles.NAME]` of a TOML file. Each of its keys can be given in the environment
instead, as `BANKGATEWAY_NAME_KEY`, with `__` between the parts of a nested key; the environment wins. Secrets
are also taken from files of their own, named by the key with `_file` behind it.
"""

from __future__ import annotations

import ipaddress
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import typer
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, create_model
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError

from bankgateway.cli.inputs import faults
from bankgateway.cli.passwords import read_secret
from bankgateway.client import BankClient
from bankgateway.config import Environment, Settings
from bankgateway.connect import bank_class, connect
from bankgateway.errors import ConfigurationError
from bankgateway.security.tls import Trust

FILE_NAME = "bankgateway.toml"
DEFAULT = "default"
"""The profile when none is named."""

_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")
_CERTIFICATE = "certificate"
_PATHS = frozenset({"zip", "pfx", "certificate", "key"})
"""Keys of a certificate's table that are paths themselves."""


# --- What a profile says --------------------------------------------------------------------------------


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, frozen=True)


class _Elsewhere(_Table):
    """A fake bank on this machine.

    Attributes:
        base_url: Its origin.
        ca_file: PEM of the CA that signed its certificate.
        like: Which of the bank's environments it plays.
    """

    base_url: str
    ca_file: Path | None = None
    like: str = "production"


class _Certificate(_Table):
    """The keywords of `ClientCertificate.load`, and files that hold the secret ones."""

    zip: str | None = None
    pfx: str | None = None
    certificate: str | None = None
    key: str | None = None
    pem: SecretStr | None = None
    pem_file: Path | None = None
    password: SecretStr | None = None
    password_file: Path | None = None


class _Stored(BaseSettings):
    """A profile as it is stored. `account` and `credentials` have the keys of the bank's own."""

    model_config = SettingsConfigDict(
        env_nested_delimiter="__",
        env_ignore_empty=True,
        extra="forbid",
        hide_input_in_errors=True,
        frozen=True,
    )

    bank: str
    environment: str | _Elsewhere | None = None
    account: Any = None
    credentials: Any = None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment first, then the file."""
        return env_settings, init_settings


def _table_of(kind: type[BaseModel]) -> Any:
    """The keys of a bank's `Account` or `Credentials`, each also with `_file`. The bank checks the values."""
    keys: dict[str, Any] = {}
    for name, about in kind.model_fields.items():
        if name == _CERTIFICATE:
            keys[name] = (_Certificate | None, None)
            continue
        secret = about.annotation is SecretStr
        keys[name] = (SecretStr | None if secret else Any, Field(default=None, repr=False))
        keys[f"{name}_file"] = (Path | None, None)
    table = create_model(kind.__name__, __base__=_Table, **keys)
    return (table, Field(default_factory=table))


# --- A profile ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Profile:
    """A bank, an account there and the credentials for it.

    Attributes:
        name: Of the profile.
        file: The TOML file it was read from, if any.
        bank: Slug.
        environment: Name of one of the bank's environments, or where a fake is.
        account: As `connect` takes it.
        credentials: As `connect` takes it.
        ca_file: CA of the bank's server, for a fake.
    """

    name: str
    file: Path | None
    bank: str
    environment: str | Environment
    account: Mapping[str, Any] = field(repr=False)
    credentials: Mapping[str, Any] = field(repr=False)
    ca_file: Path | None = None

    def connect(self) -> BankClient:
        """A client; see `bankgateway.connect`."""
        try:
            return connect(
                self.bank,
                self.credentials,
                account=self.account,
                environment=self.environment,
                settings=Settings(trust=Trust(ca_file=self.ca_file)),
            )
        except ConfigurationError as error:
            # Of the same kind still, so that a certificate's own sentence keeps its class.
            raise type(error)(f"profile {self.name!r}: {error}") from None

    @property
    def arguments(self) -> tuple[str, ...]:
        """The options that lead another command to the same profile."""
        config = ("--config", str(self.file)) if self.file else ()
        return ("--profile", self.name, *config)


def read_profile(name: str, file: Path | None) -> Profile:
    """The profile of that name.

    Args:
        name: Lower-case letters, digits and hyphens.
        file: The TOML file; `bankgateway.toml` here or in the user's folder of settings when `None`.

    Raises:
        ConfigurationError: It is not there, or a key is missing or wrong; the message says where to give it.
    """
    if not _NAME.fullmatch(name):
        raise ConfigurationError(
            f"--profile: {name!r} is not a name of lower-case letters, digits and hyphens"
        )
    place = _Place(name, file or _usual_file())
    table = place.table()
    slug = os.environ.get(place.variable("bank")) or table.get("bank")
    if not slug:
        raise place.missing(["bank"])
    kind = bank_class(str(slug))
    stored = place.merged(kind, table)
    if stored.environment is None:
        raise place.missing(["environment"], f" (one of {', '.join(kind.environments)}; there is no default)")
    where = stored.environment
    return Profile(
        name=name,
        file=place.file,
        bank=str(slug),
        environment=where if isinstance(where, str) else _environment(kind, where),
        ca_file=None if isinstance(where, str) else where.ca_file,
        account=place.filled(stored.account, kind.account_type, "account"),
        credentials=place.filled(stored.credentials, kind.credentials_type, "credentials"),
    )


@dataclass(frozen=True)
class _Place:
    """Where a profile is written, for reading it and for saying what is missing there."""

    name: str
    file: Path | None

    def table(self) -> Mapping[str, Any]:
        """The table in the file; empty where the environment alone describes the profile."""
        profiles = _read_toml(self.file).get("profiles", {}) if self.file else {}
        if not isinstance(profiles, dict) or not all(isinstance(t, dict) for t in profiles.values()):
            raise ConfigurationError(f"{self.file}: profiles are tables: [profiles.{self.name}]")
        if self.name in profiles and self.file:
            return _located(profiles[self.name], self.file.absolute().parent)
        if os.environ.get(self.variable("bank")):
            return {}
        if self.file is None:
            raise ConfigurationError(
                f"no profile: there is no {FILE_NAME} in this folder nor in {_user_folder()}, --config names "
                f"none, and the environment has no {self.variable('bank')}"
            )
        known = f"; there are: {', '.join(profiles)}" if profiles else ""
        raise ConfigurationError(f"{self.file}: no profile {self.name!r}{known}. Choose one with --profile.")

    def merged(self, kind: type[BankClient], table: Mapping[str, Any]) -> _Stored:
        """The file's table with the environment over it."""
        model = create_model(
            "Profile",
            __base__=_Stored,
            account=_table_of(kind.account_type),
            credentials=_table_of(kind.credentials_type),
        )
        try:
            return model(_env_prefix=self.variable(""), **table)
        except ValidationError as error:
            text = faults(error)
        except SettingsError as error:
            text = str(error)
        raise ConfigurationError(f"profile {self.name!r}: {text}") from None

    def filled(self, table: _Table, kind: type[BaseModel], part: str) -> dict[str, Any]:
        """A table with the content of its files in their places, and nothing missing."""
        values = dict(self._values(table, part))
        absent = [name for name, f in kind.model_fields.items() if f.is_required() and name not in values]
        if absent:
            raise self.missing([f"{part}.{name}" for name in absent])
        return values

    def _values(self, table: _Table, part: str) -> Iterator[tuple[str, Any]]:
        given = {name: value for name, value in table if value is not None}
        for name, value in given.items():
            target = name.removesuffix("_file")
            if isinstance(value, _Table):
                yield name, dict(self._values(value, f"{part}.{name}"))
            elif target == name:
                yield name, value.get_secret_value() if isinstance(value, SecretStr) else value
            elif target in given:
                raise ConfigurationError(
                    f"profile {self.name!r}: {part}.{target} and {part}.{name} are both given: keep one"
                )
            else:
                yield target, _secret_of(value)

    def variable(self, key: str) -> str:
        """The name of a key in the environment."""
        prefix = f"BANKGATEWAY_{self.name}_".replace("-", "_")
        return f"{prefix}{key.replace('.', '__')}".upper()

    def missing(self, keys: list[str], remark: str = "") -> ConfigurationError:
        """The error for keys that are nowhere."""
        ways = [_way(key) for key in keys]
        names = ", ".join(f"{way} ({also})" if also else way for way, also in ways)
        where = f"in {self.file} under [profiles.{self.name}]" if self.file else f"in a {FILE_NAME}"
        variables = ", ".join(self.variable(way) for way, _ in ways)
        return ConfigurationError(
            f"profile {self.name!r} lacks {names}{remark}: give it {where}, "
            f"or in the environment as {variables}"
        )


def _way(key: str) -> tuple[str, str]:
    """A key that gives what is missing, and its alternatives."""
    _, _, name = key.partition(".")
    if name == _CERTIFICATE:
        return f"{key}.zip", "or pfx, certificate with key, or pem"
    return key, f"or {name}_file" if name else ""


def _secret_of(file: Path) -> str:
    if not (text := read_secret(file).strip("\r\n")):
        raise ConfigurationError(f"{file}: is empty")
    return text


def _environment(kind: type[BankClient], where: _Elsewhere) -> Environment:
    # A file in the current folder must not be able to lead credentials to somebody else's server.
    if not _is_on_this_machine(where.base_url):
        raise ConfigurationError(
            "environment.base_url is for a fake bank on this machine, as in https://127.0.0.1:8443"
        )
    if where.like not in kind.environments:
        raise ConfigurationError(
            f"environment.like: {where.like!r} is none of {', '.join(kind.environments)}"
        )
    return kind.environments[where.like].at(where.base_url)


def _is_on_this_machine(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        return parts.scheme == "https" and (host == "localhost" or ipaddress.ip_address(host).is_loopback)
    except ValueError:
        return False


# --- The file -------------------------------------------------------------------------------------------


def _user_folder() -> Path:
    return Path(typer.get_app_dir("bankgateway"))


def _usual_file() -> Path | None:
    places = (Path(FILE_NAME), _user_folder() / FILE_NAME)
    return next((place.absolute() for place in places if place.is_file()), None)


def _read_toml(file: Path) -> dict[str, Any]:
    try:
        data = tomllib.loads(read_secret(file))
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{file}: not TOML: {error}") from None
    if unknown := sorted(data.keys() - {"profiles"}):
        raise ConfigurationError(
            f"{file}: unknown keys {', '.join(unknown)}: everything is below [profiles.NAME]"
        )
    return data


def _located(table: Mapping[str, Any], folder: Path, paths: frozenset[str] = frozenset()) -> dict[str, Any]:
    """The table with its paths, which count from the folder of the file, made absolute."""
    return {name: _resolved(name, value, folder, paths) for name, value in table.items()}


def _resolved(name: str, value: Any, folder: Path, paths: frozenset[str]) -> Any:
    if isinstance(value, Mapping):
        return _located(value, folder, _PATHS if name == _CERTIFICATE else frozenset())
    if isinstance(value, str) and (name in paths or name.endswith("_file")):
        return str(folder / Path(value).expanduser())
    return value

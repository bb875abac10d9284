"""`bankgateway certificate check` and `convert`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import IntEnum
from pathlib import Path
from typing import Annotated, Any, cast

import typer
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from bankgateway.cli.certificate_input import read_pair
from bankgateway.cli.files import refuse_existing, write_private
from bankgateway.cli.output import clean, put, to_json
from bankgateway.cli.passwords import (
    NEW_PASSWORD,
    PASSWORD,
    ask_new_password,
    somebody_is_there,
    stored_password,
)
from bankgateway.cli.show import lines
from bankgateway.errors import CertificateError, CertificateKeyMismatch, ConfigurationError
from bankgateway.security.certificate import ClientCertificate
from bankgateway.security.certificate_facts import common_name, utc
from bankgateway.security.certificate_pair import Pair
from bankgateway.security.expiry import FIRST_NOTICE

app = typer.Typer(help="Look at client certificates, and convert them.", no_args_is_help=True)

KeyFile = Annotated[
    Path | None,
    typer.Option("--key", metavar="FILE", help="The private key, where it is in a PEM of its own."),
]
PasswordFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help=f"File with the password. Else {PASSWORD} in the environment, else it is asked."
    ),
]


# --- check ----------------------------------------------------------------------------------------------


class State(IntEnum):
    """How a certificate is, and the exit code that says so."""

    FINE = 0
    """It can be used."""
    EXPIRING = 1
    """It can be used, but not for long."""
    UNUSABLE = 2
    """It cannot be read, or no bank can accept it."""


@dataclass
class Finding:
    """What there is to say of one file.

    Attributes:
        file: It.
        state: How it is.
        facts: What the certificate says, where it could be read.
        problem: Why it cannot be used.
    """

    file: Path
    state: State = State.FINE
    facts: dict[str, Any] = field(default_factory=dict)
    problem: str | None = None


@app.command(
    epilog="Exit codes, as monitoring wants them: 0 fine, 1 expiring, 2 unusable. Of several the worst."
)
def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="PEM, PFX or ZIP.")],
    days: Annotated[int, typer.Option(min=0, help="Expiring is what has fewer days left.")] = FIRST_NOTICE,
    key: KeyFile = None,
    password_file: PasswordFile = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON, one object a line.")] = False,
) -> None:
    """Tell whose certificates these are, and whether banks can accept them today."""
    if key is not None and len(files) > 1:
        raise typer.BadParameter("belongs to one FILE", param_hint="--key")
    password = stored_password(password_file, PASSWORD)
    now = datetime.now(UTC)
    found = [_examine(file, key, password, days, now) for file in files]
    for position, finding in enumerate(found):
        put(to_json(_data(finding)) if as_json else "\n" * (position > 0) + _text(finding))
    raise typer.Exit(max(finding.state for finding in found))


def _examine(file: Path, key: Path | None, password: str | None, days: int, now: datetime) -> Finding:
    finding = Finding(file)
    try:
        pair = read_pair(file, key, password)
        finding.facts = _facts(pair, now)
        certificate = ClientCertificate(*pair)
        certificate.check(now)
    except CertificateError as error:
        finding.state, finding.problem = State.UNUSABLE, str(error)
        if isinstance(error, CertificateKeyMismatch):
            finding.facts["key_matches"] = False
        return finding
    if certificate.days_left(now) < days:
        finding.state = State.EXPIRING
    return finding


def _facts(pair: Pair, now: datetime) -> dict[str, Any]:
    certificate = ClientCertificate(*pair)
    return {
        "subject": certificate.subject,
        "cnpj": certificate.cnpj,
        "issuer": certificate.issuer,
        "not_before": certificate.not_before.isoformat(),
        "expires_at": certificate.expires_at.isoformat(),
        "days_left": certificate.days_left(now),
        "key": _key_kind(pair),
        "key_matches": True,
        "fingerprint": certificate.fingerprint,
        "chain": [
            {"subject": common_name(c.subject), "expires_at": c.not_valid_after_utc.isoformat()}
            for c in pair.chain
        ],
    }


def _key_kind(pair: Pair) -> str:
    if isinstance(pair.key, rsa.RSAPrivateKey):
        return f"RSA {pair.key.key_size}"
    if isinstance(pair.key, ec.EllipticCurvePrivateKey):
        return f"EC {pair.key.curve.name}"
    return type(pair.key).__name__


def _data(finding: Finding) -> dict[str, Any]:
    told = {
        "file": str(finding.file),
        "state": finding.state.name.lower(),
        **finding.facts,
        "problem": finding.problem,
    }
    return {name: value for name, value in told.items() if value is not None}


def _text(finding: Finding) -> str:
    facts = finding.facts
    head = f"{clean(finding.file)}: {finding.state.name.lower()}"
    if "subject" not in facts:
        return f"{head}\n{clean(finding.problem)}"
    ends = datetime.fromisoformat(facts["expires_at"])
    told = {
        "subject": facts["subject"],
        "CNPJ": facts["cnpj"],
        "issuer": facts["issuer"],
        "valid from": utc(datetime.fromisoformat(facts["not_before"])),
        "expires": f"{utc(ends)} ({facts['days_left']} days left)",
        "key": f"{facts['key']}, belongs to the certificate",
        "fingerprint": facts["fingerprint"],
        "chain": ", ".join(c["subject"] for c in facts["chain"]) or "none",
        "problem": finding.problem,
    }
    return f"{head}\n{lines(told)}"


# --- convert --------------------------------------------------------------------------------------------


@app.command()
def convert(
    source: Annotated[Path, typer.Argument(help="PEM, PFX or ZIP; the content tells.")],
    target: Annotated[Path, typer.Argument(help="File to create: .pem, .pfx or .p12.")],
    key: KeyFile = None,
    password_file: PasswordFile = None,
    new_password_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help=f"File with TARGET's password. Else {NEW_PASSWORD} in the environment, else it is asked.",
        ),
    ] = None,
    no_encryption: Annotated[
        bool, typer.Option("--no-encryption", help="Leave the key in TARGET without a password.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="A JSON object instead of a sentence.")] = False,
) -> None:
    """Write certificate, key and chain in another form, for their owner only. Never overwrites a file."""
    write = _WRITERS.get(target.suffix.lower())
    if write is None:
        raise typer.BadParameter("ends in none of .pem, .pfx, .p12", param_hint="TARGET")
    refuse_existing(target)
    pair = read_pair(source, key, stored_password(password_file, PASSWORD))
    password = None if no_encryption else _new_password(target, new_password_file)
    write_private(target, write(pair, password))
    if as_json:
        fingerprint = ClientCertificate(*pair).fingerprint
        put(to_json({"file": str(target), "encrypted": password is not None, "fingerprint": fingerprint}))
    else:
        put(f"{clean(target)}: written, its key {'encrypted' if password else 'NOT encrypted'}")


def _new_password(target: Path, file: Path | None) -> bytes:
    password = stored_password(file, NEW_PASSWORD)
    if password is None and somebody_is_there():
        password = ask_new_password(f"New password of {target}")
    if not password:
        raise ConfigurationError(
            f"{target} needs a password for its key: give --new-password-file or {NEW_PASSWORD}, or say "
            "--no-encryption"
        )
    return password.encode()


def _pem(pair: Pair, password: bytes | None) -> bytes:
    certificates = (pair.leaf, *pair.chain)
    encryption = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    return b"".join(
        c.public_bytes(serialization.Encoding.PEM) for c in certificates
    ) + pair.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)


def _pfx(pair: Pair, password: bytes | None) -> bytes:
    encryption: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if password:
        builder = serialization.PrivateFormat.PKCS12.encryption_builder()
        # Named, so that no release of `cryptography` or OpenSSL can choose an older one.
        builder = builder.key_cert_algorithm(pkcs12.PBES.PBESv2SHA256AndAES256CBC).hmac_hash(hashes.SHA256())
        encryption = builder.build(password)
    name = common_name(pair.leaf.subject).encode()
    key = cast("pkcs12.PKCS12PrivateKeyTypes", pair.key)
    return pkcs12.serialize_key_and_certificates(name, key, pair.leaf, pair.chain or None, encryption)


_WRITERS = {".pem": _pem, ".pfx": _pfx, ".p12": _pfx}

"""What an X.509 certificate says about its holder and its purpose."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TypeVar

from cryptography import x509
from cryptography.x509.oid import NameOID, ObjectIdentifier

_ICP_BRASIL_CNPJ = ObjectIdentifier("2.16.76.1.3.3")
_CNPJ = r"[0-9A-Z]{12}[0-9]{2}"

_Extension = TypeVar("_Extension", bound=x509.ExtensionType)

# The common name of an e-CPF is `NAME:CPF`; that of a sole trader carries the CPF, or begins with the root
# of the CNPJ. Such names are personal data and stay out of messages.
_NATURAL_PERSON = re.compile(r"(?<!\d)\d{11}(?!\d)|^\d{2}\.?\d{3}\.?\d{3}\s")


def extension(certificate: x509.Certificate, kind: type[_Extension]) -> _Extension | None:
    """The extension of that kind; `None` where there is none that can be read."""
    # An extension that `cryptography` cannot read is not a reason to refuse what a bank may accept.
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except (x509.ExtensionNotFound, x509.DuplicateExtension, x509.UnsupportedGeneralNameType, ValueError):
        return None


def common_name(name: x509.Name) -> str:
    """The common name, or the whole name where it has none."""
    found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else name.rfc4514_string()


def is_a_person(common_name: str) -> bool:
    """Whether the name is that of a natural person, or holds a number of one."""
    return _NATURAL_PERSON.search(common_name) is not None


def cnpj(certificate: x509.Certificate) -> str | None:
    """CNPJ of the holder (ICP-Brasil): the otherName 2.16.76.1.3.3, or the common name `NAME:CNPJ`."""
    return _cnpj_of_other_name(certificate) or _cnpj_of_common_name(common_name(certificate.subject))


def _cnpj_of_other_name(certificate: x509.Certificate) -> str | None:
    names = extension(certificate, x509.SubjectAlternativeName)
    for other in names.get_values_for_type(x509.OtherName) if names else ():
        # The value is DER of a string type that differs by issuer: skip its tag and its length.
        text = other.value[2:].decode("latin-1").strip()
        if other.type_id == _ICP_BRASIL_CNPJ and re.fullmatch(_CNPJ, text):
            return text
    return None


def _cnpj_of_common_name(common_name: str) -> str | None:
    found = re.search(rf":({_CNPJ})$", common_name.strip())
    return found[1] if found else None


def is_ca(certificate: x509.Certificate) -> bool:
    """Whether it may issue certificates."""
    constraints = extension(certificate, x509.BasicConstraints)
    return constraints is not None and constraints.ca


def only_ca(certificates: Iterable[x509.Certificate]) -> bool:
    """Whether all of them are of CAs."""
    return all(map(is_ca, certificates))


def utc(instant: datetime) -> str:
    """An instant as messages write it, to the minute."""
    return f"{instant.astimezone(UTC):%Y-%m-%d %H:%M} UTC"

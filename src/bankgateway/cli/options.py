"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bankgateway.cli.inputs import read_model
from bankgateway.errors import ConfigurationError
from bankgateway.models.boleto import BoletoRef

ProfileName = Annotated[
    str,
    typer.Option(
        "--profile",
        "-p",
        envvar="BANKGATEWAY_PROFILE",
        metavar="NAME",
        help="Which profile: bank, environment, account and credentials.",
    ),
]
ConfigFile = Annotated[
    Path | None,
    typer.Option(
        "--config",
        "-c",
        envvar="BANKGATEWAY_CONFIG",
        metavar="FILE",
        help="TOML file with the profiles; bankgateway.toml in this folder, or in the user's, when left out.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="JSON, one object a line.")]
Wait = Annotated[
    float | None,
    typer.Option(min=0, metavar="SECONDS", help="Wait so long for a bank that works on it after answering."),
]
BankId = Annotated[str | None, typer.Option(metavar="ID", help="The bank's own id of the boleto.")]
NossoNumero = Annotated[str | None, typer.Option(metavar="NUMBER", help="The bank number.")]
SeuNumero = Annotated[str | None, typer.Option(metavar="NUMBER", help="Your own number.")]
DigitableLine = Annotated[
    str | None, typer.Option(metavar="LINE", help="Linha digitavel, for banks that ask by it.")
]
PayerTaxId = Annotated[
    str | None, typer.Option(metavar="CPF/CNPJ", help="Document of the payer, for banks that ask for it.")
]
IssueDate = Annotated[
    str | None, typer.Option(metavar="DAY", help="Day of registration (YYYY-MM-DD), narrows a look-up.")
]


def to_ref(*given: str | None) -> BoletoRef:
    """What names a boleto, from the six options above in their order.

    Raises:
        ConfigurationError: None is given, or the day is none.
    """
    parts = ("bank_id", "nosso_numero", "seu_numero", "digitable_line", "payer_tax_id", "issue_date")
    ref = read_model(BoletoRef, dict(zip(parts, given, strict=True)), "the options that name the boleto")
    if not (ref.bank_id or ref.nosso_numero or ref.seu_numero or ref.digitable_line):
        raise ConfigurationError("name the boleto: --bank-id, --nosso-numero or --seu-numero")
    return ref

"""`bankgateway query`, `search`, `cancel` and `fetch-pdf`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bankgateway.cli.calls import ask, change
from bankgateway.cli.files import refuse_existing, write_private
from bankgateway.cli.inputs import read_model
from bankgateway.cli.options import (
    AsJson,
    BankId,
    ConfigFile,
    DigitableLine,
    IssueDate,
    NossoNumero,
    PayerTaxId,
    ProfileName,
    SeuNumero,
    Wait,
    to_ref,
)
from bankgateway.cli.output import complain, put, to_json
from bankgateway.cli.profiles import DEFAULT, read_profile
from bankgateway.cli.show import HEAD, row, show, to_data
from bankgateway.client import BankClient
from bankgateway.errors import BankGatewayError, BusinessRule
from bankgateway.models.boleto import BoletoStatus
from bankgateway.models.results import CommandResult, Search, SearchDate


def query(
    profile: ProfileName = DEFAULT,
    config: ConfigFile = None,
    bank_id: BankId = None,
    nosso_numero: NossoNumero = None,
    seu_numero: SeuNumero = None,
    digitable_line: DigitableLine = None,
    payer_tax_id: PayerTaxId = None,
    issue_date: IssueDate = None,
    as_json: AsJson = False,
) -> None:
    """Ask the bank for one boleto."""
    ref = to_ref(bank_id, nosso_numero, seu_numero, digitable_line, payer_tax_id, issue_date)
    show(ask(read_profile(profile, config), lambda bank: bank.query(ref)), as_json=as_json)


def search(
    since: Annotated[str, typer.Option(metavar="DAY", help="First day (YYYY-MM-DD).")],
    until: Annotated[str, typer.Option(metavar="DAY", help="Last day, inclusive.")],
    by: Annotated[SearchDate, typer.Option(help="Which date the days are about.")] = SearchDate.DUE,
    status: Annotated[BoletoStatus | None, typer.Option(help="Only this status.")] = None,
    seu_numero: Annotated[
        str | None, typer.Option(metavar="NUMBER", help="Only this number of yours.")
    ] = None,
    payer_tax_id: Annotated[str | None, typer.Option(metavar="CPF/CNPJ", help="Only this payer.")] = None,
    payer_name: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only payers with this name.")
    ] = None,
    filters: Annotated[
        list[str] | None, typer.Option("--filter", metavar="NAME=VALUE", help="A filter only this bank has.")
    ] = None,
    profile: ProfileName = DEFAULT,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """List boletos by date and filters, as the bank's pages arrive."""
    asked = {
        "since": since,
        "until": until,
        "by": by,
        "status": status,
        "seu_numero": seu_numero,
        "payer_tax_id": payer_tax_id,
        "payer_name": payer_name,
        "bank_filters": dict(map(_pair, filters or ())),
    }
    criteria = read_model(Search, asked, "search")

    async def list_all(bank: BankClient) -> None:
        listed = bank.search(criteria)
        if not as_json:
            put(HEAD)
        async for boleto in listed:
            if not put(to_json(to_data(boleto)) if as_json else row(boleto)):
                return

    ask(read_profile(profile, config), list_all)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise typer.BadParameter(f"{text!r} is not NAME=VALUE", param_hint="--filter")
    return name, value


def cancel(
    profile: ProfileName = DEFAULT,
    config: ConfigFile = None,
    bank_id: BankId = None,
    nosso_numero: NossoNumero = None,
    seu_numero: SeuNumero = None,
    digitable_line: DigitableLine = None,
    payer_tax_id: PayerTaxId = None,
    issue_date: IssueDate = None,
    reason: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Why, for banks that want to know. No personal data.")
    ] = None,
    wait: Wait = None,
    as_json: AsJson = False,
) -> None:
    """Cancel a boleto (baixa): nobody can pay it any more."""
    ref = to_ref(bank_id, nosso_numero, seu_numero, digitable_line, payer_tax_id, issue_date)

    async def carry_out(bank: BankClient) -> CommandResult:
        result = await bank.cancel(ref, reason)
        return await _followed(bank, result, wait) if wait else result

    show(change(read_profile(profile, config), ref, carry_out), as_json=as_json)


async def _followed(bank: BankClient, result: CommandResult, wait: float) -> CommandResult:
    try:
        return await bank.follow(result, wait=wait)
    except BusinessRule:
        # The bank gave the command up.
        raise
    except BankGatewayError as error:
        # The bank took it: that looking at it fails must not make it look lost.
        complain(f"the bank took it, but whether it is in force could not be seen: {error}")
        return result


def fetch_pdf(
    target: Annotated[Path, typer.Argument(help="The file to create, for its owner only.")],
    profile: ProfileName = DEFAULT,
    config: ConfigFile = None,
    bank_id: BankId = None,
    nosso_numero: NossoNumero = None,
    seu_numero: SeuNumero = None,
    digitable_line: DigitableLine = None,
    payer_tax_id: PayerTaxId = None,
    issue_date: IssueDate = None,
    as_json: AsJson = False,
) -> None:
    """Fetch the bank's own PDF of a boleto. Never overwrites a file."""
    ref = to_ref(bank_id, nosso_numero, seu_numero, digitable_line, payer_tax_id, issue_date)
    refuse_existing(target)
    pdf = ask(read_profile(profile, config), lambda bank: bank.fetch_pdf(ref))
    write_private(target, pdf)
    put(to_json({"file": str(target), "bytes": len(pdf)}) if as_json else f"{target}: {len(pdf)} bytes")

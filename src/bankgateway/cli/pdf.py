"""`bankgateway pdf`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError

from bankgateway.cli.console import make_console
from bankgateway.errors import ConfigurationError
from bankgateway.render import Slip, render_carne, render_pdf


def pdf(
    file: Annotated[
        Path,
        typer.Argument(help="JSON: one slip, or a list of them, with the fields of bankgateway.render.Slip."),
    ],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The PDF; FILE.pdf when left out.")
    ] = None,
    carne: Annotated[bool, typer.Option("--carne", help="Three to a page, as a payment book.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the PDF if it exists.")] = False,
) -> None:
    """Print boletos from a JSON file."""
    slips = _read(file)
    target = output or file.with_suffix(".pdf")
    if target.exists() and not force:
        raise ConfigurationError(f"{target} exists already; --force overwrites it")
    target.write_bytes((render_carne if carne else render_pdf)(slips))
    make_console().print(f"{target}: {len(slips)} boleto{'s' if len(slips) > 1 else ''}", soft_wrap=True)


def _read(file: Path) -> list[Slip]:
    try:
        text = file.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{file}: {error.strerror}") from None
    kind: type[Slip] | type[list[Slip]] = list[Slip] if text.lstrip().startswith(b"[") else Slip
    try:
        read = TypeAdapter(kind).validate_json(text)
    except ValidationError as error:
        faults = error.errors(include_input=False, include_url=False, include_context=False)
        said = "; ".join(
            f"{'.'.join(map(str, fault['loc'])) or 'the file'}: {fault['msg']}" for fault in faults
        )
        raise ConfigurationError(f"{file}: {said}") from None
    slips = read if isinstance(read, list) else [read]
    if not slips:
        raise ConfigurationError(f"{file}: holds no slip")
    return slips

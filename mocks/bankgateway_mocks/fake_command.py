"""`bankgateway fake serve`: a fake bank for programs in any language, over mTLS on loopback."""

from __future__ import annotations

import json
import logging
import shlex
import signal
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import anyio
import typer
from anyio.abc import SocketStream

from bankgateway.cli.files import write_private
from bankgateway.cli.output import put, to_json
from bankgateway.connect import bank_class
from bankgateway.errors import ConfigurationError
from bankgateway.models.boleto import BoletoStatus
from bankgateway_mocks import faults, samples
from bankgateway_mocks.fake import FakeBank, ServedBank
from bankgateway_mocks.server import CHUNK, HOST, beside

fake = typer.Typer(no_args_is_help=True, help="Fake banks on this machine.")

PROFILE = "fake"
PAYABLE = (BoletoStatus.PENDING_REGISTRATION, BoletoStatus.REGISTERED, BoletoStatus.OVERDUE)

_LOOK_EVERY = 0.1


@fake.callback()
def _group() -> None:
    """Fake banks on this machine."""


@fake.command("serve")
def serve_command(
    slug: Annotated[str, typer.Argument(help="Which bank.")],
    port: Annotated[int, typer.Option(min=0, max=65535, help="TCP port; any free one when 0.")] = 0,
    certificates: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Folder for the throw-away certificates; a temporary one when left out."
        ),
    ] = None,
    pay_after: Annotated[
        float | None,
        typer.Option(min=0, metavar="SECONDS", help="Pay every boleto so long after its registration."),
    ] = None,
    fault: Annotated[
        list[str] | None,
        typer.Option(
            metavar="OPERATION:FAULT:TIMES",
            help="What goes wrong, as in register:DropAfter:1. Names are those of bankgateway_mocks.faults; "
            "the operation may be any. May be repeated.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="A JSON object instead of text.")] = False,
) -> None:
    """Serve a fake bank over mTLS on this machine until Ctrl-C, with certificates and a profile for it."""
    try:
        bank = FakeBank(slug)
        for order in fault or ():
            _order_fault(bank, order)
    except ValueError as error:
        raise ConfigurationError(str(error)) from None
    # A caller that comes in while Ctrl-C takes the server down makes asyncio complain on standard error.
    logging.getLogger("asyncio").addHandler(logging.NullHandler())
    with _folder(certificates) as folder, suppress(KeyboardInterrupt):
        anyio.run(_serve, bank, folder, port, pay_after, as_json)


def _order_fault(bank: FakeBank, order: str) -> None:
    operation, _, rest = order.partition(":")
    name, _, times = rest.partition(":")
    kind = getattr(faults, name, None)
    if not (isinstance(kind, type) and issubclass(kind, faults.Fault)) or not (times or "1").isdecimal():
        raise ConfigurationError(f"--fault {order}: not OPERATION:FAULT:TIMES, as in register:DropAfter:1")
    try:
        bank.faults.add(kind(), operation=operation, times=int(times or 1))
    except TypeError:
        raise ConfigurationError(f"--fault {order}: {name} needs arguments; use it from Python") from None


# --- Serving --------------------------------------------------------------------------------------------


async def _serve(bank: FakeBank, folder: Path, port: int, pay_after: float | None, as_json: bool) -> None:
    async with AsyncExitStack() as stack:
        stopped = stack.enter_context(_stop_signals())
        served = await stack.enter_async_context(bank.serve())
        origin = served.base_url
        if port:
            origin = await _lead_here(stack, port, served.server.port)
        if pay_after is not None:
            await stack.enter_async_context(beside(partial(_pay_for_ever, bank, pay_after)))
        material = Material.write(folder, served, origin)
        _tell(bank, material, as_json)
        await _first_of(stopped)


def _stop_signals() -> Any:
    try:
        return anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM)
    except NotImplementedError:
        # asyncio on Windows: there Ctrl-C comes as KeyboardInterrupt.
        return nullcontext()


async def _first_of(signals: Any) -> None:
    if signals is None:
        await anyio.sleep_forever()
    async for _ in signals:
        return


async def _lead_here(stack: AsyncExitStack, port: int, bank_port: int) -> str:
    """Let callers of `port` reach the bank, which listens where the system put it."""
    try:
        listener = await anyio.create_tcp_listener(local_host=HOST, local_port=port)
    except OSError as error:
        raise ConfigurationError(f"--port {port}: {error.strerror}") from None
    await stack.enter_async_context(listener)

    async def connected(caller: SocketStream) -> None:
        with suppress(OSError):
            async with caller, await anyio.connect_tcp(HOST, bank_port) as bank:
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(_pump, caller, bank, tasks.cancel_scope)
                    tasks.start_soon(_pump, bank, caller, tasks.cancel_scope)

    await stack.enter_async_context(beside(partial(listener.serve, connected)))
    return f"https://{HOST}:{port}"


async def _pump(source: SocketStream, sink: SocketStream, scope: anyio.CancelScope) -> None:
    with suppress(anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError):
        while True:
            await sink.send(await source.receive(CHUNK))
    # Whoever ends, ends both: a bank that drops a connection must be seen to drop it.
    scope.cancel()


async def _pay_for_ever(bank: FakeBank, after: float) -> None:
    while True:
        now = bank.clock.now()
        for entry in bank.books:
            if entry.status in PAYABLE and (now - entry.registered_at).total_seconds() >= after:
                with suppress(ValueError):
                    bank.pay(entry.bank_id)
        await anyio.sleep(_LOOK_EVERY)


# --- What a caller needs --------------------------------------------------------------------------------


@contextmanager
def _folder(wanted: Path | None) -> Iterator[Path]:
    """A folder for its owner only. What was put into it is removed in the end, and so is a temporary one."""
    if wanted is None:
        with TemporaryDirectory(prefix="bankgateway-fake-") as name:
            yield Path(name)
        return
    try:
        wanted.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"--certificates {wanted}: {error.strerror}") from None
    before = set(wanted.iterdir())
    try:
        yield wanted.absolute()
    finally:
        # They are of no use any more: the next run has another CA.
        for file in set(wanted.iterdir()) - before:
            if file.name in Material.NAMES:
                file.unlink()


@dataclass(frozen=True)
class Material:
    """The files a caller needs, and the profile for the command line.

    Attributes:
        origin: Where the bank is.
        folder: Where the files are.
        profile: A profile for `bankgateway.toml`.
    """

    NAMES = ("ca.pem", "client.pem", "client-key.pem", "client.zip", "bankgateway.toml")

    origin: str
    folder: Path
    profile: str

    @classmethod
    def write(cls, folder: Path, served: ServedBank, origin: str) -> Material:
        """Write the files.

        Raises:
            ConfigurationError: One of them exists already.
        """
        client = served.client_certificate
        profile = _profile(served.bank.slug, origin, folder)
        contents = (served.ca_pem, client.cert_pem, client.key_pem, client.zip_inter(), profile.encode())
        for name, content in zip(cls.NAMES, contents, strict=True):
            write_private(folder / name, content)
        return cls(origin, folder, profile)

    @property
    def paths(self) -> dict[str, str]:
        """What is where."""
        kinds = ("ca", "certificate", "key", "zip", "config")
        return dict(zip(kinds, (str(self.folder / name) for name in self.NAMES), strict=True))


def _profile(slug: str, origin: str, folder: Path) -> str:
    tables: dict[str, Mapping[str, Any]] = {
        "": {"bank": slug},
        ".environment": {"base_url": origin, "ca_file": str(folder / "ca.pem")},
        ".account": samples.account_data(slug),
        ".credentials": samples.credentials_data(slug),
    }
    if "certificate" in bank_class(slug).credentials_type.model_fields:
        files = {"certificate": str(folder / "client.pem"), "key": str(folder / "client-key.pem")}
        tables[".credentials.certificate"] = files
    # Strings, numbers and lists are written alike in JSON and TOML.
    return "\n".join(
        "\n".join([f"[profiles.{PROFILE}{name}]", *(f"{k} = {json.dumps(v)}" for k, v in table.items()), ""])
        for name, table in tables.items()
    )


def _tell(bank: FakeBank, material: Material, as_json: bool) -> None:
    facts = {"bank": bank.slug, "base_url": material.origin, **material.paths, "profile": material.profile}
    if as_json:
        put(to_json(facts))
        return
    client = bank_class(bank.slug)
    put(f"A fake {client.bank_name} ({client.compe}) answers at {material.origin}\n")
    for kind, path in material.paths.items():
        put(f"  {kind:11}  {path}")
    put(f"\nThe profile {PROFILE!r}, as it is in {material.paths['config']}:\n\n{material.profile}")
    config = shlex.quote(material.paths["config"])
    put(f"bankgateway register boleto.json --profile {PROFILE} --config {config}\n")
    put("Nothing leaves this machine. Ctrl-C ends the bank and removes these files.")

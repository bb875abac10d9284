"""What follows a write whose outcome is not plain: look-ups, adoption, waiting.

Promise 1: a write is never repeated to find out what became of it. It is looked up; found means done; what
stays unknown is raised with the keys to look it up by.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bankgateway.capabilities import Operation
from bankgateway.errors import BankGatewayError, Conflict, NotSent, OutcomeUnknown
from bankgateway.models.boleto import Boleto, BoletoRef, BoletoStatus, NewBoleto, Notice
from bankgateway.models.commands import Cancel, ChangeAmount, ChangeDueDate, Command
from bankgateway.models.results import CommandResult, CommandStatus
from bankgateway.security.redaction import sdk_logger

if TYPE_CHECKING:
    from bankgateway.client import BankClient

log = sdk_logger("client")

_OPEN = (
    BoletoStatus.PENDING_REGISTRATION,
    BoletoStatus.REGISTERED,
    BoletoStatus.OVERDUE,
    BoletoStatus.UNKNOWN,
)


async def recover_unknown(client: BankClient, new: NewBoleto, unknown: BankGatewayError) -> Boleto:
    """The boleto of a registration whose answer was lost.

    Raises:
        OutcomeUnknown: No look-up found it.
        NotSent: The look-ups are refused for our certificate, so the registration was as well.
    """
    log.warning("%s register: outcome unknown, looking it up by seu_numero %s", client.bank, new.seu_numero)
    refused: NotSent | None = None
    for pause in client.recovery_pauses:
        if pause:
            await client.settings.clock.sleep(pause)
        try:
            found = await _equal_boleto(client, new, _OPEN)
        except NotSent as error:
            if error.reason == "certificate":
                # The write ended without an alert, the look-up shows one: it met the same refusal.
                refused = error
                break
        except BankGatewayError as error:
            log.info("%s register: look-up failed: %s", client.bank, type(error).__name__)
        else:
            if found is not None:
                text = "the answer was lost; the boleto was found by a look-up"
                return found.with_notices(Notice(code="recovered", message=text))
    if refused is not None:
        raise refused
    raise _still_unknown(
        unknown,
        "a look-up did not find it. Look it up before you register it again",
        client._lookup_ref(new),
        client.bank,
        Operation.REGISTER,
    )


async def adopt_duplicate(client: BankClient, new: NewBoleto, refusal: Conflict) -> Boleto:
    """The boleto the bank means when it refuses a registration as a duplicate.

    Raises:
        Conflict: The refusal itself, when no equal boleto can be found.
    """
    try:
        # Minutes may have passed since the first one: by Pix it may be paid already.
        found = await _equal_boleto(client, new, (*_OPEN, BoletoStatus.PAID))
    except BankGatewayError as error:
        log.info("%s register: look-up of a duplicate failed: %s", client.bank, type(error).__name__)
        found = None
    if found is None:
        raise refusal
    text = "the bank had an equal boleto already; this is that one"
    return found.with_notices(Notice(code="already_registered", message=text))


async def confirm_unknown(
    client: BankClient, ref: BoletoRef, command: Command, unknown: BankGatewayError
) -> CommandResult:
    """The result of a command whose answer was lost, read off the boleto.

    Raises:
        OutcomeUnknown: The boleto does not show it, or cannot be read.
    """
    try:
        boleto = await client.query(ref)
    except BankGatewayError as error:
        log.info("%s %s: look-up failed: %s", client.bank, command.kind, type(error).__name__)
        boleto = None
    if boleto is not None and shows(boleto, command.kind, command):
        return CommandResult(
            status=CommandStatus.DONE,
            kind=command.kind,
            ref=boleto.ref,
            bank_status=boleto.bank_status,
            boleto=boleto,
            notices=(Notice(code="recovered", message="the answer was lost; the boleto shows the command"),),
            raw=boleto.raw,
            request_id=boleto.request_id,
            http_status=boleto.http_status,
        )
    raise _still_unknown(unknown, "the boleto does not show it yet", ref, client.bank, command.kind)


async def wait_for_registration(client: BankClient, boleto: Boleto, new: NewBoleto, wait: float) -> Boleto:
    """The boleto once its registration is finished, or as it is after `wait` seconds."""
    clock = client.settings.clock
    deadline = clock.monotonic() + wait
    pause = client.environment.poll_interval
    notices = boleto.notices
    while not client._is_complete(boleto, new):
        left = deadline - clock.monotonic()
        if left <= 0:
            break
        await clock.sleep(min(pause, left))
        pause = min(pause * 1.5, 10.0)
        try:
            boleto = (await client._query(boleto.ref)).with_notices(*notices)
        except BankGatewayError as error:
            # The registration was accepted: failing to look at it must not make it look lost.
            log.info("%s register: not visible yet: %s", client.bank, type(error).__name__)
    return boleto


def shows(boleto: Boleto, kind: str, command: Command | None = None) -> bool:
    """Whether a boleto shows a command."""
    if kind == Cancel.kind:
        return boleto.status is BoletoStatus.CANCELLED
    if isinstance(command, ChangeDueDate):
        return boleto.due_date == command.due_date
    return isinstance(command, ChangeAmount) and boleto.amount == command.amount


async def _equal_boleto(
    client: BankClient, new: NewBoleto, wanted: tuple[BoletoStatus, ...]
) -> Boleto | None:
    # A cancelled, expired or rejected one is an earlier boleto, not the one we ask for.
    found = [boleto for boleto in await client._find_equal(new) if boleto.status in wanted]
    if len(found) > 1:
        text = f"{len(found)} equal boletos; this is the newest"
        return found[-1].with_notices(Notice(code="several_matches", message=text))
    return found[0] if found else None


def _still_unknown(
    error: BankGatewayError, sentence: str, ref: BoletoRef, bank: str, operation: str
) -> OutcomeUnknown:
    return OutcomeUnknown(
        f"{error.message}; {sentence}",
        ref=ref,
        bank=bank,
        operation=operation,
        code=error.code,
        messages=error.messages,
        http_status=error.http_status,
        request_id=error.request_id,
        raw=error.raw,
    )

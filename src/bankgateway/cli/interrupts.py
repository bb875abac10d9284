"""Ctrl-C while boletos are being registered: the first one lets what is under way come to its end."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
from anyio.abc import TaskStatus

from bankgateway.cli.output import complain


class Interrupts:
    """Hears Ctrl-C (SIGINT) and SIGTERM.

    Attributes:
        heard: Whether to begin nothing new.
    """

    def __init__(self, advice: str) -> None:
        self.heard = False
        self._advice = advice

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """While the block runs. The second signal cancels the block, which then ends without an error."""
        failure: Exception | None = None
        async with anyio.create_task_group() as tasks:
            await tasks.start(self._listen, tasks.cancel_scope)
            try:
                yield
            except Exception as error:  # noqa: BLE001 - raised again below, bare instead of in a group
                failure = error
            finally:
                tasks.cancel_scope.cancel()
        if failure is not None:
            raise failure

    async def _listen(
        self, scope: anyio.CancelScope, *, task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED
    ) -> None:
        try:
            with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
                task_status.started()
                async for _ in signals:
                    if self.heard:
                        scope.cancel()
                        return
                    self.heard = True
                    complain(self._advice)
        except NotImplementedError:
            # asyncio on Windows cannot: there Ctrl-C ends at once.
            task_status.started()

"""The only room that imports httpx."""

from bankgateway.transport.calls import Answer, Call, Repeat, dump_json
from bankgateway.transport.limits import Limiter, RateLimit
from bankgateway.transport.settings import (
    AnswerInfo,
    RequestInfo,
    RetryPolicy,
    Settings,
    Timeouts,
    timeouts_here,
)
from bankgateway.transport.transport import Transport

__all__ = [
    "Answer", "AnswerInfo", "Call", "Limiter", "RateLimit", "Repeat", "RequestInfo", "RetryPolicy",
    "Settings", "Timeouts", "Transport", "dump_json", "timeouts_here",
]  # fmt: skip

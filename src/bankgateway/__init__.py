"""One async client for the boleto webservices of Brazilian banks."""

import logging
from typing import TYPE_CHECKING

from bankgateway._version import __version__
from bankgateway.capabilities import Capabilities, DayCount, Numbering, Operation
from bankgateway.client import BankClient
from bankgateway.config import Account, Credentials, Environment, RetryPolicy, Settings, Timeouts
from bankgateway.connect import BankInfo, connect, parse_webhook
from bankgateway.errors import (
    BankGatewayError,
    BankUnavailable,
    BusinessRule,
    CertificateError,
    CertificateExpired,
    CertificateExpiringWarning,
    CertificateKeyMismatch,
    CertificateNotYetValid,
    CertificateUnreadable,
    ConfigurationError,
    Conflict,
    ErrorMessage,
    InvalidRequest,
    NotFound,
    NotSent,
    OutcomeUnknown,
    RateLimited,
    Refused,
    Unauthorized,
    UnexpectedResponse,
    Unsupported,
    WebhookRejected,
)
from bankgateway.models.amount_due import AmountDue, amount_due
from bankgateway.models.boleto import (
    Boleto,
    BoletoRef,
    BoletoStatus,
    DocumentKind,
    NewBoleto,
    Notice,
    PaymentChannel,
    Pix,
)
from bankgateway.models.calendar import BankingCalendar
from bankgateway.models.charges import (
    Discount,
    DiscountKind,
    Fine,
    FineKind,
    Interest,
    InterestKind,
    Negativation,
    PaymentRule,
    PaymentRuleKind,
    Protest,
)
from bankgateway.models.clock import BRASILIA, Clock
from bankgateway.models.commands import (
    Cancel,
    CancelNegativation,
    CancelProtest,
    CancelRebate,
    ChangeAmount,
    ChangeDueDate,
    ChangeSeuNumero,
    Command,
    GrantRebate,
    RequestNegativation,
    RequestProtest,
    SetDiscounts,
    SetFine,
    SetInterest,
    command_from_dict,
)
from bankgateway.models.events import Event, EventType
from bankgateway.models.party import Address, PartialParty, Party
from bankgateway.models.results import (
    BulkResult,
    CommandResult,
    CommandStatus,
    Search,
    SearchDate,
    Settlement,
    WebhookRegistration,
)
from bankgateway.security.certificate import ClientCertificate
from bankgateway.security.expiry import ExpiryNotice
from bankgateway.security.oauth import MemoryTokenStore, Token, TokenStore
from bankgateway.security.redaction import RedactingFilter
from bankgateway.security.tls import Trust
from bankgateway.transport import AnswerInfo, RateLimit, RequestInfo

if TYPE_CHECKING:
    # At run time `bankgateway.banks` is the package itself, which can be called: see `connect`.
    from bankgateway.connect import banks
else:
    from bankgateway import banks

logging.getLogger("bankgateway").addHandler(logging.NullHandler())

__all__ = [
    "BRASILIA",
    "Account",
    "Address",
    "AmountDue",
    "AnswerInfo",
    "BankClient",
    "BankGatewayError",
    "BankInfo",
    "BankUnavailable",
    "BankingCalendar",
    "Boleto",
    "BoletoRef",
    "BoletoStatus",
    "BulkResult",
    "BusinessRule",
    "Cancel",
    "CancelNegativation",
    "CancelProtest",
    "CancelRebate",
    "Capabilities",
    "CertificateError",
    "CertificateExpired",
    "CertificateExpiringWarning",
    "CertificateKeyMismatch",
    "CertificateNotYetValid",
    "CertificateUnreadable",
    "ChangeAmount",
    "ChangeDueDate",
    "ChangeSeuNumero",
    "ClientCertificate",
    "Clock",
    "Command",
    "CommandResult",
    "CommandStatus",
    "ConfigurationError",
    "Conflict",
    "Credentials",
    "DayCount",
    "Discount",
    "DiscountKind",
    "DocumentKind",
    "Environment",
    "ErrorMessage",
    "Event",
    "EventType",
    "ExpiryNotice",
    "Fine",
    "FineKind",
    "GrantRebate",
    "Interest",
    "InterestKind",
    "InvalidRequest",
    "MemoryTokenStore",
    "Negativation",
    "NewBoleto",
    "NotFound",
    "NotSent",
    "Notice",
    "Numbering",
    "Operation",
    "OutcomeUnknown",
    "PartialParty",
    "Party",
    "PaymentChannel",
    "PaymentRule",
    "PaymentRuleKind",
    "Pix",
    "Protest",
    "RateLimit",
    "RateLimited",
    "RedactingFilter",
    "Refused",
    "RequestInfo",
    "RequestNegativation",
    "RequestProtest",
    "RetryPolicy",
    "Search",
    "SearchDate",
    "SetDiscounts",
    "SetFine",
    "SetInterest",
    "Settings",
    "Settlement",
    "Timeouts",
    "Token",
    "TokenStore",
    "Trust",
    "Unauthorized",
    "UnexpectedResponse",
    "Unsupported",
    "WebhookRegistration",
    "WebhookRejected",
    "__version__",
    "amount_due",
    "banks",
    "command_from_dict",
    "connect",
    "parse_webhook",
]

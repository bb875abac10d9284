"""The fake of NEW_NAME, as its documentation describes the bank.

Source: PLACEHOLDER, an invented API. Write it from the documentation, not from the client: what both got
wrong in the same way no test can find.
"""

from __future__ import annotations

import itertools
import re
import ssl
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar, Literal

from bankgateway.models.boleto import BoletoStatus
from bankgateway.models.clock import Clock
from bankgateway_mocks.codes import barcode, digitable_line, modulo_10
from bankgateway_mocks.fake import BoletoName, BookEntry, FakeBank
from bankgateway_mocks.http import HttpRequest, HttpResponse, json_response
from bankgateway_mocks.newbank import ACCOUNT, CREDENTIALS, TOKEN_PATH

COMPE = "NEW_COMPE"
OPEN = ("ABERTO", "VENCIDO")
FIRST_NUMBER = 4700012

# PLACEHOLDER: method and path of every operation; the group is the nosso número.
ROUTES = {
    "token": ("POST", TOKEN_PATH),
    "register": ("POST", "/v1/boletos"),
    "search": ("GET", "/v1/boletos"),
    "query": ("GET", "/v1/boletos/([^/]+)"),
    "cancel": ("POST", "/v1/boletos/([^/]+)/baixar"),
}

STATUS = {
    "ABERTO": BoletoStatus.REGISTERED,
    "VENCIDO": BoletoStatus.OVERDUE,
    "PAGO": BoletoStatus.PAID,
    "BAIXADO": BoletoStatus.CANCELLED,
    "EXPIRADO": BoletoStatus.EXPIRED,
}

# PLACEHOLDER: which fields a registration may have, and how long each text may be.
FIELDS = ("beneficiario", "seuNumero", "valor", "vencimento", "pagador", "mensagens")
PAYER_TEXTS = {
    "documento": 14, "nome": 60, "logradouro": 60, "numero": 10, "complemento": 30, "bairro": 40,
    "cidade": 40, "uf": 2, "cep": 8,
}  # fmt: skip
OPTIONAL = ("numero", "complemento", "bairro")
SEU_NUMERO_LENGTH = 15
REASON_LENGTH = 40
MESSAGES, MESSAGE_LENGTH = 3, 80

Complaints = list[dict[str, str]]


class Refusal(Exception):
    """Ends the processing of a request with an error answer."""

    def __init__(self, answer: HttpResponse) -> None:
        super().__init__(answer.status)
        self.answer = answer


@dataclass(slots=True)
class Slip:
    """A boleto as the bank keeps it."""

    nosso_numero: str
    order: Mapping[str, Any]
    registered_at: datetime
    issued_on: date
    amount: Decimal
    due: date
    state: str = "ABERTO"
    paid: Decimal | None = None
    paid_on: date | None = None

    @property
    def seu_numero(self) -> str:
        """The caller's number."""
        return str(self.order["seuNumero"])

    def situation(self, today: date) -> str:
        """The bank's word for its state; `VENCIDO` follows from the date."""
        return "VENCIDO" if self.state == "ABERTO" and today > self.due else self.state

    def shown(self, today: date) -> dict[str, Any]:
        """As the bank answers it."""
        # PLACEHOLDER: the parts of the campo livre.
        free_field = ACCOUNT["agencia"] + ACCOUNT["conta"].zfill(10) + self.nosso_numero
        code = barcode(COMPE, self.due, self.amount, free_field)
        payer = self.order["pagador"]
        answer: dict[str, Any] = {
            "nossoNumero": self.nosso_numero,
            "seuNumero": self.seu_numero,
            "situacao": self.situation(today),
            "valor": self.amount,
            "emissao": self.issued_on.isoformat(),
            "vencimento": self.due.isoformat(),
            "codigoBarras": code,
            "linhaDigitavel": digitable_line(code),
            "pagador": {"documento": payer["documento"], "nome": payer["nome"]},
        }
        if self.paid is not None and self.paid_on is not None:
            answer |= {"valorPago": self.paid, "dataPagamento": self.paid_on.isoformat(), "canal": "BOLETO"}
        return answer


class NewBankFakeBank(FakeBank, slug="newbank"):
    """NEW_NAME in memory.

    Attributes:
        token_lifetime: Seconds.
        webhook_url: Where notifications go; the bank's portal sets it, not the API.
    """

    operations: ClassVar[tuple[str, ...]] = tuple(ROUTES)

    def __init__(self, slug: str = "newbank", *, clock: Clock | None = None, seed: int = 0) -> None:
        super().__init__(slug, clock=clock, seed=seed)
        self.token_lifetime = 900
        self.webhook_url: str | None = None
        self._slips: dict[str, Slip] = {}
        self._tokens: dict[str, datetime] = {}
        self._doomed: set[str] = set()
        self._numbers = itertools.count(FIRST_NUMBER)

    # The gate

    def _operation(self, request: HttpRequest) -> str:
        return self._route(request)[0]

    def _route(self, request: HttpRequest) -> tuple[str, str]:
        for operation, (method, path) in ROUTES.items():
            found = re.fullmatch(path, request.path)
            if found and request.method == method:
                return operation, "".join(found.groups())
        return "", ""

    def _process(self, request: HttpRequest) -> HttpResponse:
        operation, number = self._route(request)
        try:
            answer = self._answer(operation, number, request)
        except Refusal as refusal:
            answer = refusal.answer
        return answer.with_headers({"x-request-id": self._uuid()})

    def _answer(self, operation: str, number: str, request: HttpRequest) -> HttpResponse:
        if operation == "token":
            return self._token(request)
        self._check_token(request)
        match operation:
            case "register":
                return self._register(request)
            case "search":
                return self._search(request)
            case "query":
                return json_response(200, self._slip(number).shown(self.clock.today()))
            case "cancel":
                return self._cancel(number, request)
        raise Refusal(problem(404, "B004", "Recurso não encontrado"))

    # PLACEHOLDER: what the token endpoint wants, and how it refuses.
    def _token(self, request: HttpRequest) -> HttpResponse:
        if request.content_type != "application/x-www-form-urlencoded":
            return json_response(400, {"error": "invalid_request"})
        try:
            form = request.form()
        except ValueError:
            return json_response(400, {"error": "invalid_request"})
        if form.get("grant_type") != "client_credentials":
            return json_response(400, {"error": "unsupported_grant_type"})
        if any(form.get(name) != value for name, value in CREDENTIALS.items()):
            return json_response(401, {"error": "invalid_client"})
        if form.get("scope") != "boletos":
            return json_response(400, {"error": "invalid_scope"})
        # Never the same for two fakes, whatever their seeds: a token that leaked must not work.
        token = str(uuid.uuid4())
        self._tokens[token] = self.clock.now() + timedelta(seconds=self.token_lifetime)
        body = {"access_token": token, "token_type": "Bearer", "expires_in": self.token_lifetime}
        return json_response(200, body)

    def _check_token(self, request: HttpRequest) -> None:
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        expires = self._tokens.get(token)
        if kind != "Bearer" or expires is None or expires <= self.clock.now():
            raise Refusal(problem(401, "B000", "Token ausente ou expirado"))

    def _server_error(self, status: int) -> HttpResponse:
        return problem(status, "B999", "Erro interno")

    def _void_tokens(self) -> None:
        self._tokens.clear()

    # Operations

    def _register(self, request: HttpRequest) -> HttpResponse:
        order = body_of(request)
        today = self.clock.today()
        complaints = check_registration(order, today)
        if complaints:
            raise Refusal(problem(400, "B001", "Dados inválidos", erros=complaints))
        seu_numero = order["seuNumero"]
        if seu_numero in self._doomed:
            raise Refusal(problem(422, "B005", "Emissão não permitida pelo convênio"))
        # PLACEHOLDER: what the bank takes for a duplicate, and for how long.
        if any(slip.seu_numero == seu_numero and slip.state != "BAIXADO" for slip in self._slips.values()):
            raise Refusal(problem(409, "B002", "Já existe um boleto com este seuNumero"))
        # PLACEHOLDER: how the bank makes its nosso número.
        digits = f"{next(self._numbers):010d}"
        slip = Slip(
            nosso_numero=f"{digits}{modulo_10(digits)}",
            order=order,
            registered_at=self.clock.now(),
            issued_on=today,
            amount=Decimal(order["valor"]),
            due=date.fromisoformat(order["vencimento"]),
        )
        self._slips[slip.nosso_numero] = slip
        self._notify_of(slip, "BOLETO_REGISTRADO")
        return json_response(201, slip.shown(today))

    def _search(self, request: HttpRequest) -> HttpResponse:
        wanted = dict(request.query)
        if set(wanted) != {"seuNumero"}:
            complaint = {"campo": "seuNumero", "mensagem": "informe somente seuNumero"}
            raise Refusal(problem(400, "B001", "Dados inválidos", erros=[complaint]))
        today = self.clock.today()
        found = [slip for slip in self._slips.values() if slip.seu_numero == wanted["seuNumero"]]
        return json_response(200, {"boletos": [slip.shown(today) for slip in found]})

    def _cancel(self, number: str, request: HttpRequest) -> HttpResponse:
        slip = self._slip(number)
        reason = body_of(request).get("motivo", "")
        if not isinstance(reason, str) or len(reason) > REASON_LENGTH:
            complaint = {"campo": "motivo", "mensagem": f"até {REASON_LENGTH} caracteres"}
            raise Refusal(problem(400, "B001", "Dados inválidos", erros=[complaint]))
        situation = slip.situation(self.clock.today())
        if situation not in OPEN:
            raise Refusal(problem(409, "B003", "Situação não permite baixa", situacao=situation))
        slip.state = "BAIXADO"
        self._notify_of(slip, "BOLETO_BAIXADO")
        return json_response(200, slip.shown(self.clock.today()))

    def _slip(self, number: str) -> Slip:
        slip = self._slips.get(number)
        if slip is None:
            raise Refusal(problem(404, "B004", "Boleto não encontrado"))
        return slip

    def _uuid(self) -> str:
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))

    # PLACEHOLDER: headers and form of a notification.
    def _notify_of(self, slip: Slip, event: str) -> None:
        message = {
            "id": self._uuid(),
            "evento": event,
            "dataHora": self.clock.now().isoformat(),
            "boleto": slip.shown(self.clock.today()),
        }
        body = json_response(200, message).body
        self._notify(self.webhook_url, {"content-type": "application/json"}, body, (slip.nosso_numero,))

    # What the bank does by itself, and controls

    def _pass_time(self) -> None:
        # PLACEHOLDER: when the bank drops a boleto that nobody pays. This one keeps it.
        return

    @property
    def books(self) -> list[BookEntry]:
        """Every boleto the bank holds, oldest first."""
        self._catch_up()
        return [self._entry(slip) for slip in self._slips.values()]

    def _entry(self, slip: Slip) -> BookEntry:
        situation = slip.situation(self.clock.today())
        return BookEntry(
            bank_id=slip.nosso_numero,
            seu_numero=slip.seu_numero,
            nosso_numero=slip.nosso_numero,
            amount=slip.amount,
            due_date=slip.due,
            payer_tax_id=slip.order["pagador"]["documento"],
            status=STATUS[situation],
            bank_status=situation,
            paid_amount=slip.paid,
            registered_at=slip.registered_at,
        )

    def pay(
        self, boleto: BoletoName, *, by: Literal["PIX", "BOLETO"] = "BOLETO", amount: Decimal | None = None
    ) -> None:
        """The payer pays by barcode, whatever `by` says: this bank has no Pix."""
        slip = self._open(boleto)
        slip.state, slip.paid_on = "PAGO", self.clock.today()
        slip.paid = slip.amount if amount is None else amount
        self._notify_of(slip, "BOLETO_PAGO")

    def expire(self, boleto: BoletoName) -> None:
        """The bank drops the boleto now, whatever the date."""
        slip = self._open(boleto)
        slip.state = "EXPIRADO"
        self._notify_of(slip, "BOLETO_EXPIRADO")

    def fail_emission(self, boleto: BoletoName) -> None:
        """The bank refuses the registration to come with this seu_numero: it answers at once or never."""
        try:
            issued = self._slips[self._find(boleto)]
        except LookupError:
            self._doomed.add(boleto if isinstance(boleto, str) else boleto.seu_numero or "")
            return
        raise ValueError(f"{issued.seu_numero}: issued already, it is {issued.state}")

    def settle_now(self) -> None:
        """Process what was sent slowly; the bank does nothing else in its own time."""
        self._catch_up(everything=True)

    def _open(self, boleto: BoletoName) -> Slip:
        slip = self._slips[self._find(boleto)]
        situation = slip.situation(self.clock.today())
        if situation not in OPEN:
            raise ValueError(f"{slip.seu_numero}: it is {situation}")
        return slip

    def _server_context(self, mtls: bool, tls_version: ssl.TLSVersion | None) -> ssl.SSLContext:
        # PLACEHOLDER: this bank asks nobody for a certificate. Delete the method where the bank demands one.
        return super()._server_context(False, tls_version)


# PLACEHOLDER: the bank's form of an error.
def problem(status: int, code: str, text: str, **more: object) -> HttpResponse:
    """An error as the bank writes it."""
    return json_response(status, {"codigo": code, "mensagem": text, **more})


def body_of(request: HttpRequest) -> dict[str, Any]:
    """The JSON object of a request."""
    if request.content_type != "application/json":
        raise Refusal(problem(415, "B001", "Utilize application/json"))
    try:
        body = request.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Refusal(problem(400, "B001", "Corpo inválido"))
    return body


def check_registration(order: Mapping[str, Any], today: date) -> Complaints:
    """What is wrong with a registration."""
    found = [complaint(name, "campo não permitido") for name in order if name not in FIELDS]
    if order.get("beneficiario") != ACCOUNT:
        found.append(complaint("beneficiario", "conta não habilitada"))
    found += check_text(order, "seuNumero", SEU_NUMERO_LENGTH)
    amount = order.get("valor")
    if isinstance(amount, bool) or not isinstance(amount, int | Decimal) or not Decimal("0.01") <= amount:
        found.append(complaint("valor", "deve ser um número a partir de 0.01"))
    elif amount != round(amount, 2):
        found.append(complaint("valor", "deve ter no máximo 2 casas decimais"))
    if not (due := read_day(order.get("vencimento"))) or due < today:
        found.append(complaint("vencimento", "deve ser hoje ou depois, no formato AAAA-MM-DD"))
    return found + check_payer(order.get("pagador")) + check_messages(order.get("mensagens", []))


def check_payer(payer: object) -> Complaints:
    """What is wrong with a payer."""
    if not isinstance(payer, dict):
        return [complaint("pagador", "obrigatório")]
    found = [complaint(f"pagador.{name}", "campo não permitido") for name in payer if name not in PAYER_TEXTS]
    for name, length in PAYER_TEXTS.items():
        if name in payer or name not in OPTIONAL:
            found += check_text(payer, name, length, prefix="pagador.")
    if not re.fullmatch(r"\d{11}|[0-9A-Z]{12}\d{2}", str(payer.get("documento"))):
        found.append(complaint("pagador.documento", "CPF ou CNPJ, sem pontuação"))
    return found


def check_messages(lines: object) -> Complaints:
    """What is wrong with the lines to be printed."""
    wrong = complaint("mensagens", f"até {MESSAGES} textos de {MESSAGE_LENGTH} caracteres")
    if not isinstance(lines, list) or len(lines) > MESSAGES:
        return [wrong]
    return [wrong for line in lines if not isinstance(line, str) or len(line) > MESSAGE_LENGTH]


def check_text(data: Mapping[str, Any], name: str, length: int, *, prefix: str = "") -> Complaints:
    """What is wrong with a text, which must not be empty."""
    value = data.get(name)
    if isinstance(value, str) and 1 <= len(value) <= length:
        return []
    return [complaint(f"{prefix}{name}", f"de 1 a {length} caracteres")]


def complaint(name: str, text: str) -> dict[str, str]:
    """What is wrong with one field."""
    return {"campo": name, "mensagem": text}


def read_day(value: object) -> date | None:
    """A date in the bank's form."""
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None

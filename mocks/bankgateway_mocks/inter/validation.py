"""Inter's rules for what it is sent (API Cobrança v3), as `violacoes`."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from bankgateway.models.clock import BRASILIA

MINIMUM = Decimal("2.5")
MAXIMUM = Decimal("99999999.99")
LAST_MINUTE = time(20, 0)
STATES = frozenset(re.findall("..", "ACALAMAPBACEDFESGOMAMGMSMTPAPBPEPIPRRJRNRORRRSSCSESPTO"))
COMPANIONS = {
    "desconto": {"PERCENTUALDATAINFORMADA": "taxa", "VALORFIXODATAINFORMADA": "valor"},
    "multa": {"PERCENTUAL": "taxa", "VALORFIXO": "valor"},
    "mora": {"TAXAMENSAL": "taxa", "VALORDIA": "valor"},
}
PAYMENT_FORMS = frozenset({"BOLETO", "PIX", "SEM_FORMA_PAGAMENTO"})
LEGACY = ("desconto1", "desconto2", "desconto3")

Violations = list[dict[str, str]]


class Section:
    """One object of a request, checked field by field. Every method notes what it finds wrong.

    Args:
        data: The object.
        violations: Where complaints go.
        prefix: Path of the object, with a trailing dot.
    """

    def __init__(self, data: Mapping[str, Any], violations: Violations, prefix: str = "") -> None:
        self.data = data
        self.violations = violations
        self.prefix = prefix

    def complain(self, reason: str, name: str) -> None:
        """Note a violation."""
        violation = {"razao": reason, "propriedade": self.prefix + name}
        if self.data.get(name) not in (None, ""):
            violation["valor"] = str(self.data[name])
        self.violations.append(violation)

    def present(self, name: str, required: bool) -> bool:
        """Whether there is something to check."""
        if self.data.get(name) is not None:
            return True
        if required:
            self.complain("não deve ser nulo", name)
        return False

    def text(self, name: str, maximum: int, *, minimum: int = 0, pattern: str = "") -> str:
        """A string; it is required when `minimum` is above zero."""
        if not self.present(name, minimum > 0):
            return ""
        value = self.data[name]
        if not isinstance(value, str):
            self.complain("deve ser um texto", name)
            return ""
        if minimum and not value.strip():
            self.complain("não deve estar em branco", name)
        elif not minimum <= len(value) <= maximum:
            self.complain(f"tamanho deve ser entre {minimum} e {maximum}", name)
        elif pattern and not re.fullmatch(pattern, value):
            self.complain(f'deve corresponder a "{pattern}"', name)
        return value

    def choice(self, name: str, allowed: Collection[str], *, required: bool = True) -> str:
        """One of some words."""
        if not self.present(name, required):
            return ""
        value = self.data[name]
        if not isinstance(value, str) or value not in allowed:
            self.complain(f"deve ser um dos valores: {', '.join(sorted(allowed))}", name)
            return ""
        return value

    def money(
        self, name: str, minimum: Decimal, maximum: Decimal, *, required: bool = True
    ) -> Decimal | None:
        """A JSON number within bounds."""
        if not self.present(name, required):
            return None
        value = self.data[name]
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            self.complain("deve ser um número", name)
            return None
        number = Decimal(value)
        if number < minimum:
            self.complain(f"deve ser maior que ou igual a {minimum}", name)
        elif number > maximum:
            self.complain(f"deve ser menor que ou igual a {maximum}", name)
        return number

    def integer(self, name: str, minimum: int, maximum: int, *, required: bool = True) -> None:
        """A JSON integer within bounds."""
        if not self.present(name, required):
            return
        value = self.data[name]
        if isinstance(value, bool) or not isinstance(value, int):
            self.complain("deve ser um número inteiro", name)
        elif not minimum <= value <= maximum:
            self.complain(f"deve estar entre {minimum} e {maximum}", name)

    def day(self, name: str, *, required: bool = True) -> date | None:
        """A date, `YYYY-MM-DD`."""
        if not self.present(name, required):
            return None
        day = read_day(self.data[name])
        if day is None:
            self.complain("data inválida, utilize o formato YYYY-MM-DD", name)
        return day

    def section(self, name: str, *, required: bool = False) -> Section | None:
        """A nested object."""
        if not self.present(name, required):
            return None
        value = self.data[name]
        if not isinstance(value, Mapping):
            self.complain("deve ser um objeto", name)
            return None
        return Section(value, self.violations, f"{self.prefix}{name}.")


def read_day(value: object) -> date | None:
    """A date in the bank's form, or nothing."""
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def check_emission(body: Mapping[str, Any], now: datetime, *, sandbox: bool) -> Violations:
    """What is wrong with an emission.

    Args:
        body: The request's body.
        now: Aware.
        sandbox: The sandbox does not look at the check digits of CPF and CNPJ.
    """
    found: Violations = []
    form = Section(body, found)
    form.text("seuNumero", 15, minimum=1)
    _nominal(form)
    _due_date(form, now)
    form.integer("numDiasAgenda", 0, 60)
    if payer := form.section("pagador", required=True):
        _payer(payer, sandbox)
    if guarantor := form.section("beneficiarioFinal"):
        _party(guarantor, sandbox)
    for name, companions in COMPANIONS.items():
        if charge := form.section(name):
            _charge(charge, companions)
            if name == "desconto":
                charge.integer("quantidadeDias", 0, 999)
    if message := form.section("mensagem"):
        for line in range(1, 6):
            message.text(f"linha{line}", 78)
    _payment_forms(form)
    if invoice := form.section("notaFiscal"):
        _invoice(invoice)
    for name in LEGACY:
        if name in body:
            form.complain("campo não permitido", name)
    return found


def check_edition(body: Mapping[str, Any], now: datetime) -> Violations:
    """What is wrong with an edition: only due date and nominal amount can change."""
    found: Violations = []
    form = Section(body, found)
    for name in body:
        if name not in ("dataVencimento", "valorNominal"):
            form.complain("campo não pode ser alterado", name)
    if not body.get("dataVencimento") and body.get("valorNominal") is None:
        found.append({"razao": "informe dataVencimento ou valorNominal"})
    _nominal(form, required=False)
    due = form.day("dataVencimento", required=False)
    if due and due < now.astimezone(BRASILIA).date():
        form.complain("deve ser uma data no presente ou no futuro", "dataVencimento")
    return found


def _nominal(form: Section, *, required: bool = True) -> None:
    amount = form.money("valorNominal", MINIMUM, MAXIMUM, required=required)
    if amount is not None and amount != round(amount, 2):
        form.complain("valor numérico fora do limite (<8 dígitos>.<2 dígitos> esperado)", "valorNominal")


def _due_date(form: Section, now: datetime) -> None:
    due = form.day("dataVencimento")
    here = now.astimezone(BRASILIA)
    if due is None:
        return
    if due < here.date():
        form.complain("deve ser uma data no presente ou no futuro", "dataVencimento")
    elif due == here.date() and here.time() >= LAST_MINUTE:
        form.complain("vencimento no dia atual permitido somente até as 19:59", "dataVencimento")


def _payer(payer: Section, sandbox: bool) -> None:
    _party(payer, sandbox)
    payer.text("numero", 10)
    payer.text("complemento", 30)
    payer.text("email", 50)
    payer.text("ddd", 2)
    payer.text("telefone", 9)


def _party(party: Section, sandbox: bool) -> None:
    kind = party.choice("tipoPessoa", ("FISICA", "JURIDICA"))
    tax_id = party.text("cpfCnpj", 18, minimum=11)
    digits = re.sub(r"[./-]", "", tax_id)
    if tax_id and not is_tax_id(digits, kind, check_digits=not sandbox):
        party.complain("CPF/CNPJ inválido", "cpfCnpj")
    party.text("nome", 100, minimum=1)
    party.text("endereco", 100, minimum=1)
    party.text("bairro", 60)
    party.text("cidade", 60, minimum=1)
    party.choice("uf", STATES)
    party.text("cep", 8, minimum=8, pattern=r"\d{8}")


def _charge(charge: Section, companions: Mapping[str, str]) -> None:
    code = charge.choice("codigo", companions)
    if not code:
        return
    wanted = companions[code]
    maximum = Decimal(100) if wanted == "taxa" else MAXIMUM
    charge.money(wanted, Decimal("0.01"), maximum)
    other = "valor" if wanted == "taxa" else "taxa"
    if charge.data.get(other) is not None:
        charge.complain(f"não deve ser informado com o código {code}", other)


def _payment_forms(form: Section) -> None:
    name = "formasRecebimento"
    if not form.present(name, False):
        return
    forms = form.data[name]
    if not isinstance(forms, list) or not all(isinstance(item, str) for item in forms):
        form.complain("deve ser uma lista de textos", name)
    elif not forms or len(set(forms)) != len(forms) or not PAYMENT_FORMS.issuperset(forms):
        form.complain(f"deve conter valores únicos entre: {', '.join(sorted(PAYMENT_FORMS))}", name)
    elif forms == ["PIX"]:
        form.complain("PIX não é permitido sem BOLETO", name)
    elif "SEM_FORMA_PAGAMENTO" in forms and len(forms) > 1:
        form.complain("SEM_FORMA_PAGAMENTO não é permitido com outras formas", name)


def _invoice(invoice: Section) -> None:
    invoice.text("chaveNFe", 44, minimum=44, pattern=r"\d{44}")
    invoice.integer("numero", 0, 999_999_999)
    invoice.integer("serie", 0, 999)
    invoice.day("dataEmissao")
    invoice.integer("parcela", 0, 999, required=False)


def is_tax_id(digits: str, kind: str, *, check_digits: bool) -> bool:
    """Whether `digits` is a CPF (`FISICA`) or a CNPJ (`JURIDICA`); either when `kind` is empty."""
    lengths = {"FISICA": (11,), "JURIDICA": (14,)}.get(kind, (11, 14))
    if not digits.isascii() or not digits.isdigit() or len(digits) not in lengths:
        return False
    return not check_digits or _has_check_digits(digits)


def _has_check_digits(digits: str) -> bool:
    if len(set(digits)) == 1:
        return False
    longest = 11 if len(digits) == 11 else 9
    for end in (len(digits) - 2, len(digits) - 1):
        weights = [2 + place % (longest - 1) for place in range(end)]
        total = sum(
            int(digit) * weight for digit, weight in zip(reversed(digits[:end]), weights, strict=True)
        )
        expected = 11 - total % 11
        if int(digits[end]) != (expected if expected < 10 else 0):
            return False
    return True

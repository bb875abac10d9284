"""The error answers of Inter's API Cobrança v3, and the token endpoint's."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bankgateway.models.clock import BRASILIA
from bankgateway_mocks.http import HttpResponse, json_response

PROBLEM = "application/problem+json"
TITLES = {
    403: ("Acesso Negado", "Token sem permissão para o recurso."),
    404: ("Não Encontrado", "Entidade não encontrada."),
    406: ("Não Aceitável", "O recurso é fornecido somente em application/json."),
    500: ("Erro Interno", "Falha ao processar a requisição."),
    503: ("Serviço Indisponível", "Tente em alguns instantes."),
}


class Refusal(Exception):
    """Ends the processing of a request with an error answer."""

    def __init__(self, answer: HttpResponse) -> None:
        super().__init__(answer.status)
        self.answer = answer


def problem(status: int, detail: str | None = None) -> HttpResponse:
    """403, 404, 406 and 5xx."""
    title, usual = TITLES.get(status, TITLES[500])
    body = {"title": title, "status": status, "detail": detail or usual}
    return json_response(status, body, content_type=PROBLEM)


def gateway(status: int, message: str) -> HttpResponse:
    """What the gateway in front of the API answers by itself."""
    return json_response(status, {"message": message})


def invalid(violations: list[dict[str, str]], now: datetime) -> HttpResponse:
    """400, field errors."""
    return _bad_request(
        "Dados inválidos.", "Verifique os dados enviados.", _here(now, "microseconds"), violations
    )


def refused(detail: str, now: datetime) -> HttpResponse:
    """400, the rule of business or the state; nanoseconds and one empty violation are the bank's."""
    # An instant has microseconds only; the bank writes three digits more.
    stamp = _here(now, "microseconds")
    return _bad_request("Requisição inválida", detail, f"{stamp[:-6]}904{stamp[-6:]}", [{}])


def wrong_state(act: str, situation: str, now: datetime) -> HttpResponse:
    """400: the state forbids it. The state is the last word."""
    return refused(f"A cobrança não pode ser {act}, pois se encontra na situação {situation}", now)


def unknown_error(now: datetime) -> HttpResponse:
    """The permanent 500 for a payer who is the beneficiary."""
    body = {
        "title": "Erro desconhecido.",
        "detail": "Tente novamente mais tarde.",
        "timestamp": _here(now, "microseconds"),
        "violacoes": [],
    }
    return json_response(500, body, content_type=PROBLEM)


def unsupported_type(now: datetime) -> HttpResponse:
    """415."""
    body = {
        "title": "Tipo de conteúdo não suportado",
        "detail": "Utilize application/json.",
        "timestamp": _here(now, "microseconds"),
        "violacoes": [{"razao": "content-type não suportado"}],
    }
    return json_response(415, body)


def unknown_client() -> HttpResponse:
    """401 of the token endpoint."""
    body = {"error": "invalid_client", "message": "invalid client"}
    return json_response(401, body, headers={"x-ca-err": "201"})


def bad_token_request(error: str, description: str) -> HttpResponse:
    """400 of the token endpoint, in the form of RFC 6749."""
    return json_response(400, {"error": error, "error_description": description})


def _bad_request(title: str, detail: str, stamp: str, violations: list[Any]) -> HttpResponse:
    body = {"title": title, "detail": detail, "timestamp": stamp, "violacoes": violations}
    return json_response(400, body)


def _here(now: datetime, precision: str) -> str:
    return now.astimezone(BRASILIA).isoformat(timespec=precision)

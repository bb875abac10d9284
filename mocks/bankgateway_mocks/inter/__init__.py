"""Fake and recordings of Banco Inter (077), API Cobrança v3 ("Boleto com Pix")."""

from __future__ import annotations

SANDBOX = "https://cdpj-sandbox.partners.uatinter.co"
"""Base URL of the bank's sandbox; token and API share the host."""

TOKEN_PATH = "/oauth/v2/token"

ACCOUNT = {"conta_corrente": "76543218"}
"""Keyword arguments of the client's `Account`."""

CREDENTIALS = {
    "client_id": "3b7d2c10-55aa-4e0e-9a61-0c9f1d7e2b48",
    "client_secret": "5f0c9a3e-1d44-4b7b-8f20-aa6d0e5b7c19",
}
"""Keyword arguments of the client's `Credentials`, without the certificate."""

"""Fake and recordings of NEW_NAME (NEW_COMPE).

Source: PLACEHOLDER, an invented API.
"""

from __future__ import annotations

# PLACEHOLDER: as the bank's documentation has them.
SANDBOX = "https://sandbox.newbank.example"
"""Base URL of the bank's sandbox."""

TOKEN_PATH = "/oauth/token"

ACCOUNT = {"agencia": "4321", "conta": "98765432"}
"""Keyword arguments of the client's `Account`. Invented."""

CREDENTIALS = {
    "client_id": "b5a7e0d2-6c1f-4f1e-9d57-3a8c2f4be610",
    "client_secret": "4e1d9b7c-02fa-4a65-8c3e-d716f5a90b28",
}
"""Keyword arguments of the client's `Credentials`, without the certificate. Invented."""

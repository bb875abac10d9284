"""Banco Inter (077): API Cobrança v3, boleto with Pix."""

from bankgateway.banks.inter.client import InterClient as Client
from bankgateway.banks.inter.config import Account, Credentials

__all__ = ["Account", "Client", "Credentials"]

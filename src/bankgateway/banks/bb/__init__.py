"""Banco do Brasil (001): codes computed offline. There is no client of its webservice yet."""

from bankgateway.banks.bb.config import Account

__all__ = ["Account"]

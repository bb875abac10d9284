"""Itaú (341): codes computed offline. There is no client of its webservice yet."""

from bankgateway.banks.itau.config import Account

__all__ = ["Account"]

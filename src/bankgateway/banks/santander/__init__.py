"""Santander (033): codes computed offline. There is no client of its webservice yet."""

from bankgateway.banks.santander.config import Account

__all__ = ["Account"]

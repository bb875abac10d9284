"""Sicoob (756): codes computed offline. There is no client of its webservice yet."""

from bankgateway.banks.sicoob.config import Account

__all__ = ["Account"]

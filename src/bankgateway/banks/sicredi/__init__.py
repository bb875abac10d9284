"""Sicredi (748): codes computed offline. There is no client of its webservice yet."""

from bankgateway.banks.sicredi.config import Account

__all__ = ["Account"]

"""Banrisul (041): codes computed offline. There is no client of its webservice yet."""

from bankgateway.banks.banrisul.config import Account

__all__ = ["Account"]

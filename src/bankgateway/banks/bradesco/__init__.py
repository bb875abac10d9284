"""Bradesco (237): codes computed offline. There is no client of its webservice yet."""

from bankgateway.banks.bradesco.config import Account

__all__ = ["Account"]

"""CAIXA (104): codes computed offline. There is no client of its webservice yet."""

from bankgateway.banks.caixa.config import Account

__all__ = ["Account"]

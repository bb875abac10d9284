"""NEW_NAME (NEW_COMPE)."""

from bankgateway.banks.newbank.client import NewBankClient as Client
from bankgateway.banks.newbank.config import Account, Credentials

__all__ = ["Account", "Client", "Credentials"]

"""Token stores that several processes share: on a Redis server, or in a file.

from bankgateway.security.token_stores import RedisTokenStore, generate_key

settings = Settings(token_store=RedisTokenStore("redis://cache:6379/0", key=os.environ["TOKEN_KEY"]))
"""

from __future__ import annotations

from bankgateway.security.token_stores.file import FileTokenStore
from bankgateway.security.token_stores.redis import RedisTokenStore
from bankgateway.security.token_stores.sealing import PLAINTEXT, generate_key

__all__ = ["PLAINTEXT", "FileTokenStore", "RedisTokenStore", "generate_key"]

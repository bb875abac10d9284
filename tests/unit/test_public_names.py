"""The face: one export list, complete and importable; banks can be listed without importing one."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

import bankgateway
from bankgateway import ConfigurationError, connect
from bankgateway.banks import inter
from bankgateway.connect import bank_class
from bankgateway_mocks import samples


def test_export_list() -> None:
    assert len(set(bankgateway.__all__)) == len(bankgateway.__all__)
    missing = [name for name in bankgateway.__all__ if not hasattr(bankgateway, name)]
    assert missing == []


def test_every_public_name_is_explained() -> None:
    silent = [
        name
        for name in bankgateway.__all__
        if (inspect.isclass(thing := getattr(bankgateway, name)) or inspect.isfunction(thing))
        and not (thing.__doc__ or "").strip()
    ]
    assert silent == []


def test_banks_is_a_folder_and_a_list() -> None:
    assert bankgateway.banks()[0].slug == "inter"
    assert bankgateway.banks.inter is inter  # type: ignore[attr-defined]
    info = {i.slug: i for i in bankgateway.banks()}["inter"]
    assert (info.compe, info.name) == ("077", "Banco Inter")


def test_listing_the_banks_imports_none() -> None:
    code = (
        "import sys, bankgateway; bankgateway.banks();"
        "print([m for m in sys.modules if m.startswith('bankgateway.banks.')])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_importing_the_sdk_needs_none_of_the_extras() -> None:
    blocked = "('typer','rich','segno','respx','h11_','fpdf','redis','sqlalchemy','starlette','defusedxml','opentelemetry','bankgateway_mocks','pydantic_settings')"
    code = (
        "import sys\n"
        "class Block:\n"
        f"    def find_spec(self, name, path=None, target=None):\n"
        f"        if name.split('.')[0] in {blocked}: raise ImportError(name)\n"
        "sys.meta_path.insert(0, Block())\n"
        "import bankgateway\n"
        "from bankgateway.banks import inter\n"
        "print(inter.Client.bank)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "inter"


def test_from_stored_data() -> None:
    certificate = {"zip": None}
    with pytest.raises(ConfigurationError):
        connect(
            "inter",
            account={},
            credentials={"client_id": "a", "client_secret": "b", "certificate": certificate},
            environment="sandbox",
        )
    good = samples.credentials("inter")
    client = connect("inter", account={"conta_corrente": "123"}, credentials=good, environment="sandbox")
    assert isinstance(client, inter.Client)
    assert client.account.conta_corrente == "123"


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ({"bank": "nobank", "account": {}}, "nobank"),
        ({"bank": "inter"}, "account="),
        ({"bank": "inter", "account": {"conta": "1"}}, "conta"),
        ({"bank": "inter", "account": {}, "environment": "moon"}, "moon"),
        ({"bank": "inter", "account": {}, "credentials": {"client_id": "x"}}, "client_secret"),
    ],
)
def test_a_wrong_set_up_names_what_is_wrong(arguments: dict[str, object], word: str) -> None:
    rest = {"credentials": samples.credentials("inter"), "environment": "sandbox", **arguments}
    bank = rest.pop("bank")
    with pytest.raises(ConfigurationError, match=word):
        connect(bank, **rest)  # type: ignore[call-overload]


def test_there_is_no_default_environment() -> None:
    with pytest.raises(TypeError):
        connect(inter.Account(), samples.credentials("inter"))  # type: ignore[call-overload]


def test_registry_is_consistent() -> None:
    for info in bankgateway.banks():
        found = bank_class(info.slug)
        assert (found.bank, found.compe, found.bank_name) == (info.slug, info.compe, info.name)
        assert found.account_type.bank == found.credentials_type.bank == info.slug
        assert "production" in found.environments
        for name, environment in found.environments.items():
            assert environment.name == name
            assert all(
                url.startswith("https://") and not url.endswith("/") for url in environment.hosts.values()
            )


def test_third_party_banks_come_through_entry_points(monkeypatch: pytest.MonkeyPatch) -> None:
    from importlib.metadata import EntryPoint

    # `bankgateway.connect` is the function; the room of that name is in sys.modules.
    room = sys.modules["bankgateway.connect"]

    points = [
        EntryPoint("acme:999:Banco Acme", "bankgateway.banks.inter:Client", room.ENTRY_POINTS),
        EntryPoint("inter:000:Impostor", "evil:Client", room.ENTRY_POINTS),
        EntryPoint("broken:998:Broken", "no_such_module:Client", room.ENTRY_POINTS),
    ]
    monkeypatch.setattr(room, "entry_points", lambda group: points)
    room._registry.cache_clear()
    try:
        names = {info.slug: info.name for info in bankgateway.banks()}
        assert names["acme"] == "Banco Acme"
        assert names["inter"] == "Banco Inter"
        assert bank_class("acme") is inter.Client
        with pytest.raises(ConfigurationError, match="broken"):
            bank_class("broken")
    finally:
        room._registry.cache_clear()

"""Accounts, credentials and environments, from stored data too."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import pprint
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, ClassVar

import pytest
from pydantic import Field, SecretStr, ValidationError

from bankgateway.banks import inter
from bankgateway.config import Account, Certificate, Credentials, Environment, Secret
from bankgateway.errors import CertificateError, ConfigurationError
from bankgateway.security.certificate import ClientCertificate
from bankgateway.transport import RateLimit
from bankgateway_mocks import samples

SECRET = "planted-client-secret"


class AcmeAccount(Account):
    bank: ClassVar[str] = "acme"

    agencia: Annotated[str, Field(pattern=r"^[0-9]{4}$")]
    carteira: str = "109"


class AcmeCredentials(Credentials):
    bank: ClassVar[str] = "acme"

    client_id: Annotated[str, Field(min_length=1)]
    client_secret: Secret
    certificate: Certificate | None = None


def refusal(kind: type[Account | Credentials], data: Any) -> str:
    with pytest.raises(ConfigurationError) as caught:
        kind.read(data)
    assert caught.value.__cause__ is caught.value.__context__ is None, "pydantic's error holds the input"
    return str(caught.value)


class TestRead:
    def test_a_mapping_of_any_kind(self) -> None:
        wanted = AcmeAccount(agencia="1234")
        assert AcmeAccount.read({"agencia": "1234"}) == wanted
        assert AcmeAccount.read(MappingProxyType({"agencia": " 1234 "})) == wanted
        assert AcmeAccount.read(wanted) is wanted

    @pytest.mark.parametrize(
        ("data", "said"),
        [
            ({}, "acme AcmeAccount: agencia: Field required"),
            ({"agencia": "12345678"}, "acme AcmeAccount: agencia: String should match pattern"),
            ({"agencia": 1234}, "acme AcmeAccount: agencia: Input should be a valid string"),
            (
                {"agencia": "1234", "conta": "98765"},
                "acme AcmeAccount: conta: Extra inputs are not permitted",
            ),
            ({"agencia": "1234", 5: "98765"}, "acme AcmeAccount: 5: Extra inputs are not permitted"),
            (None, "expected acme AcmeAccount or a mapping, got NoneType"),
            ("12345678", "expected acme AcmeAccount or a mapping, got str"),
            ([("agencia", "1234")], "expected acme AcmeAccount or a mapping, got list"),
        ],
    )
    def test_what_is_wrong_is_named_without_its_value(self, data: Any, said: str) -> None:
        text = refusal(AcmeAccount, data)
        assert text.startswith(said)
        assert "98765" not in text
        assert "12345678" not in text

    def test_everything_wrong_is_told_at_once(self) -> None:
        text = refusal(AcmeCredentials, {"client_secret": 5, "secret": SECRET})
        assert text == (
            "acme AcmeCredentials: client_id: Field required; client_secret: Input should be a valid string; "
            "secret: Extra inputs are not permitted"
        )

    def test_another_banks_configuration(self) -> None:
        assert (
            refusal(AcmeAccount, inter.Account())
            == "expected acme AcmeAccount or a mapping, got inter Account"
        )


class TestSecrets:
    @pytest.mark.parametrize("given", [SECRET, f" {SECRET}\n", SecretStr(SECRET)])
    def test_a_secret_without_the_blanks_around(self, given: Any) -> None:
        credentials = AcmeCredentials(client_id="a", client_secret=given)
        assert credentials.client_secret.get_secret_value() == SECRET

    @pytest.mark.parametrize("given", ["", "  \n"])
    def test_an_empty_secret(self, given: str) -> None:
        assert "client_secret: Value error, is empty" in refusal(
            AcmeCredentials, {"client_id": "a", "client_secret": given}
        )

    def test_nothing_shows(self) -> None:
        credentials: Any = AcmeCredentials(client_id="planted-id", client_secret=SECRET)
        account: Any = AcmeAccount(agencia="9876", carteira="planted")
        for thing in (credentials, account):
            for view in (
                repr(thing), str(thing), f"{thing}", repr([thing]), pprint.pformat(thing),
                repr(list(thing.__rich_repr__())), "".join(map(str, thing.__pretty__(repr))),
            ):  # fmt: skip
                assert not any(word in view for word in ("planted", "9876"))
        assert str(credentials) == "<acme acmecredentials>"
        assert repr(inter.Account()) == "<inter account>"
        assert SECRET not in str(credentials.model_dump())

    def test_a_refused_constructor_shows_nothing(self) -> None:
        with pytest.raises(ValidationError) as caught:
            AcmeCredentials(client_id="", client_secret=5, certificate=SECRET)
        assert SECRET not in str(caught.value)
        assert SECRET not in repr(caught.value)

    def test_frozen(self) -> None:
        account = AcmeAccount(agencia="1234")
        with pytest.raises(ValidationError, match="frozen"):
            account.agencia = "4321"  # type: ignore[misc]

    def test_pickle_and_copy(self) -> None:
        account = AcmeAccount(agencia="1234")
        credentials = AcmeCredentials(client_id="a", client_secret=SECRET)
        for thing in (account, credentials):
            assert pickle.loads(pickle.dumps(thing)) == copy.deepcopy(thing) == thing

    def test_identity(self) -> None:
        assert AcmeCredentials(client_id="a", client_secret="b").identity == "a"
        assert Credentials().identity == ""
        assert Credentials().client_certificate is None


class TestCertificate:
    DATA: ClassVar[dict[str, Any]] = {"client_id": "a", "client_secret": "b"}

    def test_ready_made(self) -> None:
        certificate = samples.client_certificate().certificate()
        credentials = AcmeCredentials.read({**self.DATA, "certificate": certificate})
        assert credentials.client_certificate is certificate
        assert certificate.fingerprint not in repr(credentials)

    @pytest.mark.parametrize("wrap", [dict, MappingProxyType])
    def test_from_stored_data(self, tmp_path: Path, wrap: type[Mapping[str, Any]]) -> None:
        material = samples.client_certificate()
        path = tmp_path / "inter.zip"
        path.write_bytes(material.zip_inter())
        for form in ({"zip": str(path)}, {"zip": path}, {"pem": material.pem.decode(), "password": None}):
            credentials = AcmeCredentials.read({**self.DATA, "certificate": wrap(form)})  # type: ignore[call-arg]
            assert credentials.client_certificate == material.certificate()

    @pytest.mark.parametrize(
        ("certificate", "said"),
        [
            ({}, "exactly one of zip="),
            ({"pem": "nonsense"}, "certificate"),
            ({"zip": "/no/such/file.zip"}, "/no/such/file.zip"),
            ({"p12": "x.p12"}, "p12"),
            ({5: "x"}, "5"),
            ({"pem": 5}, "pem= of a certificate must be text"),
        ],
    )
    def test_wrong_data_is_a_wrong_set_up(self, certificate: Mapping[Any, Any], said: str) -> None:
        with pytest.raises(ConfigurationError, match=said):
            AcmeCredentials.read({**self.DATA, "certificate": certificate})

    def test_an_unreadable_certificate_says_so_itself(self) -> None:
        with pytest.raises(CertificateError):
            AcmeCredentials.read({**self.DATA, "certificate": {"pem": SECRET}})

    @pytest.mark.parametrize("certificate", [SECRET, b"x", 5])
    def test_something_else(self, certificate: object) -> None:
        text = refusal(AcmeCredentials, {**self.DATA, "certificate": certificate})
        assert text.startswith(
            "acme AcmeCredentials: certificate: Input should be an instance of ClientCertificate"
        )
        assert SECRET not in text

    def test_it_is_copied_as_itself_and_never_pickled(self) -> None:
        certificate = samples.client_certificate().certificate()
        credentials = AcmeCredentials.read({**self.DATA, "certificate": certificate})
        assert copy.deepcopy(credentials).client_certificate is certificate
        for thing in (certificate, credentials):
            with pytest.raises(TypeError, match="cannot be pickled"):
                pickle.dumps(thing)
        assert isinstance(certificate, ClientCertificate)


SANDBOX = Environment(
    name="sandbox",
    hosts={"api": "https://api.acme.example/v3/", "token": "https://auth.acme.example"},
    limits={"token": RateLimit(5)},
    poll_interval=6.0,
    checks_answers=False,
)


class TestEnvironment:
    def test_hosts_have_no_slash_at_the_end(self) -> None:
        assert SANDBOX.hosts == {"api": "https://api.acme.example/v3", "token": "https://auth.acme.example"}
        assert not SANDBOX.is_production

    def test_at_another_origin(self) -> None:
        fake = SANDBOX.at("http://127.0.0.1:8080/ignored")
        assert fake.name == "fake"
        assert fake.hosts == {"api": "http://127.0.0.1:8080/v3", "token": "http://127.0.0.1:8080"}
        assert fake.limits == {}
        assert fake.poll_interval == 0.05
        assert not fake.checks_answers, "what the bank does, its fake does"
        assert SANDBOX.hosts["api"] == "https://api.acme.example/v3"

    def test_at_with_limits(self) -> None:
        limits = {"register": RateLimit(1, 1.0)}
        fake = SANDBOX.at("https://localhost:8443", name="staging", limits=limits, poll_interval=1.0)
        assert (fake.name, fake.limits, fake.poll_interval) == ("staging", limits, 1.0)

    @pytest.mark.parametrize(
        "origin", ["127.0.0.1:8080", "localhost", "", "ftp://x.example", "https://", "http://[::1"]
    )
    def test_no_origin(self, origin: str) -> None:
        with pytest.raises(ConfigurationError, match="an origin has a scheme and a host"):
            SANDBOX.at(origin)

    @pytest.mark.parametrize(
        "url",
        [
            "api.acme.example",
            "ftp://x.example",
            "https://",
            "https://x.example/?a=b",
            "https://x.example#a",
            "",
        ],
    )
    def test_no_base_url(self, url: str) -> None:
        with pytest.raises(ConfigurationError, match="environment mine: the host 'api' is not the base URL"):
            Environment(name="mine", hosts={"api": url})

    def test_production_is_encrypted(self) -> None:
        assert Environment(name="production", hosts={"api": "https://x.example"}).is_production
        with pytest.raises(ConfigurationError, match="over https"):
            Environment(name="production", hosts={"api": "http://x.example"})
        with pytest.raises(ConfigurationError, match="over https"):
            dataclasses.replace(SANDBOX.at("http://127.0.0.1:1"), name="production")

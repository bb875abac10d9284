"""Text for a bank's alphabet: cleaned first, cut second, reported."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bankgateway.models.text import Charset, TextFitter

ANY = Charset()
SANTANDER_NAME = Charset("A-Za-z0-9& ", accents=False)
ITAU = Charset(r"A-Za-z0-9 .,\-", accents=False)
ITAU_BOLECODE = Charset(r"A-Za-zÀ-ÖØ-öø-ÿ0-9 .,\-")
BANRISUL = Charset(r"A-Za-z0-9\s%$*+.,/\-", accents=False, upper=True)
CHARSETS = [ANY, SANTANDER_NAME, ITAU, ITAU_BOLECODE, BANRISUL]


def fit(charset: Charset, text: str, limit: int = 40) -> tuple[str, list[str]]:
    fitter = TextFitter(charset)
    return fitter.fit("payer.name", text, limit), [notice.code for notice in fitter.notices]


@pytest.mark.parametrize(
    ("charset", "text", "expected", "codes"),
    [
        (ANY, "João  D’Ávila – ME", "João D’Ávila – ME", []),
        (ANY, " two\n lines\t", "two lines", []),
        (ANY, "Ma\u200bria\ufeff", "Maria", []),
        (ANY, "a\u0301", "á", []),
        (SANTANDER_NAME, "Padaria & Cia", "Padaria & Cia", []),
        (SANTANDER_NAME, "João Araújo", "Joao Araujo", []),
        (SANTANDER_NAME, "D'Ávila–Souza (filho) Ltda.", "D Avila Souza filho Ltda", ["text_changed"]),
        (SANTANDER_NAME, "ＡＢＣ １２３", "ABC 123", []),
        (ITAU, "Rua A/B, nº 12 — fundos", "Rua A B, no 12 - fundos", ["text_changed"]),
        (ITAU, "Rua das Flores – 12", "Rua das Flores - 12", []),
        (ITAU_BOLECODE, "Praça São João — 2º", "Praça São João - 2", ["text_changed"]),
        (BANRISUL, "Straße do Sol, 5%", "STRASSE DO SOL, 5%", []),
        (BANRISUL, "É ½", "E 1 2", ["text_changed"]),
        (SANTANDER_NAME, "李雷", "", ["text_changed"]),
        (ITAU, "", "", []),
    ],
)
def test_cleaned(charset: Charset, text: str, expected: str, codes: list[str]) -> None:
    assert fit(charset, text) == (expected, codes)


def test_cleaned_first_and_cut_second() -> None:
    # Cut first, this would lose the A: four of the five characters are the bank's to refuse.
    assert fit(SANTANDER_NAME, "()()A", 1) == ("A", ["text_changed"])
    assert fit(ITAU, "São Paulo", 3) == ("Sao", ["text_cut"])
    assert fit(ITAU, "São Paulo", 4) == ("Sao", ["text_cut"]), "no blank at the end"
    assert fit(ITAU, "a… b", 5) == ("a... ".strip(), ["text_cut"]), "cleaning may make it longer"
    assert fit(ITAU, "exactly", 7) == ("exactly", [])


def test_notices_name_field_and_limit_and_quote_nothing() -> None:
    fitter = TextFitter(ITAU)
    fitter.fit("payer.name", "Zeferina Plantada", 8)
    fitter.fit("payer.address.street", "Rua (Secreta)", 40)
    assert [notice.field for notice in fitter.notices] == ["payer.name", "payer.address.street"]
    assert fitter.notices[0].message == "cut to the bank's 8 characters"
    assert not any(word in str(fitter.notices) for word in ("Zeferina", "Plantada", "Secreta"))


@pytest.mark.parametrize("charset", CHARSETS, ids=str)
@given(text=st.text(), limit=st.integers(0, 20))
def test_laws(charset: Charset, text: str, limit: int) -> None:
    clean = charset.clean(text)
    assert charset.clean(clean) == clean, "cleaning twice changes nothing more"
    assert clean == clean.strip()
    assert not any(unicodedata.category(c).startswith("C") for c in clean)
    if charset.allowed is not None:
        assert re.fullmatch(f"[{charset.allowed}]*", clean)
    fitted, codes = fit(charset, text, limit)
    assert len(fitted) <= limit
    assert clean.startswith(fitted)
    assert fit(charset, fitted, limit) == (fitted, []), "what was fitted fits"
    assert ("text_cut" in codes) == (fitted != clean)
    fitted.encode()


@given(st.text(st.characters(codec="ascii", categories=("Lu", "Ll", "Nd")), max_size=30))
def test_plain_text_stays_as_it_is(text: str) -> None:
    for charset in (ANY, SANTANDER_NAME, ITAU, ITAU_BOLECODE):
        assert fit(charset, text) == (text, [])

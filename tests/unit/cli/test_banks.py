"""`bankgateway banks`."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

import bankgateway
from bankgateway import Capabilities, Operation
from bankgateway.cli import WRONG_SETUP
from bankgateway.connect import bank_class
from bankgateway.models.commands import COMMANDS

Main = Callable[..., Any]


def test_the_short_table(main: Main) -> None:
    ended = main("banks")
    assert ended.code == 0
    rows = [" ".join(line.split()) for line in ended.out.splitlines()]
    for bank in bankgateway.banks():
        assert f"{bank.slug} {bank.compe} {bank.name}" in rows


def test_the_matrix_says_what_the_capabilities_say(main: Main) -> None:
    ended = main("banks", "--matrix", "--bank", "inter")
    told = dict(line.split() for line in ended.out.splitlines()[2:])
    inter = bank_class("inter").capabilities
    assert told == {
        kind: "yes" if inter.supports(kind) else "-" for kind in [*map(str, Operation), *COMMANDS]
    }


def test_json_has_every_capability(main: Main) -> None:
    told = main("banks", "--json").json
    assert [(bank["slug"], bank["compe"], bank["name"]) for bank in told] == [
        (bank.slug, bank.compe, bank.name) for bank in bankgateway.banks()
    ]
    inter = next(bank for bank in told if bank["slug"] == "inter")
    assert {field.name for field in dataclasses.fields(Capabilities)} <= inter.keys()
    assert inter["environments"] == ["production", "sandbox"]
    assert inter["commands"] == ["cancel", "change_amount", "change_due_date"]
    assert inter["amount_min"] == "2.50"
    assert inter["numbering"] == "bank"
    assert inter["expires_after_days"] == [0, 60]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (["--operation", "search"], True),
        (["--operation", "search", "--operation", "register", "--command", "change_amount"], True),
        (["--command", "request_protest"], False),
        (["--command", "change_amount", "--command", "set_fine"], False),
        (["--bank", "inter"], True),
    ],
)
def test_filters_add_up(main: Main, filters: list[str], found: bool) -> None:
    told = [bank["slug"] for bank in main("banks", "--json", *filters).json]
    assert ("inter" in told) is found


@pytest.mark.parametrize(
    ("option", "value"), [("--operation", "pay"), ("--command", "pay"), ("--bank", "nubank")]
)
def test_an_unknown_word_is_wrong_usage(main: Main, option: str, value: str) -> None:
    ended = main("banks", option, value)
    assert ended.code == WRONG_SETUP
    assert value in ended.err

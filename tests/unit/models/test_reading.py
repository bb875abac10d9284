"""Readers of what banks send: never an error, never a guess."""

from __future__ import annotations

import decimal
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Annotated, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import BeforeValidator

from bankgateway.models.boleto import Boleto, BoletoRef
from bankgateway.models.charges import Interest
from bankgateway.models.clock import BRASILIA
from bankgateway.models.party import PartialParty
from bankgateway.models.reading import (
    WireAnswer,
    WireCentavos,
    WireDate,
    WireDecimal,
    WireFlag,
    WireInstant,
    WireMoney,
    WireText,
    a_list,
    an_object,
    load_json,
    midnight,
    read_centavos,
    read_date,
    read_decimal,
    read_flag,
    read_instant,
    read_money,
    read_text,
    tolerant,
)

READERS: tuple[Callable[[Any], Any], ...] = (
    read_centavos, read_date, read_decimal, read_flag, read_instant, read_money, read_text, a_list, an_object,
)  # fmt: skip


class Everything(WireAnswer):
    money: WireMoney = None
    centavos: WireCentavos = None
    number: WireDecimal = None
    text: WireText = None
    day: WireDate = None
    instant: WireInstant = None
    flag: WireFlag = None
    inner: Annotated[Everything | None, BeforeValidator(an_object)] = None
    items: Annotated[tuple[Everything, ...], BeforeValidator(a_list)] = ()


scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.decimals()
    | st.text()
    | st.from_regex(r"[+-]?[0-9.,]{1,12}([eE][+-]?[0-9]{1,9})?", fullmatch=True)
    | st.from_regex(r"[0-9]{1,4}[-./][0-9]{1,2}[-./][0-9]{1,4}([T ].{0,20})?", fullmatch=True)
    | st.datetimes(timezones=st.none() | st.timezones()).map(datetime.isoformat)
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


class TestNeverAnError:
    @given(values)
    @example("\ud800")
    @example(10**5000)
    @example(Decimal("sNaN"))
    @example("9999-12-31T23:59:59-12:00")
    @example("0001-01-01T00:00:00+00:00")
    @example("2026-W01-1")
    def test_any_value_in_any_reader(self, value: Any) -> None:
        for read in READERS:
            read(value)

    @given(st.dictionaries(st.sampled_from(list(Everything.model_fields)), values))
    def test_any_value_in_any_field(self, data: dict[str, Any]) -> None:
        answer = Everything.model_validate(data)
        known = Boleto(
            bank="inter",
            ref=BoletoRef(seu_numero=answer.text, issue_date=answer.day),
            status="unknown",
            amount=answer.money,
            due_date=answer.day,
            paid_at=answer.instant,
            payer=PartialParty(name=answer.text),
            raw=None,
        )
        assert known.paid_on is None or known.paid_on.year >= 1899
        json.loads(known.model_dump_json())

    @given(st.binary() | st.text().map(str.encode))
    def test_any_body(self, body: bytes) -> None:
        try:
            load_json(body)
        except ValueError as error:
            assert type(error) is ValueError


class TestJson:
    def test_numbers_are_exact(self) -> None:
        assert load_json(b'{"a": 187.45, "b": 1E2, "c": 14000000000483197}') == {
            "a": Decimal("187.45"),
            "b": Decimal(100),
            "c": 14000000000483197,
        }

    def test_a_byte_order_mark_does_not_matter(self) -> None:
        assert load_json(b"\xef\xbb\xbf[1]") == [1]

    @pytest.mark.parametrize(
        ("body", "reason"),
        [
            (b"", "not JSON"),
            (b"<html>30718462580</html>", "not JSON"),
            (b'{"a": NaN}', "not JSON"),
            (b"[Infinity]", "not JSON"),
            (b"[-Infinity]", "not JSON"),
            (b"[1e9999999999999999999]", "not JSON"),
            pytest.param(b"1" * 5000, "not JSON", id="huge"),
            ("João 30718462580".encode("latin-1"), "not UTF-8"),
            pytest.param(b"[" * 200_000, "nested too deeply", id="deep list"),
            pytest.param(b'{"a":' * 200_000, "nested too deeply", id="deep object"),
        ],
    )
    def test_what_cannot_be_read_leaves_no_trace_of_the_body(self, body: bytes, reason: str) -> None:
        with pytest.raises(ValueError, match=reason) as caught:
            load_json(body)
        assert type(caught.value) is ValueError
        assert caught.value.__context__ is caught.value.__cause__ is None
        assert "30718462580" not in repr(caught.value)


class TestNumbers:
    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            (10, "10"),
            (187.45, "187.45"),
            (Decimal("1.10"), "1.10"),
            ("187.45", "187.45"),
            ("187,45", "187.45"),
            (" 1.234,56 ", "1234.56"),
            ("1.234.567,89", "1234567.89"),
            ("1234567,89", "1234567.89"),
            ("-87.37", "-87.37"),
            ("-1.087,37", "-1087.37"),
            ("1.234", "1.234"),
            (".50", "0.50"),
            ("5.", "5"),
            ("00000000000123456", "123456"),
            ("1e2", "1E+2"),
            (999_999_999_999_999, "999999999999999"),
        ],
    )
    def test_number(self, value: object, expected: str) -> None:
        assert str(read_decimal(value)) == expected

    @pytest.mark.parametrize(
        "value",
        [
            None, "", " ", True, False, [], {}, "abc", "R$ 5,00", "1,234.56", "1.234.567", "12.34,56", "1,2,3", "1_000",
            "١٢", "1 000", "NaN", "Infinity", float("nan"), float("inf"), Decimal("NaN"), "--1", "0x10", ".", ",", "1e",
            10**15, "1e400", Decimal("1E-999999"), "1e99999", b"1", pytest.param(10**5000, id="huge"),
        ],
    )  # fmt: skip
    def test_no_number(self, value: object) -> None:
        assert read_decimal(value) is None
        assert read_money(value) is None

    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            (2.5, "2.50"),
            (100, "100.00"),
            ("85.0000", "85.00"),
            ("187.45000000000002", "187.45"),
            (0.1 + 0.2, "0.30"),
            (187.44999999999999, "187.45"),
            ("0.335", "0.335"),
            ("-10", "-10.00"),
        ],
    )
    def test_money(self, value: object, expected: str) -> None:
        assert str(read_money(value)) == expected

    @given(st.decimals(-(10**12), 10**12, places=2))
    def test_every_amount_in_every_spelling(self, amount: Decimal) -> None:
        text = f"{amount:.2f}"
        brazilian = f"{amount:,.2f}".translate(str.maketrans(",.", ".,"))
        for spelling in (amount, text, text.replace(".", ","), brazilian):
            assert read_money(spelling) == amount
        assert read_centavos(int(amount * 100)) == amount
        assert read_money(load_json(json.dumps(float(amount)).encode())) == amount

    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            (34990, "349.90"),
            ("00000000000123456", "1234.56"),
            (0, "0.00"),
            (-5, "-0.05"),
            (Decimal("5.0"), "0.05"),
        ],
    )
    def test_centavos(self, value: object, expected: str) -> None:
        assert str(read_centavos(value)) == expected

    @pytest.mark.parametrize("value", ["349.90", 0.5, "", None, "abc", True])
    def test_no_centavos(self, value: object) -> None:
        assert read_centavos(value) is None

    def test_the_callers_decimal_context_does_not_matter(self) -> None:
        with decimal.localcontext(decimal.Context(prec=2)):
            assert read_money("12345678.91") == Decimal("12345678.91")


class TestText:
    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            (" a ", "a"),
            (5, "5"),
            (Decimal("1.50"), "1.50"),
            ("a\ud800b", "a?b"),
            ("0", "0"),
            ("\tJoão\n", "João"),
        ],
    )
    def test_text(self, value: object, expected: str) -> None:
        assert read_text(value) == expected

    @pytest.mark.parametrize("value", [None, "", "  ", "\n", True, [], {}, ["a"], 1.5])
    def test_nothing(self, value: object) -> None:
        assert read_text(value) is None

    @pytest.mark.parametrize(
        ("value", "expected"),
        [(True, True), (False, False), ("true", True), ("FALSE", False), ("S", True), ("n", False), ("Não", False),
         ("", None), (None, None), (1, None), (0, None), ("x", None), ([True], None)],
    )  # fmt: skip
    def test_flag(self, value: object, expected: bool | None) -> None:
        assert read_flag(value) is expected


class TestTime:
    @pytest.mark.parametrize(
        "text",
        ["2026-07-05", "2026-07-05T23:59:59-03:00", "2026-07-05T00:00:00.000Z", "2026-07-05 10:00", "05.07.2026",
         "05/07/2026", "05-07-2026", "05/07/2026 10:00:00", " 2026-07-05 "],
    )  # fmt: skip
    def test_the_day_as_written(self, text: str) -> None:
        assert read_date(text) == date(2026, 7, 5)

    @pytest.mark.parametrize(
        "value",
        [None, "", "0", 0, "0000-00-00", "00.00.0000", "01.01.0001", "0001-01-01T00:00:00", "2026-02-30", "31.02.2026",
         "2026-7-5", "5/7/2026", "07/13/2026", "05.07/2026", "20260705", 20260705, "2026-07-055", "amanhã", True],
    )  # fmt: skip
    def test_no_day(self, value: object) -> None:
        assert read_date(value) is None

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("2026-07-05T10:11:12Z", datetime(2026, 7, 5, 10, 11, 12, tzinfo=UTC)),
            ("2026-07-05T10:11:12-03:00", datetime(2026, 7, 5, 13, 11, 12, tzinfo=UTC)),
            ("2026-07-05T10:11:12+0000", datetime(2026, 7, 5, 10, 11, 12, tzinfo=UTC)),
            ("2026-07-05T10:11:12.123Z", datetime(2026, 7, 5, 10, 11, 12, 123000, tzinfo=UTC)),
            ("2026-07-05T10:11:12.123456Z", datetime(2026, 7, 5, 10, 11, 12, 123456, tzinfo=UTC)),
            ("2026-07-05T10:11:12.123456789-03:00", datetime(2026, 7, 5, 13, 11, 12, 123456, tzinfo=UTC)),
            ("2026-07-05T10:11:12", datetime(2026, 7, 5, 13, 11, 12, tzinfo=UTC)),
            ("2026-07-05 10:11:12", datetime(2026, 7, 5, 13, 11, 12, tzinfo=UTC)),
            ("2026-07-05", datetime(2026, 7, 5, 3, tzinfo=UTC)),
        ],
    )  # fmt: skip
    def test_instant(self, text: str, expected: datetime) -> None:
        found = read_instant(text)
        assert found == expected
        assert found is not None
        assert found.tzinfo is not None

    @pytest.mark.parametrize(
        "value",
        [None, "", "0001-01-01T00:00:00", "0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59-12:00", "2026-13-01T00:00",
         "2026-07-05T25:00:00", "2026-07-05Tlater", "20260705", 20260705, "2026-W01-1", True],
    )  # fmt: skip
    def test_no_instant(self, value: object) -> None:
        assert read_instant(value) is None

    def test_another_zone(self) -> None:
        assert read_instant("2026-07-05T00:00:00", UTC) == datetime(2026, 7, 5, tzinfo=UTC)

    @given(st.datetimes(datetime(1900, 1, 2), datetime(9998, 12, 30)), st.integers(-14, 14))  # noqa: DTZ001
    def test_every_instant_survives(self, moment: datetime, hours: int) -> None:
        aware = moment.replace(tzinfo=timezone(timedelta(hours=hours)))
        assert read_instant(aware.isoformat()) == aware
        assert aware.astimezone(BRASILIA) == aware

    def test_midnight(self) -> None:
        assert midnight(None) is None
        assert midnight(date(2026, 7, 5)) == datetime(2026, 7, 5, 3, tzinfo=UTC)


class TestShapes:
    @pytest.mark.parametrize("value", [None, [], "x", 5, True])
    def test_what_is_no_object_is_missing(self, value: object) -> None:
        assert an_object(value) is None
        assert a_list(value) == []

    def test_lists(self) -> None:
        assert a_list({"a": 1}) == [{"a": 1}]
        assert a_list([{}, None, 5, [], {"a": 1}]) == [{}, {"a": 1}]
        one = Everything(text="x")
        assert a_list((one, 5)) == [one]
        assert Everything(items=[{"text": "x"}, "junk"]).items == (one,)

    def test_unknown_keys_are_ignored(self) -> None:
        assert Everything.model_validate({"new": 1}) == Everything()

    def test_a_charge_outside_our_limits_is_left_out(self) -> None:
        assert tolerant(lambda: Interest.monthly(Decimal(500))) is None
        assert tolerant(lambda: date.fromordinal(10**9)) is None
        assert tolerant(lambda: Interest.exempt()) == Interest.exempt()
        with pytest.raises(AttributeError):
            tolerant(lambda: None.oops)  # type: ignore[attr-defined]

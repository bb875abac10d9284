"""Arithmetic without I/O: check digits, CPF and CNPJ, due factor, barcode, digitable line, BR Code."""

from __future__ import annotations

from bankgateway.codes.barcode import BoletoCode, build_boleto_code, format_digitable_line, parse_boleto_code
from bankgateway.codes.boleto_codes import BoletoCodes, build_boleto_codes
from bankgateway.codes.br_code import BrCode, BrCodeKind, crc16, parse_br_code
from bankgateway.codes.br_code_builder import (
    build_dynamic_br_code,
    build_static_br_code,
    is_charge_txid,
    is_static_txid,
    normalise_pix_key,
)
from bankgateway.codes.check_digits import (
    WEIGHTS_2_TO_7,
    WEIGHTS_2_TO_9,
    mod10,
    mod10_mod11,
    mod11,
    mod11_or_letter,
    mod11_or_one,
    mod11_or_zero,
    mod11_sum,
)
from bankgateway.codes.due_factor import FACTOR_DAYS_AHEAD, FACTOR_DAYS_BACK, due_date, due_factor
from bankgateway.codes.errors import CodeError
from bankgateway.codes.itf import interleaved_2_of_5
from bankgateway.codes.personal_data import mask_tail, scrub
from bankgateway.codes.tax_id import (
    cnpj_check_digits,
    cpf_check_digits,
    format_tax_id,
    is_cnpj,
    is_cpf,
    normalise_tax_id,
)

__all__ = [
    "FACTOR_DAYS_AHEAD",
    "FACTOR_DAYS_BACK",
    "WEIGHTS_2_TO_7",
    "WEIGHTS_2_TO_9",
    "BoletoCode",
    "BoletoCodes",
    "BrCode",
    "BrCodeKind",
    "CodeError",
    "build_boleto_code",
    "build_boleto_codes",
    "build_dynamic_br_code",
    "build_static_br_code",
    "cnpj_check_digits",
    "cpf_check_digits",
    "crc16",
    "due_date",
    "due_factor",
    "format_digitable_line",
    "format_tax_id",
    "interleaved_2_of_5",
    "is_charge_txid",
    "is_cnpj",
    "is_cpf",
    "is_static_txid",
    "mask_tail",
    "mod10",
    "mod10_mod11",
    "mod11",
    "mod11_or_letter",
    "mod11_or_one",
    "mod11_or_zero",
    "mod11_sum",
    "normalise_pix_key",
    "normalise_tax_id",
    "parse_boleto_code",
    "parse_br_code",
    "scrub",
]

"""The one error of this room."""

from __future__ import annotations


class CodeError(ValueError):
    """A code (CPF, CNPJ, barcode, digitable line, BR Code) that breaks a rule.

    The text never quotes the code itself, only the characters that are wrong: it can be logged.

    Attributes:
        reason: Short stable name of the rule (`invalid_check_digit`), meant for programs.
        message: What is wrong, in words.
        field: The part it is about (`field 2`, `cpf`, `amount`), where that says more.
        position: Where, counted from 1 without separators and surrounding blanks.
        expected: What should have stood there.
        found: What stood there.
    """

    def __init__(
        self,
        reason: str,
        message: str,
        *,
        field: str | None = None,
        position: int | None = None,
        expected: str | None = None,
        found: str | None = None,
    ) -> None:
        # Only the positional arguments go to `args`, so that the error can be pickled and copied.
        super().__init__(reason, message)
        self.reason = reason
        self.message = message
        self.field = field
        self.position = position
        self.expected = expected
        self.found = found

    def __str__(self) -> str:
        where = [self.field] if self.field else []
        if self.position is not None:
            where.append(f"position {self.position}")
        text = f"{', '.join(where)}: {self.message}" if where else self.message
        if self.expected is not None:
            text += f", expected {_visible(self.expected)}"
        if self.found is not None:
            text += f", found {_visible(self.found)}"
        return text


def _visible(text: str) -> str:
    return text if text.isprintable() and text.strip() else ascii(text)

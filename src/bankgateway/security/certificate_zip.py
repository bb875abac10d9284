"""The ZIP a bank hands out, unpacked in memory. Hostile ones are refused."""

from __future__ import annotations

import io
import re
import stat
import struct
import zipfile
import zlib

from bankgateway.security.certificate_source import Source

_ZIP_MEMBERS = 20
_ZIP_MEMBER_BYTES = 1_000_000
_ZIP_ENCRYPTED = 0x1
_ZIP_DAMAGED = (zipfile.BadZipFile, zlib.error, struct.error, OSError, EOFError, ValueError, RuntimeError)


def zip_members(source: Source) -> list[Source]:
    """The files in a ZIP, without clutter.

    Raises:
        CertificateUnreadable: It is damaged, encrypted, or larger than any a bank hands out.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(source.data)) as archive:
            wanted = [info for info in archive.infolist() if not _is_clutter(info)]
            _refuse_hostile(source, wanted)
            return [Source(f"the member {info.filename!r}", _unpack(archive, info)) for info in wanted]
    except _ZIP_DAMAGED:
        raise source.error(
            "is not a readable ZIP. Give the file as the bank handed it out, or unpack it and use from_files."
        ) from None


def _is_clutter(info: zipfile.ZipInfo) -> bool:
    """Directories, links and what macOS and editors leave behind."""
    parts = re.split(r"[/\\]", info.filename)
    link = stat.S_ISLNK(info.external_attr >> 16)
    return info.is_dir() or link or any(part == "__MACOSX" or part.startswith(".") for part in parts)


def _refuse_hostile(source: Source, members: list[zipfile.ZipInfo]) -> None:
    if len(members) > _ZIP_MEMBERS:
        raise source.error(
            f"has more than {_ZIP_MEMBERS} files: not the one a bank hands out. Give the bank's own ZIP."
        )
    for info in members:
        if info.flag_bits & _ZIP_ENCRYPTED:
            raise source.error("is encrypted. Unpack it with its password and use from_files.")
        if info.file_size > _ZIP_MEMBER_BYTES:
            raise source.error(
                "has a file above 1 MB, far more than a certificate or key. Give the bank's own ZIP."
            )


def _unpack(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    # The other methods need libraries that raise errors of their own; nobody packs two small files so.
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise zipfile.BadZipFile
    with archive.open(info) as member:
        return member.read(_ZIP_MEMBER_BYTES + 1)

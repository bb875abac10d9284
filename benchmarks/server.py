"""A bank of canned answers behind mTLS, in its own process and light enough not to be what is measured.

    python -m benchmarks.server DIRECTORY

reads `server.pem` (certificate and key) and `ca.pem` from DIRECTORY, prints its port, and serves until
its standard input ends.
"""

from __future__ import annotations

import asyncio
import ssl
import sys
from pathlib import Path

ID = b"5c0e7a41-9b1d-4f62-8d3a-2e7f90b1c6d4"
TOKEN = b'{"access_token":"d9a7c1f4-2e68-4b3a-9f05-71c8e6b2d340","token_type":"Bearer","expires_in":3600}'
EMISSION = b'{"codigoSolicitacao":"' + ID + b'"}'
DETAIL = (
    b'{"cobranca":{"codigoSolicitacao":"' + ID + b'","seuNumero":"FAT-2026-00417","dataEmissao":"2026-09-21",'
    b'"dataVencimento":"2026-10-20","valorNominal":187.45,"tipoCobranca":"SIMPLES","situacao":"A_RECEBER",'
    b'"dataSituacao":"2026-09-21","arquivada":false,"descontos":[{"codigo":"PERCENTUALDATAINFORMADA",'
    b'"quantidadeDias":5,"taxa":2.5}],"multa":{"codigo":"PERCENTUAL","taxa":2},"mora":{"codigo":"TAXAMENSAL",'
    b'"taxa":1},"pagador":{"cpfCnpj":"11222333000181","tipoPessoa":"JURIDICA","nome":"Mercearia Exemplo Ltda",'
    b'"endereco":"Rua das Amostras","numero":"120","complemento":"Sala 3","bairro":"Centro",'
    b'"cidade":"Belo Horizonte","uf":"MG","cep":"30110000","email":"contas@example.com","ddd":"31",'
    b'"telefone":"999990000"}},"boleto":{"nossoNumero":"42153007863",'
    b'"codigoBarras":"07791160500000187450001112765432142153007863",'
    b'"linhaDigitavel":"07790001161276543214621530078639116050000018745"}}'
)


def _answer(body: bytes) -> bytes:
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
    return head % len(body) + body


ANSWERS = {b"POST /o": _answer(TOKEN), b"POST /c": _answer(EMISSION), b"GET /co": _answer(DETAIL)}


class Bank(asyncio.Protocol):
    """Reads requests only as far as it must to find their end."""

    def __init__(self) -> None:
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end].lower()
            mark = head.find(b"content-length: ")
            length = int(head[mark + 16 :].split(b"\r\n", 1)[0]) if mark >= 0 else 0
            if len(self._buffer) < end + 4 + length:
                return
            self._transport.write(ANSWERS.get(self._buffer[:7], ANSWERS[b"GET /co"]))
            self._buffer = self._buffer[end + 4 + length :]


async def main(directory: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(directory / "server.pem")
    context.load_verify_locations(directory / "ca.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Bank, "127.0.0.1", 0, ssl=context, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))

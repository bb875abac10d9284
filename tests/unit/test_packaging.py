"""The wheel: built, installed into a clean environment, and used there without the repository."""

from __future__ import annotations

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

PROGRAM = """
import sys
assert not any("src/bankgateway" in p for p in sys.path), sys.path
import anyio, bankgateway, bankgateway_mocks
from bankgateway_mocks import FakeBank, samples

async def main():
    fake = FakeBank("inter")
    async with fake.serve() as served, served.connect() as bank:
        boleto = await bank.register(samples.new_boleto("inter"), wait=10)
        assert boleto.status.value == "registered", boleto
        fake.pay(boleto.ref)
        assert (await bank.query(boleto)).status.value == "paid"
    print("works", bankgateway.__version__, bankgateway.__file__)

anyio.run(main)
"""


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run([str(c) for c in command], cwd=cwd, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, ROOT, cwd=ROOT)
    (built,) = out.glob("*.whl")
    return built


def test_what_the_wheel_holds(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert "bankgateway/py.typed" in names
    assert "bankgateway_mocks/py.typed" in names
    assert "bankgateway_mocks/inter/recordings/register.json" in names
    strangers = [
        n
        for n in names
        if n.split("/")[0] not in ("bankgateway", "bankgateway_mocks") and ".dist-info/" not in n
    ]
    assert strangers == []
    assert not any(name.endswith((".key", ".pem", ".pfx", ".p12")) for name in names)
    metadata = zipfile.ZipFile(wheel).read(next(n for n in names if n.endswith("METADATA"))).decode()
    for extra in ("cli", "pdf", "calendar", "redis", "sql", "webhooks", "soap", "otel", "mocks"):
        assert f"Provides-Extra: {extra}" in metadata


def test_the_wheel_works_in_a_clean_environment(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "env", with_pip=True)
    python = tmp_path / "env" / "bin" / "python"
    run(python, "-m", "pip", "install", "--quiet", f"{wheel}[mocks]", cwd=tmp_path)
    program = tmp_path / "program.py"
    program.write_text(PROGRAM, "utf-8")
    assert run(python, "-W", "error", program, cwd=tmp_path).startswith("works")
    said = subprocess.run(
        [tmp_path / "env" / "bin" / "bankgateway", "banks"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert said.returncode == 2
    assert "bankgateway[cli]" in said.stderr
    assert "Traceback" not in said.stderr

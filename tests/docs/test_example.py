"""The example service passes its own tests, and so do the tests on the page about the plugin.

Both run as they would in somebody else's repository: a folder of their own, and no configuration.
"""

from __future__ import annotations

import ast
import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bankgateway_mocks import Pki, samples

DOCS = Path(__file__).parents[2] / "docs"
CHECKOUT = DOCS / "examples" / "checkout"


def passed(folder: Path) -> int:
    """Run pytest in a folder. How many tests passed; every one has to."""
    options = ["-q", "-W", "error", "--strict-markers", "-p", "no:cacheprovider", "-p", "no:asyncio"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options], cwd=folder, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    count = re.search(r"^(\d+) passed in", done.stdout, re.M)
    assert count is not None, done.stdout
    return int(count[1])


def test_the_checkout_passes_its_tests(tmp_path: Path) -> None:
    folder = shutil.copytree(CHECKOUT, tmp_path / "checkout", ignore=shutil.ignore_patterns("__pycache__"))
    assert passed(folder) >= 18


def test_the_tests_of_the_page_pass(tmp_path: Path) -> None:
    page = (DOCS / "testing-plugin.md").read_text("utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```$", page, re.M | re.S)
    head = [
        node
        for node in ast.parse(blocks[0]).body
        if isinstance(node, ast.Import | ast.ImportFrom | ast.Assign)
    ]
    for number, block in enumerate(blocks):
        # A file each: what one block overrides is none of the other's business.
        (tmp_path / f"test_{number}.py").write_text(f"{ast.unparse(ast.Module(head, []))}\n{block}", "utf-8")
    tests = page.count("\nasync def test_") * 2 + page.count("\ndef test_")
    assert passed(tmp_path) == tests


def test_the_checkout_starts_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = tmp_path / "certificate.zip"
    archive.write_bytes(Pki().client_certificate().zip_inter())
    for name, value in samples.credentials_data("inter").items():
        monkeypatch.setenv(f"INTER_{name}".upper(), value)
    monkeypatch.setenv("INTER_CERTIFICATE_ZIP", str(archive))
    monkeypatch.setenv("WEBHOOK_SECRET", "a-long-secret")
    spec = importlib.util.spec_from_file_location("checkout", CHECKOUT / "app.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "checkout", module)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    spec.loader.exec_module(module)
    app = module.from_environment()
    assert app.state.shop.bank.environment.name == "sandbox"
    assert set(app.openapi()["paths"]) == {"/checkout", "/orders/{order}", "/webhooks/inter/{secret}"}

"""The wheel holds everything and works in an empty environment."""

from __future__ import annotations

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    # Built by what is installed: an environment for it alone would be the same, and take longer.
    build = ["build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run([sys.executable, "-m", *build], check=True, capture_output=True)
    (path,) = folder.glob("*.whl")
    return path


def test_the_wheel_holds_models_experiments_tables_and_evidence(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for source, target in (("models", "models"), ("experiments", "experiments")):
        for path in (ROOT / source).rglob("*.py"):
            assert f"bioplaus/{target}/{path.relative_to(ROOT / source)}" in names
    for path in (ROOT / "bioplaus").rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            assert str(path.relative_to(ROOT)) in names
    for path in (ROOT / "experiments").glob("*/paper.toml"):
        assert f"bioplaus/experiments/{path.parent.name}/paper.toml" in names
    for path in (ROOT / "docs" / "results").glob("*/*.json"):
        assert f"bioplaus/results/{path.parent.name}/{path.name}" in names


def test_the_wheel_works_in_an_empty_environment(
    wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTHONPATH", raising=False)
    environment = tmp_path / "empty"
    venv.create(environment)
    python = environment / "bin" / "python"
    # The dependencies are those of this environment; what is tested is what the wheel brings.
    install = ["pip", "--python", python, "install", "-q", "--no-deps", "--no-compile", wheel]
    subprocess.run([sys.executable, "-m", *install], check=True)
    (site,) = (Path(p) for p in sys.path if p.endswith("site-packages"))
    target = next((environment / "lib").glob("python3*/site-packages"))
    (target / "borrowed.pth").write_text(f"{site}\n")
    # The present installation is found by a hook in the borrowed folder, after the wheel's files.
    run = subprocess.run(
        [environment / "bin" / "bioplaus", "list"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "erbp-images" in run.stdout
    where = subprocess.run(
        [python, "-c", "import bioplaus.models as m; print(m.__file__)"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert str(environment) in where.stdout
    status = subprocess.run(
        [environment / "bin" / "bioplaus", "reproduce", "erbp", "--status", "--json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert '"results"' in status.stdout

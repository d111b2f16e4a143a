"""The pages are compiled against the control API's own description: what it has not, no page can ask for."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from tests.harness.instance import ROOT

FRONTEND = ROOT / "frontend"
PAGE = """
import { call, get } from "SRC/lib/http";
import { useGet, useList } from "SRC/lib/hooks";
const id: string = "d1";
export const good = async () => {
  const found = await get(`/destinations/${id}`);
  found.health.state.trim();
  await call("PATCH", `/destinations/${id}`, { enabled: false, twice: true });
  useGet("/sources").data?.data[0]?.write_key.trim();
  useList(`/destinations/${id}/deliveries`).rows?.[0]?.position.toFixed();
  (await get(`/engine/workflows/${id}`)).nodes[0]?.nextNodeIds.length.toFixed();
  await call("POST", "/engine/lists", { name: "Beta", isPublic: true });
};
export const noSuchAddress = () => get(`/destinations/${id}/nothing`);
export const noSuchMethod = () => call("PUT", "/sources");
export const noSuchAnswer = async () => (await get("/status")).nothing;
export const noSuchField = () => call("PATCH", `/destinations/${id}`, { enabld: false });
export const noSuchList = () => useList("/nothing");
export const noSuchEngineAddress = () => get("/engine/nothing");
export const noSuchEngineAnswer = async () => (await get(`/engine/contacts/${id}`)).nothing;
export const noSuchEngineField = () => call("POST", "/engine/lists", { nam: "Beta" });
"""


def test_a_page_that_asks_for_what_the_api_has_not_does_not_compile(tmp_path: Path) -> None:
    node = subprocess.run(
        [sys.executable, ROOT / "scripts/build_frontend.py", "--node-bin"], capture_output=True, text=True, check=True
    ).stdout.strip()
    (tmp_path / "page.ts").write_text(PAGE.replace("SRC", str(FRONTEND / "src")))
    settings = {
        "extends": str(FRONTEND / "tsconfig.json"),
        "compilerOptions": {"noEmit": True, "types": [], "paths": {"*": [str(FRONTEND / "node_modules/*")]}},
        "include": ["page.ts"],
    }
    (tmp_path / "tsconfig.json").write_text(json.dumps(settings))
    told = subprocess.run(
        [f"{node}/node", FRONTEND / "node_modules/typescript/bin/tsc", "-p", tmp_path],
        capture_output=True,
        text=True,
        env=os.environ | {"PATH": f"{node}{os.pathsep}{os.environ['PATH']}"},
    ).stdout
    wrong = {int(line) for line in re.findall(r"page\.ts\((\d+),", told)}
    expected = {number for number, line in enumerate(PAGE.split("\n"), 1) if "noSuch" in line}
    assert wrong == expected, told

"""Exported modules of JavaScript, run in node."""

import json
import shutil
import subprocess

import pytest

from clearprop.files.export import write

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")


def run(folder, program, script, **data):
    """What a script in node prints as JSON; it has the module as `m` and the data under their names."""
    write(program, folder / "model.mjs", "javascript")
    return run_module(folder, script, data)


def run_module(folder, script, data):
    (folder / "data.json").write_text(json.dumps(data))
    names = ", ".join(data)
    text = (
        'import { readFileSync } from "node:fs";\nimport * as m from "./model.mjs";\n'
        f'const {{ {names} }} = JSON.parse(readFileSync("data.json", "utf8"));\n'
        "const say = (found) => console.log(JSON.stringify(found));\n"
        f"try {{ {script} }} catch (error) {{ say(String(error)); }}\n"
    )
    (folder / "main.mjs").write_text(text)
    done = subprocess.run(["node", "main.mjs"], cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)

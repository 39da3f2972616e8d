"""The README says only what happens: its commands are run as they stand, on another port."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.installation import HERE, Installation
from tests.network import free_port

ROOT = HERE.parent
MARKED = re.compile(r"<!-- run -->\n```sh\n(.*?)```", re.DOTALL)
NO_SHORT_CLOCKS = {"RECOURSE_TENANTS_DIR": "", "RECOURSE_POLICIES_DIR": ""}


def _script(port: int) -> str:
    blocks = MARKED.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    script = "set -euo pipefail\n" + "\n".join(blocks)
    return script.replace("127.0.0.1:8080", f"127.0.0.1:{port}").replace(
        ".venv/bin/", f"{Path(sys.executable).parent}/"
    )


def test_the_commands_of_the_readme_work_as_they_stand(tmp_path: Path) -> None:
    installation = Installation(tmp_path / "data", free_port())
    installation.start()
    try:
        environment = {**os.environ, "RECOURSE_DATA_DIR": str(installation.data_dir)}
        done = subprocess.run(
            ["/bin/bash", "-c", _script(installation.port)],
            env=environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    finally:
        installation.stop()
    assert done.returncode == 0, done.stderr + done.stdout
    assert '"code":"resolved"' in done.stdout
    assert "recourse.complaint.answered.v1" in done.stdout
    assert "complaints.events.v1" in done.stdout


def test_the_readme_names_only_files_and_targets_that_exist() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    missing = [link for link in re.findall(r"\]\((?!http)([^)#]+)\)", text) if not (ROOT / link).exists()]
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert missing == []
    assert set(re.findall(r"`make ([a-z]+)`", text)) <= targets

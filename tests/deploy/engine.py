"""Whether a Docker engine with compose answers here."""

import shutil
import subprocess
from functools import cache

DOCKER = shutil.which("docker") or ""


@cache
def engine_answers() -> bool:
    asked = ((DOCKER, "info"), (DOCKER, "compose", "version"))
    return bool(DOCKER) and all(
        subprocess.run(each, capture_output=True, timeout=30, check=False).returncode == 0 for each in asked
    )

"""Jars of servers that suites start on the local JVM."""

import shutil
import subprocess
from pathlib import Path


def fetched(pom: Path, jars: Path) -> Path:
    """Fetch what a pom names, once; it stays beside the virtual environment."""
    marker = jars / ".complete"
    if not marker.exists() or marker.stat().st_mtime < pom.stat().st_mtime:
        shutil.rmtree(jars, ignore_errors=True)
        goal = ("dependency:copy-dependencies", f"-DoutputDirectory={jars}")
        subprocess.run((shutil.which("mvn") or "mvn", "-q", "-B", "-f", str(pom), *goal), check=True, timeout=600)
        marker.touch()
    return jars

"""Downloads real code, by hash, and unpacks it: ``python fetch_corpus.py FOLDER``.

Source distributions, since wheels leave out the examples and the tests. Run by ``make test``; a
test run itself downloads nothing.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

LOCK = Path(__file__).with_name("corpus.lock")


def main(folder: Path) -> None:
    """Raises CalledProcessError when the download fails, or is not what the lock says."""
    pip = [sys.executable, "-P", "-m", "pip", "download", "--quiet", "--require-hashes"]
    with tempfile.TemporaryDirectory() as downloads:
        options = ["--no-deps", "--no-binary", ":all:", "--dest", downloads]
        subprocess.run([*pip, *options, "-r", LOCK], check=True)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for archive in Path(downloads).glob("*.tar.gz"):
            subprocess.run(["tar", "-xzf", archive, "-C", folder], check=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

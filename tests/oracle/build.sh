#!/usr/bin/env bash
# Compiles the oracle against the jars of tests/kafka and those of pom.xml. Prints its directory. Does nothing more when
# it is up to date; any number of processes may run it at once.
#
#   target/oracle/classes/      the compiled program, airlock.oracle.Main
#   target/oracle/lib/          Debezium's transforms and an AvroData, which Maven fetches
#   target/oracle/classpath     Kafka's jars, those of lib, then the program
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
home=$(cd "$here/../.." && pwd)/target/oracle
mkdir -p "$home"
exec 9>"$home/lock"
flock 9

kafka=$("$here/../kafka/install.sh" 9>&- | tail -n 1)
sources=("$here"/java/airlock/oracle/*.java)
wanted="$home $(cat "$kafka/stamp" "${sources[@]}" "$here/pom.xml" "${BASH_SOURCE[0]}" | sha256sum)"
if [[ -f $home/stamp && $(<"$home/stamp") == "$wanted" ]]; then
    echo "$home"
    exit
fi

command -v javac >/dev/null || { echo "javac is not installed: a JDK is needed, 17 or later" >&2; exit 1; }
command -v mvn >/dev/null || { echo "mvn is not installed" >&2; exit 1; }
rm -rf "$home/stamp" "$home/classes" "$home/lib"
mvn -B -q --no-transfer-progress -f "$here/pom.xml" dependency:copy-dependencies -DincludeScope=runtime \
    -DincludeGroupIds=io.debezium,io.apicurio,org.apache.avro -DoutputDirectory="$home/lib" >&2
libraries=$(printf '%s:' "$home"/lib/*.jar)
javac --release 17 -encoding UTF-8 -proc:none -Xlint:all,-path,-classfile,-processing -Werror \
    -cp "$(<"$kafka/classpath"):${libraries%:}" -d "$home/classes" "${sources[@]}" >&2
# Kafka's jars first: its archive of loaded classes fits only a class path that begins as its own.
echo "$(<"$kafka/classpath"):${libraries%:}:$home/classes" >"$home/classpath"

echo "$wanted" >"$home/stamp"
echo "$home"

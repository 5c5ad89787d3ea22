#!/usr/bin/env bash
# Compiles the oracle against the jars of tests/kafka and those of pom.xml. Prints its directory. Does nothing more when
# it is up to date; any number of processes may run it at once.
#
#   target/oracle/classes/      the compiled program, airlock.oracle.Main
#   target/oracle/lib/          Debezium's transforms and an AvroData, which Maven fetches
#   target/oracle/classpath     Kafka's jars, those of lib, then the program
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../install.sh"
kafka=$("$here/../kafka/install.sh" | tail -n 1)
sources=("$here"/java/airlock/oracle/*.java)
begin oracle "$kafka/stamp" "${sources[@]}" "$here/pom.xml" "${BASH_SOURCE[0]}"
need javac mvn
rm -rf "$home/classes"
jars "$here/pom.xml" "$home/lib" -DincludeGroupIds=io.debezium,io.apicurio,org.apache.avro
libraries=$(printf '%s:' "$home"/lib/*.jar)
javac --release 17 -encoding UTF-8 -proc:none -Xlint:all,-path,-classfile,-processing -Werror \
    -cp "$(<"$kafka/classpath"):${libraries%:}" -d "$home/classes" "${sources[@]}" >&2
# Kafka's jars first: its archive of loaded classes fits only a class path that begins as its own.
echo "$(<"$kafka/classpath"):${libraries%:}:$home/classes" >"$home/classpath"

done_with

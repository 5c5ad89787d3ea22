#!/usr/bin/env bash
# Compiles the benchmarks of Kafka's transforms against JMH and the jars of tests/kafka. Prints its directory. Does
# nothing more when it is up to date; any number of processes may run it at once.
#
#   target/jmh/lib/*.jar     JMH
#   target/jmh/classes/      the compiled program, airlock.bench.Main, with what JMH generates
#   target/jmh/classpath     the program, JMH, then Kafka's jars
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../../install.sh"
kafka=$("$here/../../kafka/install.sh" | tail -n 1)
sources=("$here"/airlock/bench/*.java)
begin jmh "$kafka/stamp" "$here/pom.xml" "${sources[@]}" "${BASH_SOURCE[0]}"
need javac mvn
rm -rf "$home/classes"
jars "$here/pom.xml" "$home/lib"
jmh=$(printf '%s:' "$home"/lib/*.jar)
javac --release 17 -encoding UTF-8 -processor org.openjdk.jmh.generators.BenchmarkProcessor \
    -cp "$jmh$(<"$kafka/classpath")" -d "$home/classes" "${sources[@]}" >&2
echo "$home/classes:$jmh$(<"$kafka/classpath")" >"$home/classpath"

done_with

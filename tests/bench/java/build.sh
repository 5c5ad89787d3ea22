#!/usr/bin/env bash
# Compiles the benchmarks of Kafka's transforms against JMH and the jars of tests/kafka. Prints its directory. Does
# nothing more when it is up to date; any number of processes may run it at once.
#
#   target/jmh/lib/*.jar     JMH
#   target/jmh/classes/      the compiled program, airlock.bench.Main, with what JMH generates
#   target/jmh/classpath     the program, JMH, then Kafka's jars
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
home=$(cd "$here/../../.." && pwd)/target/jmh
mkdir -p "$home"
exec 9>"$home/lock"
flock 9

kafka=$("$here/../../kafka/install.sh" 9>&- | tail -n 1)
sources=("$here"/airlock/bench/*.java)
wanted="$home $(cat "$kafka/stamp" "$here/pom.xml" "${sources[@]}" "${BASH_SOURCE[0]}" | sha256sum)"
if [[ -f $home/stamp && $(<"$home/stamp") == "$wanted" ]]; then
    echo "$home"
    exit
fi

for program in javac mvn; do
    command -v "$program" >/dev/null || { echo "$program is not installed: a JDK and Maven are needed" >&2; exit 1; }
done
rm -rf "$home/stamp" "$home/lib" "$home/classes"
mvn -B -q --no-transfer-progress -f "$here/pom.xml" dependency:copy-dependencies \
    -DincludeScope=runtime -DoutputDirectory="$home/lib" >&2
jmh=$(printf '%s:' "$home"/lib/*.jar)
javac --release 17 -encoding UTF-8 -processor org.openjdk.jmh.generators.BenchmarkProcessor \
    -cp "$jmh$(<"$kafka/classpath")" -d "$home/classes" "${sources[@]}" >&2
echo "$home/classes:$jmh$(<"$kafka/classpath")" >"$home/classpath"

echo "$wanted" >"$home/stamp"
echo "$home"

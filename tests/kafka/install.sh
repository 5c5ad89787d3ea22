#!/usr/bin/env bash
# Installs Apache Kafka from Maven jars. Prints the installation's directory. Does nothing more when it is up to date;
# any number of processes may run it at once.
#
#   target/kafka/lib/*.jar              broker, tools, Connect
#   target/kafka/classpath              the jars, in the one order that classes.jsa accepts
#   target/kafka/bootstrap.checkpoint   what StorageTool writes besides meta.properties; the same for every node
#   target/kafka/classes.jsa            class data archive: a broker starts in two thirds of the time
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../install.sh"
begin kafka "$here/pom.xml" "$here/install.sh"
need java mvn setpriv

# A bad port is unlikely (below the range of outgoing connections) and costs only the archive.
broker_properties() {
    local port=$((20000 + RANDOM % 12000))
    cat "$here/broker.properties" - <<PROPERTIES
node.id=1
controller.quorum.voters=1@127.0.0.1:$((port + 1))
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$((port + 1))
log.dirs=$home/training/data
PROPERTIES
}

# Starts a broker once and ends it in order, upon which the JVM writes down the classes it had loaded.
archive_classes() {
    : >broker.log
    setpriv --pdeathsig KILL -- java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:ArchiveClassesAtExit="$home/classes.jsa" \
        -Dlog4j2.configurationFile="$here/log4j2.properties" kafka.Kafka broker.properties >broker.log 2>&1 9>&- &
    for _ in {1..300}; do
        grep -q 'Kafka Server started' broker.log && break
        sleep 0.2
    done
    kill $! && wait $! || true
}

rm -rf "$home/classes.jsa" "$home/training"
jars "$here/pom.xml" "$home/lib"
CLASSPATH=$(printf '%s:' "$home"/lib/*.jar)
export CLASSPATH=${CLASSPATH%:}
echo "$CLASSPATH" >"$home/classpath"

mkdir "$home/training"
cd "$home/training"
broker_properties >broker.properties
java -XX:TieredStopAtLevel=1 kafka.tools.StorageTool format -t AAAAAAAAAAAAAAAAAAAAAQ -c broker.properties >&2
cp data/bootstrap.checkpoint "$home"
archive_classes
rm -rf "$home/training"

done_with

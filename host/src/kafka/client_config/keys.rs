//! The table: every key of Java's consumer, producer and admin client (Kafka 4), and what becomes of it.

use super::{Translation, Written, special};

/// The kind of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Consumer,
    Producer,
    Admin,
}

impl Kind {
    /// The prefix of its keys in a worker's configuration.
    pub(super) fn prefix(self) -> &'static str {
        match self {
            Kind::Consumer => "consumer.",
            Kind::Producer => "producer.",
            Kind::Admin => "admin.",
        }
    }

    /// Its name for people.
    pub(super) fn client(self) -> &'static str {
        match self {
            Kind::Consumer => "consumer",
            Kind::Producer => "producer",
            Kind::Admin => "admin client",
        }
    }
}

/// What becomes of a key.
#[derive(Clone, Copy)]
pub(super) enum Rule {
    /// librdkafka has it under the same name and with the same values.
    Same,
    /// librdkafka has it under this name.
    Renamed(&'static str),
    /// It takes more than a name.
    Special(fn(&mut Translation, &Written) -> Result<(), String>),
    /// Read together with its neighbours in `stores`.
    Store,
    /// Accepted: what it tunes does not exist here, for this reason.
    NoEffect(&'static str),
    /// Can't be honoured; what to do instead. An empty value is accepted.
    Refused(&'static str),
}

/// Returns what becomes of `key`; none where Java's client of this kind has no such key.
pub(super) fn rule(kind: Kind, key: &str) -> Option<&'static Rule> {
    let own: &'static [(&'static str, Rule)] = match kind {
        Kind::Consumer => CONSUMER,
        Kind::Producer => PRODUCER,
        Kind::Admin => &[],
    };
    let found = own.iter().chain(COMMON).find(|(name, _)| *name == key || is_below(name, key));
    found.map(|(_, rule)| rule)
}

/// A name that ends in a dot stands for all keys below it.
fn is_below(name: &str, key: &str) -> bool {
    name.ends_with('.') && key.starts_with(name)
}

const JMX: Rule = Rule::NoEffect("metrics are served at /metrics");
const JVM_TLS: Rule = Rule::NoEffect("it chooses among classes of the JVM");
const CONVERTERS: Rule = Rule::NoEffect("records are bytes here, and converters do the rest");
const PLUGGED_CLASS: Rule = Rule::Refused("no Java classes can be loaded here. Remove it");
const KERBEROS: Rule = Rule::Refused("Kerberos is not built in. Use SCRAM, PLAIN or TLS client certificates");
const OAUTH: Rule = Rule::Refused("OAUTHBEARER is not built in. Use SCRAM, PLAIN or TLS client certificates");
const WORKERS: Rule = Rule::Refused("the worker sets it itself. Remove it");

static COMMON: &[(&str, Rule)] = &[
    ("bootstrap.servers", Rule::Same),
    ("client.id", Rule::Same),
    ("client.rack", Rule::Same),
    ("client.dns.lookup", Rule::Same),
    ("metadata.max.age.ms", Rule::Special(special::metadata_max_age)),
    ("metadata.max.idle.ms", Rule::NoEffect("librdkafka forgets unused topics by itself")),
    ("metadata.recovery.strategy", Rule::Same),
    ("metadata.recovery.rebootstrap.trigger.ms", Rule::Same),
    ("send.buffer.bytes", Rule::Special(special::send_buffer)),
    ("receive.buffer.bytes", Rule::Special(special::receive_buffer)),
    ("reconnect.backoff.ms", Rule::Same),
    ("reconnect.backoff.max.ms", Rule::Same),
    ("retry.backoff.ms", Rule::Special(special::retry_backoff)),
    ("retry.backoff.max.ms", Rule::Same),
    ("request.timeout.ms", Rule::Special(special::request_timeout)),
    ("default.api.timeout.ms", Rule::NoEffect("every wait has its own limit")),
    ("connections.max.idle.ms", Rule::Special(special::max_idle)),
    ("socket.connection.setup.timeout.ms", Rule::Special(special::setup_timeout)),
    ("socket.connection.setup.timeout.max.ms", Rule::NoEffect("librdkafka has one timeout for this")),
    ("enable.metrics.push", Rule::Same),
    ("metric.reporters", JMX),
    ("metrics.", JMX),
    ("auto.include.jmx.reporter", JMX),
    ("interceptor.classes", PLUGGED_CLASS),
    (
        "config.providers",
        Rule::Refused("configuration providers are the worker's. Use config.providers without prefix"),
    ),
    ("security.protocol", Rule::Special(special::security_protocol)),
    ("security.providers", PLUGGED_CLASS),
    ("sasl.mechanism", Rule::Special(special::sasl_mechanism)),
    ("sasl.jaas.config", Rule::Special(special::sasl_jaas)),
    ("sasl.client.callback.handler.class", PLUGGED_CLASS),
    ("sasl.login.callback.handler.class", PLUGGED_CLASS),
    ("sasl.login.class", PLUGGED_CLASS),
    ("sasl.kerberos.service.name", KERBEROS),
    ("sasl.kerberos.kinit.cmd", Rule::NoEffect("Kerberos is not built in")),
    ("sasl.kerberos.", Rule::NoEffect("Kerberos is not built in")),
    ("sasl.oauthbearer.", OAUTH),
    ("sasl.login.", Rule::NoEffect("logins are not refreshed in the background")),
    ("ssl.protocol", Rule::Special(special::ssl_protocol)),
    ("ssl.enabled.protocols", Rule::Special(special::ssl_enabled_protocols)),
    ("ssl.provider", PLUGGED_CLASS),
    ("ssl.cipher.suites", Rule::Special(special::ssl_cipher_suites)),
    ("ssl.keystore.type", Rule::Store),
    ("ssl.keystore.location", Rule::Store),
    ("ssl.keystore.password", Rule::Store),
    ("ssl.keystore.key", Rule::Store),
    ("ssl.keystore.certificate.chain", Rule::Store),
    ("ssl.key.password", Rule::Store),
    ("ssl.truststore.type", Rule::Store),
    ("ssl.truststore.location", Rule::Store),
    ("ssl.truststore.password", Rule::Store),
    ("ssl.truststore.certificates", Rule::Store),
    ("ssl.endpoint.identification.algorithm", Rule::Special(special::ssl_endpoint_identification)),
    ("ssl.secure.random.implementation", JVM_TLS),
    ("ssl.keymanager.algorithm", JVM_TLS),
    ("ssl.trustmanager.algorithm", JVM_TLS),
    ("ssl.engine.factory.class", PLUGGED_CLASS),
    // Of the worker's REST listener; they lie under `ssl.` too.
    ("ssl.client.auth", Rule::NoEffect("it is the REST listener's")),
    ("ssl.principal.mapping.rules", Rule::NoEffect("it is a broker's")),
    ("retries", Rule::NoEffect("librdkafka retries until its timeouts are over")),
    ("host.resolver.class", PLUGGED_CLASS),
    ("bootstrap.controllers", Rule::Refused("only brokers can be used. Use bootstrap.servers")),
    ("key.serializer", CONVERTERS),
    ("value.serializer", CONVERTERS),
    ("key.deserializer", CONVERTERS),
    ("value.deserializer", CONVERTERS),
    ("allow.auto.create.topics", Rule::Same),
];

static CONSUMER: &[(&str, Rule)] = &[
    ("group.id", Rule::Same),
    ("group.instance.id", Rule::Same),
    ("group.protocol", Rule::Special(special::group_protocol)),
    ("group.remote.assignor", Rule::Refused("it belongs to group.protocol=consumer, and sinks use classic. Remove it")),
    ("max.poll.records", Rule::Special(special::max_poll_records)),
    ("max.poll.interval.ms", Rule::Same),
    ("session.timeout.ms", Rule::Same),
    ("heartbeat.interval.ms", Rule::Same),
    ("partition.assignment.strategy", Rule::Special(special::assignment_strategy)),
    ("enable.auto.commit", Rule::Special(special::auto_commit)),
    ("auto.commit.interval.ms", Rule::NoEffect("the task commits every offset.flush.interval.ms")),
    ("auto.offset.reset", Rule::Special(special::auto_offset_reset)),
    ("fetch.min.bytes", Rule::Same),
    ("fetch.max.bytes", Rule::Same),
    ("fetch.max.wait.ms", Rule::Renamed("fetch.wait.max.ms")),
    ("max.partition.fetch.bytes", Rule::Same),
    ("check.crcs", Rule::Same),
    ("exclude.internal.topics", Rule::NoEffect("a pattern that matches internal topics reads them")),
    ("isolation.level", Rule::Same),
    ("internal.leave.group.on.close", Rule::NoEffect("a stopped task leaves its group")),
    ("internal.throw.on.fetch.stable.offset.unsupported", Rule::NoEffect("it is Kafka Streams' own")),
    ("share.", Rule::Refused("sinks read as classic consumer groups. Remove it")),
    ("transactional.id", WORKERS),
    ("retries", Rule::NoEffect("consumers have none")),
];

static PRODUCER: &[(&str, Rule)] = &[
    ("acks", Rule::Same),
    ("enable.idempotence", Rule::Same),
    ("max.in.flight.requests.per.connection", Rule::Same),
    ("delivery.timeout.ms", Rule::Same),
    ("request.timeout.ms", Rule::Special(special::producer_request_timeout)),
    ("retries", Rule::Same),
    ("linger.ms", Rule::Same),
    ("batch.size", Rule::Special(special::batch_size)),
    ("buffer.memory", Rule::Special(special::buffer_memory)),
    ("max.request.size", Rule::Special(special::max_request_size)),
    ("max.block.ms", Rule::NoEffect("a task waits for room until it is stopped")),
    ("compression.type", Rule::Same),
    ("compression.gzip.level", Rule::Special(special::gzip_level)),
    ("compression.lz4.level", Rule::Special(special::lz4_level)),
    ("compression.zstd.level", Rule::Special(special::zstd_level)),
    ("partitioner.class", Rule::Special(special::partitioner_class)),
    ("partitioner.ignore.keys", Rule::Special(special::partitioner_ignore_keys)),
    ("partitioner.adaptive.partitioning.enable", Rule::NoEffect("librdkafka chooses among available partitions")),
    ("partitioner.availability.timeout.ms", Rule::NoEffect("librdkafka chooses among available partitions")),
    ("transactional.id", WORKERS),
    ("transaction.timeout.ms", Rule::Same),
    ("transaction.two.phase.commit.enable", Rule::Special(special::two_phase_commit)),
];

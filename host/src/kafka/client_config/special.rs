//! Keys whose values librdkafka spells differently, or where it has two keys or a narrower range.

use super::{Translation, Written, jaas};

type Outcome = Result<(), String>;

fn number(written: &Written) -> Result<i64, String> {
    written.value.parse().map_err(|_| "Not a number".to_owned())
}

pub(super) fn metadata_max_age(to: &mut Translation, written: &Written) -> Outcome {
    let age = number(written)?;
    to.set("topic.metadata.refresh.interval.ms", &age.clamp(10, 3_600_000).to_string());
    to.set("metadata.max.age.ms", &age.saturating_mul(3).clamp(10, 86_400_000).to_string());
    Ok(())
}

/// Java's -1 is librdkafka's 0: the system's default.
fn buffer(to: &mut Translation, written: &Written, native: &str) -> Outcome {
    to.set(native, &number(written)?.clamp(0, 100_000_000).to_string());
    Ok(())
}

pub(super) fn send_buffer(to: &mut Translation, written: &Written) -> Outcome {
    buffer(to, written, "socket.send.buffer.bytes")
}

pub(super) fn receive_buffer(to: &mut Translation, written: &Written) -> Outcome {
    buffer(to, written, "socket.receive.buffer.bytes")
}

pub(super) fn retry_backoff(to: &mut Translation, written: &Written) -> Outcome {
    to.set("retry.backoff.ms", &number(written)?.clamp(1, 300_000).to_string());
    Ok(())
}

pub(super) fn request_timeout(to: &mut Translation, written: &Written) -> Outcome {
    to.set("socket.timeout.ms", &number(written)?.clamp(10, 300_000).to_string());
    Ok(())
}

pub(super) fn producer_request_timeout(to: &mut Translation, written: &Written) -> Outcome {
    to.set("request.timeout.ms", &number(written)?.clamp(1, 900_000).to_string());
    request_timeout(to, written)
}

pub(super) fn max_idle(to: &mut Translation, written: &Written) -> Outcome {
    to.set("connections.max.idle.ms", &number(written)?.clamp(0, 2_147_483_647).to_string());
    Ok(())
}

pub(super) fn setup_timeout(to: &mut Translation, written: &Written) -> Outcome {
    to.set("socket.connection.setup.timeout.ms", &number(written)?.clamp(1000, 2_147_483_647).to_string());
    Ok(())
}

pub(super) fn security_protocol(to: &mut Translation, written: &Written) -> Outcome {
    to.set("security.protocol", &written.value.to_ascii_lowercase());
    Ok(())
}

pub(super) fn sasl_mechanism(to: &mut Translation, written: &Written) -> Outcome {
    match written.value.as_str() {
        mechanism @ ("PLAIN" | "SCRAM-SHA-256" | "SCRAM-SHA-512") => {
            to.set("sasl.mechanism", mechanism);
            Ok(())
        }
        _ => Err("Use PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512: others are not built in".to_owned()),
    }
}

pub(super) fn sasl_jaas(to: &mut Translation, written: &Written) -> Outcome {
    let login = jaas::parse(&written.value)?;
    to.set("sasl.username", &login.username);
    to.set("sasl.password", &login.password);
    Ok(())
}

pub(super) fn ssl_protocol(_: &mut Translation, written: &Written) -> Outcome {
    match written.value.as_str() {
        "TLS" | "TLSv1.2" | "TLSv1.3" => Ok(()),
        _ => Err("Use TLSv1.3: TLS 1.2 and 1.3 are spoken here".to_owned()),
    }
}

pub(super) fn ssl_enabled_protocols(_: &mut Translation, written: &Written) -> Outcome {
    let both = ["TLSv1.2", "TLSv1.3"].iter().all(|wanted| written.value.split(',').any(|one| one.trim() == *wanted));
    match both {
        true => Ok(()),
        false => Err("It can't be narrowed here. Use TLSv1.2,TLSv1.3, or restrict the broker".to_owned()),
    }
}

pub(super) fn ssl_cipher_suites(to: &mut Translation, written: &Written) -> Outcome {
    if written.value.contains("_WITH_") {
        return Err("Use OpenSSL's names, such as ECDHE-RSA-AES128-GCM-SHA256".to_owned());
    }
    if !written.value.is_empty() {
        to.set("ssl.cipher.suites", &written.value.replace(',', ":"));
    }
    Ok(())
}

pub(super) fn ssl_endpoint_identification(to: &mut Translation, written: &Written) -> Outcome {
    let native = match written.value.to_ascii_lowercase().as_str() {
        "" => "none",
        "https" => "https",
        _ => return Err("Use https, or an empty value to accept any host".to_owned()),
    };
    to.set("ssl.endpoint.identification.algorithm", native);
    Ok(())
}

pub(super) fn group_protocol(_: &mut Translation, written: &Written) -> Outcome {
    match written.value.to_ascii_lowercase().as_str() {
        "classic" => Ok(()),
        _ => Err("Sinks use classic groups. Use classic, or remove it".to_owned()),
    }
}

pub(super) fn max_poll_records(to: &mut Translation, written: &Written) -> Outcome {
    let records = usize::try_from(number(written)?).ok().filter(|records| *records > 0);
    to.max_poll_records = Some(records.ok_or("Value must be at least 1")?);
    Ok(())
}

/// Java's default, range with cooperative-sticky to move to, can't be mixed here: range is what such a
/// group uses.
pub(super) fn assignment_strategy(to: &mut Translation, written: &Written) -> Outcome {
    let names: Vec<&str> = written.value.split(',').map(|name| name.trim().rsplit('.').next().unwrap_or("")).collect();
    let native: Vec<&str> = names.iter().filter_map(|name| assignor(name)).collect();
    if native.len() != names.len() {
        return Err("Use RangeAssignor, RoundRobinAssignor or CooperativeStickyAssignor".to_owned());
    }
    let eager: Vec<&str> = native.iter().copied().filter(|name| *name != "cooperative-sticky").collect();
    let chosen = if eager.is_empty() { native } else { eager };
    to.set("partition.assignment.strategy", &chosen.join(","));
    Ok(())
}

fn assignor(name: &str) -> Option<&'static str> {
    match name {
        "RangeAssignor" | "range" => Some("range"),
        "RoundRobinAssignor" | "roundrobin" => Some("roundrobin"),
        "CooperativeStickyAssignor" | "cooperative-sticky" => Some("cooperative-sticky"),
        _ => None,
    }
}

pub(super) fn auto_commit(_: &mut Translation, written: &Written) -> Outcome {
    match written.value.as_str() {
        "false" => Ok(()),
        _ => Err("A sink commits what it has delivered. Use false, or remove it".to_owned()),
    }
}

pub(super) fn auto_offset_reset(to: &mut Translation, written: &Written) -> Outcome {
    let native = match written.value.to_ascii_lowercase().as_str() {
        "earliest" => "earliest",
        "latest" => "latest",
        "none" => "error",
        _ => return Err("Use earliest, latest or none".to_owned()),
    };
    to.set("auto.offset.reset", native);
    Ok(())
}

pub(super) fn batch_size(to: &mut Translation, written: &Written) -> Outcome {
    to.set("batch.size", &number(written)?.clamp(1, 2_147_483_647).to_string());
    Ok(())
}

pub(super) fn buffer_memory(to: &mut Translation, written: &Written) -> Outcome {
    to.set("queue.buffering.max.kbytes", &(number(written)? / 1024).clamp(1, 2_147_483_647).to_string());
    Ok(())
}

pub(super) fn max_request_size(to: &mut Translation, written: &Written) -> Outcome {
    to.set("message.max.bytes", &number(written)?.clamp(1000, 1_000_000_000).to_string());
    Ok(())
}

/// librdkafka's levels end at 12, which of Java's only LZ4 (17) and Zstandard (22) exceed.
fn level(to: &mut Translation, written: &Written, codec: &'static str) -> Outcome {
    to.compression_levels.insert(codec, number(written)?.clamp(-1, 12).to_string());
    Ok(())
}

pub(super) fn gzip_level(to: &mut Translation, written: &Written) -> Outcome {
    level(to, written, "gzip")
}

pub(super) fn lz4_level(to: &mut Translation, written: &Written) -> Outcome {
    level(to, written, "lz4")
}

pub(super) fn zstd_level(to: &mut Translation, written: &Written) -> Outcome {
    level(to, written, "zstd")
}

pub(super) fn partitioner_class(_: &mut Translation, written: &Written) -> Outcome {
    match written.value.rsplit('.').next() {
        Some("" | "DefaultPartitioner" | "BuiltInPartitioner") => Ok(()),
        _ => Err("No Java classes can be loaded here. Remove it for Kafka's default partitioner".to_owned()),
    }
}

pub(super) fn partitioner_ignore_keys(to: &mut Translation, written: &Written) -> Outcome {
    if written.value == "true" {
        to.set("partitioner", "random");
    }
    Ok(())
}

pub(super) fn two_phase_commit(_: &mut Translation, written: &Written) -> Outcome {
    match written.value.as_str() {
        "false" => Ok(()),
        _ => Err("It is not supported. Use false, or remove it".to_owned()),
    }
}

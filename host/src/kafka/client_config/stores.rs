//! The `ssl.keystore.*` and `ssl.truststore.*` keys: PEM and PKCS12 key stores, PEM trust stores.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;

use super::{Translation, Written};
use crate::config::Problem;

/// The first bytes of a Java key store of type JKS.
const JKS_MAGIC: [u8; 4] = [0xFE, 0xED, 0xFE, 0xED];

enum Format {
    Pem,
    Pkcs12,
}

/// Translates both stores.
///
/// # Errors
/// Names the key of a store that librdkafka can't read.
pub(super) fn translate(keys: &BTreeMap<String, Written>, to: &mut Translation) -> Result<(), Problem> {
    let copy = [
        ("ssl.keystore.key", "ssl.key.pem"),
        ("ssl.keystore.certificate.chain", "ssl.certificate.pem"),
        ("ssl.truststore.certificates", "ssl.ca.pem"),
    ];
    for (key, native) in copy {
        if let Some(written) = keys.get(key) {
            to.set(native, &written.value);
        }
    }
    key_store(keys, to)?;
    trust_store(keys, to)
}

fn key_store(keys: &BTreeMap<String, Written>, to: &mut Translation) -> Result<(), Problem> {
    if let Some(password) = keys.get("ssl.key.password") {
        to.set("ssl.key.password", &password.value);
    }
    let Some(location) = keys.get("ssl.keystore.location") else { return Ok(()) };
    match format(keys.get("ssl.keystore.type"), location)? {
        Format::Pem => {
            to.set("ssl.key.location", &location.value);
            to.set("ssl.certificate.location", &location.value);
        }
        Format::Pkcs12 => {
            to.set("ssl.keystore.location", &location.value);
            to.set("ssl.keystore.password", keys.get("ssl.keystore.password").map_or("", |password| &password.value));
        }
    }
    Ok(())
}

fn trust_store(keys: &BTreeMap<String, Written>, to: &mut Translation) -> Result<(), Problem> {
    let Some(location) = keys.get("ssl.truststore.location") else { return Ok(()) };
    match format(keys.get("ssl.truststore.type"), location)? {
        Format::Pem => {
            to.set("ssl.ca.location", &location.value);
            Ok(())
        }
        Format::Pkcs12 => Err(unreadable(
            location,
            "PKCS12 trust stores can't be read. Convert it: openssl pkcs12 -in STORE -nokeys -out ca.pem, and set \
             ssl.truststore.type=PEM",
        )),
    }
}

/// Finds out a store's format by its type, or where Java's default type JKS stands for several, by itself.
fn format(store_type: Option<&Written>, location: &Written) -> Result<Format, Problem> {
    match store_type.map(|written| written.value.to_ascii_uppercase()).as_deref() {
        Some("PEM") => return Ok(Format::Pem),
        Some("PKCS12") => return Ok(Format::Pkcs12),
        _ => {}
    }
    let mut start = [0; 4];
    let read = File::open(&location.value).and_then(|mut file| file.read_exact(&mut start));
    read.map_err(|error| unreadable(location, &error.to_string()))?;
    match start {
        JKS_MAGIC => Err(unreadable(
            location,
            "stores of type JKS can't be read. Convert it: keytool -importkeystore -srckeystore STORE -destkeystore \
             store.p12 -deststoretype PKCS12",
        )),
        [b'-', b'-', b'-', b'-'] => Ok(Format::Pem),
        _ => Ok(Format::Pkcs12),
    }
}

fn unreadable(location: &Written, why: &str) -> Problem {
    Problem::invalid(&location.key, &location.value, why)
}

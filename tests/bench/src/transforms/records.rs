//! The records, the same for both sides: 264 bytes of JSON each, alone or in an envelope with their schema.

use serde_json::{Value, json};

use super::cases::{Headers, Work};
use crate::sample;

/// The header that records have.
const HEADER: (&str, &str) = ("trace", "0123456789abcdef");

/// A record; all bytes are text.
pub(super) struct Record {
    pub(super) offset: i64,
    pub(super) key: Option<String>,
    pub(super) value: String,
    pub(super) headers: Vec<(&'static str, &'static str)>,
}

/// The topic of all records.
pub(super) const TOPIC: &str = "customers";

/// The first record's: 2026-11-23T08:30:00Z, in milliseconds. Each of the others is a second later.
pub(super) const TIMESTAMP: i64 = 1_795_422_600_000;

/// Makes the records of one batch.
pub(super) fn records(work: &Work) -> Vec<Record> {
    let schema = schema().to_string();
    let record = |(row, payload): (usize, Vec<u8>)| {
        let payload = String::from_utf8_lossy(&payload).into_owned();
        let has_header = match work.case.headers {
            Headers::None => false,
            Headers::Half => row % 2 == 0,
            Headers::All => true,
        };
        Record {
            offset: row as i64,
            key: (!work.case.makes_key).then(|| String::from_utf8_lossy(&sample::key(row)).into_owned()),
            value: if work.schemas { format!("{{\"schema\":{schema},\"payload\":{payload}}}") } else { payload },
            headers: if has_header { vec![HEADER] } else { Vec::new() },
        }
    };
    sample::shorter_values(sample::ROWS).into_iter().enumerate().map(record).collect()
}

/// What Kafka's side reads: the steps, how the bytes are converted, and the records.
pub(super) fn file(work: &Work) -> Value {
    let record = |record: Record| {
        json!({
            "topic": TOPIC, "timestamp": TIMESTAMP + record.offset * 1_000, "offset": record.offset, "key": record.key,
            "value": record.value, "headers": record.headers,
        })
    };
    json!({
        "steps": work.steps(), "schemas": work.schemas, "json-keys": work.case.makes_key,
        "records": records(work).into_iter().map(record).collect::<Vec<_>>(),
    })
}

/// The schema of the payloads, as Kafka's `JsonConverter` writes it.
fn schema() -> Value {
    let field = |name: &str, kind: &str| json!({ "type": kind, "optional": false, "field": name });
    let address = ["street", "city", "zip"].map(|name| field(name, "string"));
    json!({
        "type": "struct",
        "fields": [
            field("id", "int64"), field("name", "string"), field("email", "string"), field("ssn", "string"),
            field("phone", "string"), field("amount", "double"), field("active", "boolean"),
            field("created", "string"),
            { "type": "struct", "fields": address, "optional": false, "field": "address" },
            field("note", "string"),
        ],
        "optional": false,
        "name": "shop.Customer",
    })
}

#[cfg(test)]
mod tests {
    use super::super::cases::works;
    use super::*;

    #[test]
    fn payloads_have_the_size_that_the_page_tells_of_with_a_schema_and_without() {
        for work in works("MaskField") {
            for record in records(&work) {
                let tree: Value = serde_json::from_str(&record.value).unwrap();
                let payload = if work.schemas { tree["payload"].to_string() } else { record.value };
                assert_eq!(payload.len(), 264, "{payload}");
            }
        }
    }
}

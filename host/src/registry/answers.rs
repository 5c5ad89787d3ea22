//! What a registry's answers say. They are JSON, and may be anybody's.

use serde_json::Value;

use crate::pipeline::edges::{Reference, RegisteredSchema};

/// How many characters of a message are passed on.
const SHOWN: usize = 400;

/// Returns the id that an answer names.
///
/// # Errors
/// Says that it names none.
pub(super) fn id_of(body: &[u8]) -> Result<u32, String> {
    let json: Value = serde_json::from_slice(body).unwrap_or_default();
    let id = json.get("id").and_then(Value::as_u64).and_then(|id| u32::try_from(id).ok());
    id.ok_or_else(|| format!("the schema registry's answer has no id: {}", start(body)))
}

/// Returns the schema of an answer, whose id is `id` or in it.
///
/// # Errors
/// Says that there is none.
pub(super) fn schema_of(body: &[u8], id: Option<u32>) -> Result<RegisteredSchema, String> {
    let json: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = json.get("schema").and_then(Value::as_str);
    let text = text.ok_or_else(|| format!("the schema registry's answer has no schema: {}", start(body)))?;
    let reference = |reference: &Value| {
        let text = |key: &str| reference.get(key).and_then(Value::as_str).map(str::to_owned);
        let version = reference.get("version").and_then(Value::as_i64)?;
        Some(Reference { name: text("name").unwrap_or_default(), subject: text("subject")?, version })
    };
    let references = json.get("references").and_then(Value::as_array).into_iter().flatten();
    let references = references.map(reference).collect::<Option<_>>();
    Ok(RegisteredSchema {
        id: id.map_or_else(|| id_of(body), Ok)?,
        schema_type: json.get("schemaType").and_then(Value::as_str).unwrap_or("AVRO").to_owned(),
        text: text.to_owned(),
        references: references.ok_or("a reference of a schema has no subject or version")?,
    })
}

/// Returns the version that a subject has, of a list of subjects and versions.
pub(super) fn version_of(body: &[u8], subject: &str) -> Option<i64> {
    let json: Value = serde_json::from_slice(body).unwrap_or_default();
    let of = |entry: &&Value| entry.get("subject").and_then(Value::as_str) == Some(subject);
    json.as_array()?.iter().filter(of).filter_map(|entry| entry.get("version")?.as_i64()).max()
}

/// Returns what an error says.
pub(super) fn message(body: &[u8]) -> String {
    let json: Value = serde_json::from_slice(body).unwrap_or_default();
    match json.get("message").and_then(Value::as_str) {
        Some(message) => message.chars().take(SHOWN).collect(),
        None => start(body),
    }
}

fn start(body: &[u8]) -> String {
    String::from_utf8_lossy(body).chars().take(100).collect()
}

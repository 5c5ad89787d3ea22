//! The schemas of a task's rows, by id. Knows their JSON text and what types they ask for, but does not look
//! into values.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock};

use super::cbor::{Decimals, Nulls, Rules, Type, append_schema};
use super::columns::ValueKind;
use super::json::{DEPTH_LIMIT, append_quoted, elements, kind, last_member, members, trimmed_value, unescaped};

/// How many different schemas a task may meet.
const SCHEMA_LIMIT: usize = 100_000;
/// How many bytes their texts may have in all.
const BYTES_LIMIT: usize = 64 << 20;
/// How deep a schema's text may nest: struct fields and schemas in turn.
const DEPTH: usize = 100;
/// How long a schema's text may be.
const LENGTH_LIMIT: usize = 1 << 20;

/// Schemas in the JSON form of Kafka's `JsonConverter`; equal schemas have equal ids, from 1 on.
#[derive(Debug, Default)]
pub struct SchemaTable {
    ids: HashMap<Vec<u8>, u32>,
    schemas: Vec<Schema>,
    /// How many bytes their texts have.
    bytes: usize,
}

#[derive(Debug)]
struct Schema {
    text: Arc<[u8]>,
    name: String,
    parsed: Type,
    /// How it is written, once it was: nulls within defaults replaced or not, with decimals as bytes or as numbers.
    written: [[OnceLock<Arc<[u8]>>; 2]; 2],
}

impl SchemaTable {
    /// Returns the id of a schema, which is new where no equal one is known.
    ///
    /// # Errors
    /// Says what is wrong with the text.
    pub fn intern(&mut self, schema: &[u8]) -> Result<u32, String> {
        if schema.len() > LENGTH_LIMIT {
            return Err(format!("the schema has {} bytes; at most {LENGTH_LIMIT} are possible", schema.len()));
        }
        let text = trimmed_value(schema, DEPTH_LIMIT - DEPTH)
            .map_err(|problem| format!("the schema is no JSON: {problem}"))?;
        let mut canonical = Vec::with_capacity(text.len());
        append_canonical(text, &mut canonical, Missing::Required);
        if let Some(id) = self.ids.get(&canonical) {
            return Ok(*id);
        }
        let parsed = Type::parse(text)?;
        if self.schemas.len() >= SCHEMA_LIMIT {
            return Err(format!("there are more than {SCHEMA_LIMIT} different schemas"));
        }
        let bytes = self.bytes + text.len();
        if bytes > BYTES_LIMIT {
            return Err(format!("the schemas have more than {} MiB in all", BYTES_LIMIT >> 20));
        }
        let name = String::from_utf8_lossy(&string_of(text, b"type").unwrap_or_default()).into_owned();
        self.schemas.push(Schema { text: text.into(), name, parsed, written: Default::default() });
        self.bytes = bytes;
        let id = self.schemas.len() as u32;
        self.ids.insert(canonical, id);
        Ok(id)
    }

    /// Returns the JSON text of a schema.
    pub fn get(&self, id: u32) -> Option<Arc<[u8]>> {
        Some(Arc::clone(&self.schemas.get(id.checked_sub(1)? as usize)?.text))
    }

    /// Returns a schema as a tree of types.
    pub(super) fn parsed(&self, id: u32) -> Option<&Type> {
        Some(&self.schemas.get(id.checked_sub(1)? as usize)?.parsed)
    }

    /// Returns the name of a schema's type; none for no schema.
    pub(super) fn type_name(&self, id: u32) -> Option<&str> {
        Some(&self.schemas.get(id.checked_sub(1)? as usize)?.name)
    }

    /// Tells whether a schema has this id.
    pub(super) fn has(&self, id: u32) -> bool {
        id.checked_sub(1).is_some_and(|index| (index as usize) < self.schemas.len())
    }

    /// Returns the JSON text of a schema as `JsonConverter` writes it; none for no schema.
    pub(super) fn written(&self, id: u32, rules: Rules) -> Option<&[u8]> {
        let schema = self.schemas.get(id.checked_sub(1)? as usize)?;
        let [kept, replaced] = &schema.written;
        let [with_base64, with_numbers] = if rules.nulls == Nulls::Default { replaced } else { kept };
        let written = if rules.decimals == Some(Decimals::Numeric) { with_numbers } else { with_base64 };
        Some(written.get_or_init(|| as_written(&schema.text, &schema.parsed, rules)))
    }
}

/// Returns a schema's text as it came, if Java would write the same tree, and otherwise what it would write.
fn as_written(text: &Arc<[u8]>, schema: &Type, rules: Rules) -> Arc<[u8]> {
    let mut written = Vec::with_capacity(text.len());
    append_schema(text, schema, rules, &mut written);
    let canonical = |text: &[u8]| {
        let mut canonical = Vec::with_capacity(text.len());
        append_canonical(text, &mut canonical, Missing::Different);
        canonical
    };
    if canonical(text) == canonical(&written) { Arc::clone(text) } else { written.into() }
}

/// What a schema is that doesn't say whether it is optional.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Missing {
    /// The same as one that is required.
    Required,
    /// Another one.
    Different,
}

/// Returns the characters of a text member.
fn string_of(object: &[u8], name: &[u8]) -> Option<Vec<u8>> {
    let value = last_member(object, name)?.value_in(object);
    let inner = value.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    Some(unescaped(inner).into_owned())
}

/// Appends valid JSON so that texts that mean the same are the same: members sorted, without white space.
fn append_canonical(value: &[u8], out: &mut Vec<u8>, missing: Missing) {
    match kind(value) {
        ValueKind::Object => {
            let sorted: BTreeMap<Vec<u8>, &[u8]> = members(value)
                .map(|member| (unescaped(member.key_in(value)).into_owned(), member.value_in(value)))
                .collect();
            // A schema is required unless it says otherwise.
            let is_implied =
                |key: &[u8], value: &[u8]| missing == Missing::Required && key == b"optional" && value == b"false";
            let said = sorted.iter().filter(|(key, value)| !is_implied(key, value));
            out.push(b'{');
            for (key, value) in said {
                append_quoted(out, key);
                append_canonical(value, out, missing);
            }
            out.push(b'}');
        }
        ValueKind::Array => {
            out.push(b'[');
            for element in elements(value) {
                append_canonical(element, out, missing);
                out.push(b',');
            }
            out.push(b']');
        }
        ValueKind::Text => {
            append_quoted(out, &unescaped(value.get(1..value.len().saturating_sub(1)).unwrap_or_default()));
        }
        _ => out.extend_from_slice(value),
    }
}

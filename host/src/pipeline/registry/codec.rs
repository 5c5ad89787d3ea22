//! A converter with a registry: the schemas that are ready, by id and by row's schema, and the conversion of rows
//! with them. What makes them ready is in `prepare`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::format::{Conversion, ValueDecoder, ValueEncoder};
use super::wire;
use crate::config::converter::{RegistryConverter, SubjectName};
use crate::pipeline::batch::{Codec, Payload, SchemaTable};
use crate::pipeline::edges::SchemaRegistry;
use crate::record::Part;

/// A converter with a registry.
#[derive(Debug)]
pub struct RegistryCodec {
    pub(super) config: RegistryConverter,
    pub(super) conversion: Conversion,
    pub(super) part: Part,
    pub(super) registry: Arc<dyn SchemaRegistry>,
    ready: Mutex<Ready>,
}

/// The schemas that are ready. Those that can't be are kept for the batch at hand, with the reason.
#[derive(Debug, Default)]
pub(super) struct Ready {
    pub(super) decoders: HashMap<Written, Result<Arc<Decoder>, String>>,
    pub(super) encoders: HashMap<(String, u32), Result<Arc<Encoder>, String>>,
}

/// What a value was written with: a schema's id, and which of its messages.
pub(super) type Written = (u32, Vec<i32>);

/// What reads values that were written with the same.
#[derive(Debug)]
pub(super) struct Decoder {
    pub(super) values: Box<dyn ValueDecoder>,
    /// The id of the Connect schema in the task's table, 0 for none; once it is known.
    pub(super) schema: Mutex<Option<u32>>,
}

/// What writes values of one schema.
#[derive(Debug)]
pub(super) struct Encoder {
    pub(super) values: Box<dyn ValueEncoder>,
    /// The id in the registry.
    pub(super) id: u32,
}

impl RegistryCodec {
    /// Makes a converter of keys or values.
    pub fn new(config: RegistryConverter, part: Part, registry: Arc<dyn SchemaRegistry>) -> Self {
        let conversion = Conversion::new(config.format, &config.options);
        Self { config, conversion, part, registry, ready: Mutex::default() }
    }

    pub(super) fn ready(&self) -> MutexGuard<'_, Ready> {
        // A thread that died with it in hand can't have left it half-changed.
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a value apart.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub(super) fn split<'a>(&self, bytes: &'a [u8]) -> Result<(Written, &'a [u8]), String> {
        let (id, rest) = wire::split(bytes)?;
        let (message, value) = self.conversion.split(rest)?;
        Ok(((id, message), value))
    }

    /// Returns the subject of a topic's keys or values.
    ///
    /// # Errors
    /// Says that the schema has no name, where the subject is named after it.
    pub(super) fn subject(&self, topic: &str, record: Option<&str>) -> Result<String, String> {
        let part = match self.part {
            Part::Key => "key",
            Part::Value => "value",
        };
        let name = || {
            record.ok_or_else(|| {
                format!("{part}.subject.name.strategy names subjects after records, but this {part} is none")
            })
        };
        Ok(match self.config.subject {
            SubjectName::Topic => format!("{topic}-{part}"),
            SubjectName::Record => name()?.to_owned(),
            SubjectName::TopicRecord => format!("{topic}-{}", name()?),
        })
    }
}

impl Codec for RegistryCodec {
    fn decode(&self, bytes: &[u8], schemas: &mut SchemaTable, json: &mut Vec<u8>) -> Result<u32, String> {
        let (written, value) = self.split(bytes)?;
        let decoder = self.ready().decoders.get(&written).cloned();
        let (id, _) = written;
        let decoder = decoder.ok_or_else(|| format!("the schema of id {id} was not fetched"))??;
        decoder.values.decode(value, json).map_err(|problem| format!("the value of schema id {id}: {problem}"))?;
        let mut known = decoder.schema.lock().unwrap_or_else(PoisonError::into_inner);
        match (*known, decoder.values.schema()) {
            (Some(known), _) => Ok(known),
            (None, None) => Ok(0),
            (None, Some(text)) => Ok(*known.insert(schemas.intern(text)?)),
        }
    }

    fn encode(&self, payload: Payload<'_>, _schemas: &SchemaTable, bytes: &mut Vec<u8>) -> Result<(), String> {
        if payload.topic.is_empty() {
            return Err("The bytes for a schema registry are made once all steps are done; read the form json or cbor"
                .to_owned());
        }
        let key = (payload.topic.to_owned(), payload.schema);
        let encoder = self.ready().encoders.get(&key).cloned();
        let encoder = encoder.ok_or_else(|| format!("no schema was made ready for the topic {}", payload.topic))??;
        wire::start(encoder.id, bytes);
        encoder.values.encode(payload.json, bytes).map(drop)
    }

    fn registered(&self) -> Option<&RegistryCodec> {
        Some(self)
    }
}

//! A converter with a registry that is in this process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;

use super::RegistryCodec;
use crate::config::Properties;
use crate::config::converter::Converter;
use crate::pipeline::batch::{Batch, Codec as _, Content, Contents, NewRow, SchemaTable};
use crate::pipeline::edges::{RegisteredSchema, RegistryError, SchemaRegistry, SchemaText};
use crate::record::Part;

#[derive(Debug, Default)]
struct Fake(Mutex<HashMap<u32, String>>);

#[async_trait]
impl SchemaRegistry for Fake {
    async fn by_id(&self, id: u32) -> Result<RegisteredSchema, RegistryError> {
        let text = self.0.lock().unwrap().get(&id).cloned();
        let text = text.ok_or_else(|| RegistryError::Rejected(format!("no schema {id}")))?;
        Ok(RegisteredSchema { id, schema_type: "AVRO".to_owned(), text, references: Vec::new() })
    }

    async fn version(&self, _id: u32, _subject: &str) -> Result<Option<i64>, RegistryError> {
        Ok(Some(4))
    }

    async fn of_subject(&self, _subject: &str, _version: Option<i64>) -> Result<RegisteredSchema, RegistryError> {
        self.by_id(1).await
    }

    async fn register(&self, schema: SchemaText<'_>) -> Result<u32, RegistryError> {
        let mut known = self.0.lock().unwrap();
        let id = known.len() as u32 + 1;
        known.insert(id, schema.text.to_owned());
        Ok(id)
    }

    async fn look_up(&self, _schema: SchemaText<'_>) -> Result<u32, RegistryError> {
        Err(RegistryError::Rejected("not registered".to_owned()))
    }
}

fn codec(more: &[(&str, &str)]) -> RegistryCodec {
    let own = more.iter().map(|(key, value)| (format!("value.converter.{key}"), (*value).to_owned()));
    let fixed = [("value.converter", "AvroConverter"), ("value.converter.schema.registry.url", "http://r")];
    let fixed = fixed.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned()));
    let properties: Properties = own.chain(fixed).collect();
    let Ok(Some(Converter::Registry(avro))) = Converter::parse(&properties, "value.converter") else { panic!() };
    RegistryCodec::new(*avro, Part::Value, Arc::<Fake>::default())
}

#[test]
fn subjects_are_named_after_topics_or_records() {
    let strategy = |name| codec(&[("value.subject.name.strategy", name)]);

    assert_eq!(codec(&[]).subject("t", Some("a.R")), Ok("t-value".to_owned()));
    assert_eq!(strategy("RecordNameStrategy").subject("t", Some("a.R")), Ok("a.R".to_owned()));
    assert_eq!(strategy("TopicRecordNameStrategy").subject("t", Some("a.R")), Ok("t-a.R".to_owned()));
    assert!(strategy("RecordNameStrategy").subject("t", None).unwrap_err().contains("subject.name.strategy"));
}

#[test]
fn rows_whose_schema_was_not_fetched_are_rejected() {
    let codec = codec(&[]);
    let (mut schemas, mut json) = (SchemaTable::default(), Vec::new());

    assert!(codec.decode(b"{}", &mut schemas, &mut json).unwrap_err().starts_with("Unknown magic byte"));
    assert!(codec.decode(&[0, 0, 0, 0, 9, 1], &mut schemas, &mut json).unwrap_err().contains("id 9"));
}

#[test]
fn a_batch_tells_what_is_not_decoded_yet() {
    let contents = Contents { key: Content::Opaque, value: Content::Coded(Arc::new(codec(&[]))) };
    let mut batch = Batch::new(contents);
    for (offset, value) in [(0, Some(&[0, 0, 0, 0, 9, 1][..])), (1, None), (2, Some(b"x"))] {
        batch.push(NewRow { topic: "t", partition: 0, offset, timestamp: 0, key: None, value, headers: &[] });
    }
    let pending: Vec<_> = batch.undecoded(Part::Value).map(|(topic, bytes)| (topic, bytes.len())).collect();
    assert_eq!(pending, [("t", 6), ("t", 1)]);
    batch.decode();
    assert_eq!(batch.undecoded(Part::Value).count(), 0);
    assert_eq!(batch.rejected().map(|row| row.origin).collect::<Vec<_>>(), [0, 2]);
    assert_eq!(batch.live_rows(), 1, "a tombstone needs no schema");
}

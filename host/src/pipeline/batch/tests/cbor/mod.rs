//! Whole keys and values as CBOR.

mod hostile;
mod properties;
mod reads;
mod writes;

use std::fmt::Write as _;

use minicbor::data::Type as Item;
use minicbor::{Decoder, Encoder};

use super::*;

/// Shows CBOR in its diagnostic notation.
fn shown(cbor: &[u8]) -> String {
    let mut decoder = Decoder::new(cbor);
    let text = item(&mut decoder);
    assert_eq!(decoder.position(), cbor.len(), "{text}");
    text
}

fn item(decoder: &mut Decoder<'_>) -> String {
    match decoder.datatype().unwrap() {
        Item::Bool => decoder.bool().unwrap().to_string(),
        Item::Null => decoder.null().map(|()| "null".to_owned()).unwrap(),
        Item::F32 => format!("{:?}_2", decoder.f32().unwrap()),
        Item::F64 => format!("{:?}_3", decoder.f64().unwrap()),
        Item::String => format!("{:?}", decoder.str().unwrap()),
        Item::Bytes => decoder.bytes().unwrap().iter().fold("h".to_owned(), |mut text, byte| {
            write!(text, "{byte:02x}").unwrap();
            text
        }),
        Item::Tag => format!("{}({})", decoder.tag().unwrap().as_u64(), item(decoder)),
        Item::Array => {
            let items: Vec<_> = (0..decoder.array().unwrap().unwrap()).map(|_| item(decoder)).collect();
            format!("[{}]", items.join(", "))
        }
        Item::Map => {
            let count = decoder.map().unwrap().unwrap();
            let entries: Vec<_> = (0..count).map(|_| format!("{}: {}", item(decoder), item(decoder))).collect();
            format!("{{{}}}", entries.join(", "))
        }
        _ => i128::from(decoder.int().unwrap()).to_string(),
    }
}

/// A batch of these values, of which the first call is open.
fn open(content: Content, values: &[&str]) -> Batch {
    let mut batch = Batch::new(Contents { key: Content::Text, value: content });
    for (offset, value) in (0..).zip(values) {
        push(&mut batch, offset, Some(value.as_bytes()));
    }
    batch.open_call(Call::default()).unwrap();
    batch
}

fn read(content: Content, values: &[&str]) -> Vec<Result<String, i32>> {
    let column = open(content, values).read(Part::Value, Form::Cbor).unwrap();
    bytes_of(&column).into_iter().map(|row| row.map(|cbor| shown(&cbor))).collect()
}

/// What is read of one value with a schema; or why it is rejected.
fn typed(schema: &str, payload: &str) -> Result<String, String> {
    let envelope = format!("{{\"schema\":{schema},\"payload\":{payload}}}");
    let mut batch = open(Content::JSON_WITH_SCHEMA, &[&envelope]);
    if let Some(row) = batch.rejected().next() {
        return Err(row.rejection.reason.clone());
    }
    let column = batch.read(Part::Value, Form::Cbor).unwrap();
    bytes_of(&column).remove(0).map(|cbor| shown(&cbor)).map_err(|length| length.to_string())
}

fn bytes_of(column: &BytesColumn) -> Vec<Result<Vec<u8>, i32>> {
    let mut rest = &column.data[..];
    let mut row = |length: &i32| {
        let (bytes, behind) = rest.split_at(usize::try_from(*length).map_err(|_| *length)?);
        rest = behind;
        Ok(bytes.to_vec())
    };
    column.lengths.iter().map(&mut row).collect()
}

fn one(cbor: &[u8]) -> BytesColumn {
    BytesColumn { lengths: vec![cbor.len() as i32], data: cbor.to_vec() }
}

/// What a value becomes that is written over another: its JSON text for Kafka, or why not.
fn written(content: Content, schema: Option<&str>, cbor: &[u8]) -> Result<String, String> {
    let mut batch = open(
        content.clone(),
        &[if content == Content::JSON_WITH_SCHEMA { r#"{"schema":null,"payload":0}"# } else { "0" }],
    );
    let ids = schema.map(|schema| lock(batch.schema_table()).intern(schema.as_bytes()).unwrap());
    batch.set_schemas(Part::Value, vec![ids.unwrap_or(0)]).unwrap();
    batch.write(Part::Value, Form::Cbor, one(cbor)).map_err(|error| match error {
        BatchError::InvalidArgument(text) => text,
        BatchError::Unsupported(text) => format!("unsupported: {text}"),
    })?;
    batch.commit_call();
    let mut values = values_of(&mut batch);
    match rejections(&batch).pop() {
        Some((_, reason)) => Err(reason),
        None => Ok(values.remove(0).unwrap_or_else(|| "(tombstone)".to_owned())),
    }
}

/// What a value of this schema becomes, its payload only.
fn payload(schema: &str, cbor: &[u8]) -> Result<String, String> {
    let text = written(Content::JSON_WITH_SCHEMA, Some(schema), cbor)?;
    Ok(text.strip_prefix(&format!("{{\"schema\":{schema},\"payload\":")).unwrap().strip_suffix('}').unwrap().to_owned())
}

fn made(write: impl FnOnce(&mut Encoder<&mut Vec<u8>>)) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(&mut Encoder::new(&mut bytes));
    bytes
}

fn simple(name: &str) -> String {
    format!(r#"{{"type":"{name}","optional":false}}"#)
}

fn logical(type_name: &str, name: &str) -> String {
    format!(
        r#"{{"type":"{type_name}","optional":false,"name":"org.apache.kafka.connect.data.{name}","version":1,"parameters":{{"scale":"2"}}}}"#
    )
}

const ORDER: &str = concat!(
    r#"{"type":"struct","fields":[{"type":"int64","optional":false,"field":"id"},"#,
    r#"{"type":"string","optional":true,"field":"note"},"#,
    r#"{"type":"int32","optional":false,"default":7,"field":"count"}],"optional":false}"#
);

fn unhex(hex: &str) -> Vec<u8> {
    (0..hex.len() / 2).map(|index| u8::from_str_radix(&hex[index * 2..index * 2 + 2], 16).unwrap()).collect()
}

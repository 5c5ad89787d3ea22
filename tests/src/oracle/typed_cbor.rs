//! Connect's values in the form that guests read and write whole keys and values in, and schemas in the form that they
//! intern them in. Written from the WIT's words, without the host's own code: it is that which is under test.

use anyhow::{Context as _, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use indexmap::IndexMap;
use minicbor::data::{Int, Tag, Type as Item};
use minicbor::{Decoder, Encoder};
use num_bigint::{BigInt, Sign};
use serde_json::{Map, Value as Json, json};

use super::case::Nulls;
use super::compare;
use super::notation::{Datum, Decimal, Double, Field, Float, Schema, Struct, Type, Value};

const DAY_MS: i64 = 86_400_000;
const DECIMAL: &str = "org.apache.kafka.connect.data.Decimal";
const DATE: &str = "org.apache.kafka.connect.data.Date";
const TIME: &str = "org.apache.kafka.connect.data.Time";
const TIMESTAMP: &str = "org.apache.kafka.connect.data.Timestamp";

/// Reads JSON; numbers that aren't integers of 64 bits are objects with their text.
///
/// # Errors
/// When it isn't JSON.
pub fn json(text: &[u8]) -> Result<Json> {
    fn with_integers(json: Json) -> Json {
        match json {
            Json::Object(mut members) => match members.get("number").and_then(Json::as_str).map(str::parse::<i64>) {
                Some(Ok(integer)) if members.len() == 1 => Json::from(integer),
                _ => {
                    members.values_mut().for_each(|member| *member = with_integers(member.take()));
                    Json::Object(members)
                }
            },
            Json::Array(items) => items.into_iter().map(with_integers).collect(),
            other => other,
        }
    }
    compare::tree(text, compare::Bytes::Json).map(with_integers).context("no JSON")
}

/// Reads a schema in JSON as guests see it; the converter says what nulls within defaults are.
///
/// # Errors
/// When it isn't one.
pub fn schema(json: &Json, nulls: Nulls) -> Result<Schema> {
    let text = |key: &str| json.get(key).and_then(Json::as_str).map(str::to_owned);
    let inside =
        |key: &str| json.get(key).map(|inner| schema(inner, nulls)).transpose().map(|inner| inner.map(Box::new));
    let kind = match json["type"].as_str().context("no type")? {
        "float" => Type::Float32,
        "double" => Type::Float64,
        other => serde_json::from_value(json!(other))?,
    };
    let mut made =
        Schema { optional: json["optional"] == true, name: text("name"), doc: text("doc"), ..Schema::of(kind) };
    made.version = json.get("version").and_then(Json::as_i64).map(|version| version as i32);
    let parameters = json.get("parameters").and_then(Json::as_object).filter(|parameters| !parameters.is_empty());
    made.parameters = parameters.map(|parameters| {
        let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
        parameters.iter().map(|(key, value)| (key.clone(), text(value))).collect()
    });
    match kind {
        Type::Array => made.values = inside("items")?,
        Type::Map => (made.keys, made.values) = (inside("keys")?, inside("values")?),
        Type::Struct => {
            let fields = json["fields"].as_array().context("no fields")?.iter();
            let field = |json: &Json| {
                Ok(Field { name: json["field"].as_str().context("no name")?.to_owned(), schema: schema(json, nulls)? })
            };
            made.fields = Some(fields.map(field).collect::<Result<_>>()?);
        }
        _ => {}
    }
    made.default = json.get("default").and_then(|default| from_json(default, &made, nulls));
    Ok(made)
}

/// Reads a default.
fn from_json(json: &Json, schema: &Schema, nulls: Nulls) -> Value {
    let integer = || json.as_i64();
    let bytes = || STANDARD.decode(json.as_str()?).ok();
    Some(match (schema.kind, schema.name.as_deref()) {
        _ if json.is_null() && nulls == Nulls::Kept => return None,
        _ if json.is_null() => return schema.default.clone(),
        (Type::Bytes, Some(DECIMAL)) => match json.as_str() {
            Some(_) => decimal(&BigInt::from_signed_bytes_be(&bytes()?), scale(schema)),
            None => number(&number_text(json))?,
        },
        (Type::Int32, Some(DATE)) => Datum::Date(integer()? * DAY_MS),
        (Type::Int32, Some(TIME)) | (Type::Int64, Some(TIMESTAMP)) => Datum::Date(integer()?),
        (Type::Int8, _) => Datum::Int8(integer()? as i8),
        (Type::Int16, _) => Datum::Int16(integer()? as i16),
        (Type::Int32, _) => Datum::Int32(integer()? as i32),
        (Type::Int64, _) => Datum::Int64(integer()?),
        (Type::Float32, _) => Datum::Float32(Float(float(json)? as f32)),
        (Type::Float64, _) => Datum::Float64(Double(float(json)?)),
        (Type::Boolean, _) => Datum::Boolean(json.as_bool()?),
        (Type::String, _) => Datum::String(json.as_str()?.to_owned()),
        (Type::Bytes, _) => Datum::Bytes(bytes()?),
        (Type::Array, _) => {
            let items = schema.values.as_deref()?;
            Datum::List(json.as_array()?.iter().map(|item| from_json(item, items, nulls)).collect())
        }
        (Type::Map, _) => {
            let (keys, values) = (schema.keys.as_deref()?, schema.values.as_deref()?);
            Datum::Map(match json {
                Json::Object(members) => members
                    .iter()
                    .map(|(key, value)| (Some(Datum::String(key.clone())), from_json(value, values, nulls)))
                    .collect(),
                pairs => {
                    let pair = |pair: &Json| (from_json(&pair[0], keys, nulls), from_json(&pair[1], values, nulls));
                    pairs.as_array()?.iter().map(pair).collect()
                }
            })
        }
        (Type::Struct, _) => {
            let field = |field: &Field| (field.name.clone(), from_json(&json[&field.name], &field.schema, nulls));
            Datum::Struct(Struct { schema: None, fields: schema.fields().iter().map(field).collect() })
        }
    })
}

fn float(json: &Json) -> Option<f64> {
    match json.as_str() {
        Some("NaN") => Some(f64::NAN),
        Some("Infinity") => Some(f64::INFINITY),
        Some("-Infinity") => Some(f64::NEG_INFINITY),
        _ => number_text(json).parse().ok(),
    }
}

fn number_text(json: &Json) -> String {
    json["number"].as_str().map_or_else(|| json.to_string(), str::to_owned)
}

fn number(text: &str) -> Option<Datum> {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let places = mantissa.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let unscaled: BigInt = mantissa.replace('.', "").parse().ok()?;
    Some(decimal(&unscaled, i32::try_from(places).ok()? - exponent.parse::<i32>().ok()?))
}

fn decimal(unscaled: &BigInt, scale: i32) -> Datum {
    Datum::Decimal(Decimal { unscaled: unscaled.to_string(), scale })
}

fn scale(schema: &Schema) -> i32 {
    let scale = schema.parameters.as_ref().and_then(|parameters| parameters.get("scale")?.parse().ok());
    scale.unwrap_or_default()
}

/// Returns the JSON of a schema as a guest would intern it; none where its default can't be written.
pub fn schema_json(schema: &Schema) -> Option<Json> {
    let kind = match schema.kind {
        Type::Float32 => json!("float"),
        Type::Float64 => json!("double"),
        other => json!(other),
    };
    let mut json = Map::from_iter([("type".to_owned(), kind), ("optional".to_owned(), json!(schema.optional))]);
    let mut say = |key: &str, value: Option<Json>| {
        if let Some(value) = value {
            json.insert(key.to_owned(), value);
        }
    };
    say("name", schema.name.as_ref().map(|name| json!(name)));
    say("version", schema.version.map(|version| json!(version)));
    say("doc", schema.doc.as_ref().map(|doc| json!(doc)));
    say("parameters", schema.parameters.as_ref().map(|parameters| json!(parameters)));
    if let Some(default) = &schema.default {
        say("default", Some(to_json(default, schema)?));
    }
    if let Some(keys) = &schema.keys {
        say("keys", Some(schema_json(keys)?));
    }
    if let Some(values) = &schema.values {
        say(if schema.kind == Type::Map { "values" } else { "items" }, Some(schema_json(values)?));
    }
    if let Some(fields) = &schema.fields {
        let mut all = Vec::new();
        for field in fields {
            let mut json = schema_json(&field.schema)?;
            json.as_object_mut()?.insert("field".to_owned(), json!(field.name));
            all.push(json);
        }
        say("fields", Some(Json::Array(all)));
    }
    Some(Json::Object(json))
}

/// Returns the JSON of a default as Kafka writes it; none where it can't be.
fn to_json(datum: &Datum, schema: &Schema) -> Option<Json> {
    let inside = |value: &Value, schema: Option<&Schema>| match value {
        None => Some(Json::Null),
        Some(datum) => to_json(datum, schema?),
    };
    let special = |number: f64| match number {
        _ if number.is_nan() => Some(json!("NaN")),
        f64::INFINITY => Some(json!("Infinity")),
        f64::NEG_INFINITY => Some(json!("-Infinity")),
        _ => None,
    };
    Some(match datum {
        Datum::Boolean(truth) => json!(truth),
        Datum::Int8(number) => json!(number),
        Datum::Int16(number) => json!(number),
        Datum::Int32(number) => json!(number),
        Datum::Int64(number) => json!(number),
        Datum::Float32(number) => match special(f64::from(number.0)) {
            Some(special) => special,
            None => serde_json::from_str(&format!("{:?}", number.0)).ok()?,
        },
        Datum::Float64(number) => special(number.0).unwrap_or_else(|| json!(number.0)),
        Datum::String(text) => json!(text),
        Datum::Bytes(bytes) => json!(STANDARD.encode(bytes)),
        Datum::Date(millis) if schema.name.as_deref() == Some(DATE) && millis % DAY_MS == 0 => json!(millis / DAY_MS),
        Datum::Date(_) if schema.name.as_deref() == Some(DATE) => return None,
        Datum::Date(millis) => json!(millis),
        Datum::Decimal(decimal) if decimal.scale == scale(schema) => {
            json!(STANDARD.encode(decimal.unscaled.parse::<BigInt>().ok()?.to_signed_bytes_be()))
        }
        Datum::List(items) => {
            items.iter().map(|item| inside(item, schema.values.as_deref())).collect::<Option<Vec<_>>>()?.into()
        }
        Datum::Map(entries) if schema.keys.as_ref().is_some_and(|keys| keys.kind == Type::String) => {
            let mut map = Map::new();
            for (key, value) in entries {
                let Some(Datum::String(key)) = key else { return None };
                map.insert(key.clone(), inside(value, schema.values.as_deref())?);
            }
            Json::Object(map)
        }
        Datum::Map(entries) => {
            let pair = |(key, value): &(Value, Value)| {
                Some(json!([inside(key, schema.keys.as_deref())?, inside(value, schema.values.as_deref())?]))
            };
            entries.iter().map(pair).collect::<Option<Vec<_>>>()?.into()
        }
        _ => return None,
    })
}

/// Reads a value in the form `cbor`.
///
/// # Errors
/// When it isn't what the WIT says.
pub fn read(cbor: &[u8], schema: Option<&Schema>) -> Result<Value> {
    let mut decoder = Decoder::new(cbor);
    let value = item(&mut decoder, schema)?;
    if decoder.position() != cbor.len() {
        bail!("bytes behind the value");
    }
    Ok(value)
}

fn item(from: &mut Decoder<'_>, schema: Option<&Schema>) -> Result<Value> {
    if from.datatype()? == Item::Null {
        from.null()?;
        return Ok(None);
    }
    let Some(schema) = schema else { return untyped(from).map(Some) };
    Ok(Some(match (schema.kind, schema.name.as_deref()) {
        (Type::Bytes, Some(DECIMAL)) => {
            let (unscaled, scale) = tagged(from)?;
            decimal(&unscaled, scale)
        }
        (Type::Int32, Some(DATE)) => {
            expect(from, 100)?;
            Datum::Date(from.i64()? * DAY_MS)
        }
        (Type::Int32, Some(TIME)) => Datum::Date(from.i64()?),
        (Type::Int64, Some(TIMESTAMP)) => {
            expect(from, 1)?;
            match from.datatype()? {
                Item::F64 => Datum::Date((from.f64()? * 1_000.0).round() as i64),
                _ => Datum::Date(from.i64()? * 1_000),
            }
        }
        (Type::Int8, _) => Datum::Int8(from.i8()?),
        (Type::Int16, _) => Datum::Int16(from.i16()?),
        (Type::Int32, _) => Datum::Int32(from.i32()?),
        (Type::Int64, _) => Datum::Int64(from.i64()?),
        (Type::Float32, _) => Datum::Float32(Float(from.f32()?)),
        (Type::Float64, _) => Datum::Float64(Double(from.f64()?)),
        (Type::Boolean, _) => Datum::Boolean(from.bool()?),
        (Type::String, _) => Datum::String(from.str()?.to_owned()),
        (Type::Bytes, _) => Datum::Bytes(from.bytes()?.to_vec()),
        (Type::Array, _) => {
            let count = from.array()?.context("no length")?;
            Datum::List((0..count).map(|_| item(from, schema.values.as_deref())).collect::<Result<_>>()?)
        }
        (Type::Map, _) => {
            let count = from.map()?.context("no length")?;
            let (keys, values) = (schema.keys.as_deref(), schema.values.as_deref());
            Datum::Map((0..count).map(|_| Ok((item(from, keys)?, item(from, values)?))).collect::<Result<_>>()?)
        }
        (Type::Struct, _) => {
            let mut fields = IndexMap::new();
            for _ in 0..from.map()?.context("no length")? {
                let name = from.str()?.to_owned();
                let field = schema.fields().iter().find(|field| field.name == name).context("no such field")?;
                fields.insert(name, item(from, Some(&field.schema))?);
            }
            Datum::Struct(Struct { schema: None, fields })
        }
    }))
}

fn untyped(from: &mut Decoder<'_>) -> Result<Datum> {
    Ok(match from.datatype()? {
        Item::Bool => Datum::Boolean(from.bool()?),
        Item::F64 => Datum::Float64(Double(from.f64()?)),
        Item::String => Datum::String(from.str()?.to_owned()),
        Item::Bytes => Datum::Bytes(from.bytes()?.to_vec()),
        Item::Array => {
            let count = from.array()?.context("no length")?;
            Datum::List((0..count).map(|_| item(from, None)).collect::<Result<_>>()?)
        }
        Item::Map => {
            let count = from.map()?.context("no length")?;
            Datum::Map((0..count).map(|_| Ok((item(from, None)?, item(from, None)?))).collect::<Result<_>>()?)
        }
        Item::Tag if from.probe().tag()? == Tag::new(4) => {
            let (unscaled, scale) = tagged(from)?;
            // Java has doubles for these; they keep their digits here.
            Datum::Float64(Double(format!("{unscaled}e{}", -i64::from(scale)).parse()?))
        }
        // As in Java, of what is beyond a long the lowest bits.
        _ => {
            let integer = integer(from)?;
            let low = integer.to_signed_bytes_le();
            let fill = if integer.sign() == Sign::Minus { 0xff } else { 0 };
            let mut bytes = [fill; 8];
            bytes.iter_mut().zip(low).for_each(|(byte, low)| *byte = low);
            Datum::Int64(i64::from_le_bytes(bytes))
        }
    })
}

fn expect(from: &mut Decoder<'_>, tag: u64) -> Result<()> {
    match from.tag()?.as_u64() {
        found if found == tag => Ok(()),
        found => bail!("tag {found} for {tag}"),
    }
}

fn tagged(from: &mut Decoder<'_>) -> Result<(BigInt, i32)> {
    expect(from, 4)?;
    from.array()?;
    let exponent = from.i32()?;
    Ok((integer(from)?, -exponent))
}

fn integer(from: &mut Decoder<'_>) -> Result<BigInt> {
    if from.datatype()? != Item::Tag {
        return Ok(BigInt::from(i128::from(from.int()?)));
    }
    let tag = from.tag()?.as_u64();
    let magnitude = BigInt::from_bytes_be(Sign::Plus, from.bytes()?);
    match tag {
        2 => Ok(magnitude),
        3 => Ok(-magnitude - 1),
        other => bail!("tag {other}"),
    }
}

/// Writes a value in the form `cbor`, as a plugin would that has it; none where the form has no such value.
pub fn write(value: &Value, schema: Option<&Schema>) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    append(&mut bytes, value, schema)?;
    Some(bytes)
}

fn append(out: &mut Vec<u8>, value: &Value, schema: Option<&Schema>) -> Option<()> {
    let mut to = Encoder::new(&mut *out);
    let Some(datum) = value else { return to.null().map(drop).ok() };
    match datum {
        Datum::Boolean(truth) => drop(to.bool(*truth).ok()?),
        Datum::Int8(number) => drop(to.i8(*number).ok()?),
        Datum::Int16(number) => drop(to.i16(*number).ok()?),
        Datum::Int32(number) => drop(to.i32(*number).ok()?),
        Datum::Int64(number) => drop(to.i64(*number).ok()?),
        Datum::Float32(number) => drop(to.f32(number.0).ok()?),
        Datum::Float64(number) => drop(to.f64(number.0).ok()?),
        Datum::String(text) => drop(to.str(text).ok()?),
        Datum::Bytes(bytes) => drop(to.bytes(bytes).ok()?),
        Datum::Decimal(decimal) => {
            schema?;
            to.tag(Tag::new(4)).ok()?.array(2).ok()?.i32(decimal.scale.checked_neg()?).ok()?;
            append_integer(out, &decimal.unscaled.parse().ok()?)?;
        }
        Datum::Date(millis) => match schema?.name.as_deref() {
            Some(DATE) if millis % DAY_MS == 0 => drop(to.tag(Tag::new(100)).ok()?.i64(millis / DAY_MS).ok()?),
            Some(TIME) => drop(to.i64(*millis).ok()?),
            Some(TIMESTAMP) if millis % 1_000 == 0 => drop(to.tag(Tag::new(1)).ok()?.i64(millis / 1_000).ok()?),
            Some(TIMESTAMP) => {
                let seconds = *millis as f64 / 1_000.0;
                ((seconds * 1_000.0).round() as i64 == *millis).then_some(())?;
                to.tag(Tag::new(1)).ok()?.f64(seconds).ok()?;
            }
            _ => return None,
        },
        Datum::List(items) => {
            to.array(items.len() as u64).ok()?;
            items.iter().try_for_each(|item| append(out, item, schema.and_then(|schema| schema.values.as_deref())))?;
        }
        Datum::Map(entries) => {
            to.map(entries.len() as u64).ok()?;
            for (key, value) in entries {
                append(out, key, schema.and_then(|schema| schema.keys.as_deref()))?;
                append(out, value, schema.and_then(|schema| schema.values.as_deref()))?;
            }
        }
        Datum::Struct(Struct { schema: Some(_), .. }) | Datum::Utf16(_) | Datum::Other(_) => return None,
        Datum::Struct(Struct { schema: None, fields }) => {
            to.map(fields.len() as u64).ok()?;
            for (name, value) in fields {
                Encoder::new(&mut *out).str(name).ok()?;
                let field = schema?.fields().iter().find(|field| &field.name == name)?;
                append(out, value, Some(&field.schema))?;
            }
        }
    }
    Some(())
}

fn append_integer(out: &mut Vec<u8>, integer: &BigInt) -> Option<()> {
    let mut to = Encoder::new(out);
    if let Some(int) = i128::try_from(integer).ok().and_then(|integer| Int::try_from(integer).ok()) {
        return to.int(int).map(drop).ok();
    }
    let (tag, magnitude) = match integer.sign() {
        Sign::Minus => (3, (-integer - 1_u8).magnitude().to_bytes_be()),
        _ => (2, integer.magnitude().to_bytes_be()),
    };
    to.tag(Tag::new(tag)).ok()?.bytes(&magnitude).map(drop).ok()
}

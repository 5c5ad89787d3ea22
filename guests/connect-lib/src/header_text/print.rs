//! Values to texts, as `Values.convertToString`.

use airlock_sdk::data::{Field, Kind, Schema, Value};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{map_order, temporal};
use crate::java_number;

/// Prints what Kafka's converters made, whose maps are `HashMap`s.
pub(super) fn hashed(value: &Value, schema: Option<&Schema>) -> String {
    let mut printer = Printer { text: String::new(), order: map_order::hashed };
    printer.append(value, schema, Place::Top);
    printer.text
}

/// Prints what was parsed from a text, whose maps keep their order.
pub(super) fn linked(value: &Value) -> String {
    let mut printer = Printer { text: String::new(), order: |_| {} };
    printer.append(value, None, Place::Top);
    printer.text
}

type Entries<'a> = Vec<&'a (Value, Value)>;

/// Texts within others are quoted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Top,
    Within,
}

struct Printer {
    text: String,
    order: fn(&mut Entries<'_>),
}

impl Printer {
    fn append(&mut self, value: &Value, schema: Option<&Schema>, place: Place) {
        match value {
            Value::String(text) => self.append_text(text, place),
            Value::Bytes(bytes) => self.append_text(&STANDARD.encode(bytes), place),
            Value::Array(elements) => self.append_array(elements, schema),
            Value::Map(entries) => self.append_map(entries, schema),
            Value::Struct(values) => self.append_struct(values, schema.and_then(Schema::fields).unwrap_or_default()),
            scalar => self.text += &scalar_text(scalar),
        }
    }

    fn append_text(&mut self, text: &str, place: Place) {
        match place {
            Place::Top => self.text += text,
            Place::Within => {
                self.text.push('"');
                self.text += &text.replace('\\', "\\\\").replace('"', "\\\"");
                self.text.push('"');
            }
        }
    }

    fn append_array(&mut self, elements: &[Value], schema: Option<&Schema>) {
        let schema = schema.and_then(|schema| match &schema.kind {
            Kind::Array(elements) => Some(&**elements),
            _ => None,
        });
        self.text.push('[');
        for (index, element) in elements.iter().enumerate() {
            self.separate(index);
            self.append(element, schema, Place::Within);
        }
        self.text.push(']');
    }

    fn append_map(&mut self, entries: &[(Value, Value)], schema: Option<&Schema>) {
        let (keys, values) = match schema.map(|schema| &schema.kind) {
            Some(Kind::Map(keys, values)) => (Some(&**keys), Some(&**values)),
            _ => (None, None),
        };
        let mut entries: Entries<'_> = entries.iter().collect();
        (self.order)(&mut entries);
        self.text.push('{');
        for (index, (key, value)) in entries.into_iter().enumerate() {
            self.separate(index);
            self.append(key, keys, Place::Within);
            self.text.push(':');
            self.append(value, values, Place::Within);
        }
        self.text.push('}');
    }

    /// A null in a field with a default is the default here, whatever a transform's configuration says.
    fn append_struct(&mut self, values: &[Value], fields: &[Field]) {
        self.text.push('{');
        for (index, (field, value)) in fields.iter().zip(values).enumerate() {
            self.separate(index);
            self.append_text(&field.name, Place::Within);
            self.text.push(':');
            self.append(value.or_default(&field.schema), Some(&field.schema), Place::Within);
        }
        self.text.push('}');
    }

    fn separate(&mut self, index: usize) {
        if index > 0 {
            self.text.push(',');
        }
    }
}

fn scalar_text(value: &Value) -> String {
    match value {
        Value::Boolean(value) => value.to_string(),
        Value::Int8(number) => number.to_string(),
        Value::Int16(number) => number.to_string(),
        Value::Int32(number) => number.to_string(),
        Value::Int64(number) => number.to_string(),
        Value::Float32(number) => java_number::of_float(*number),
        Value::Float64(number) => java_number::of_double(*number),
        Value::Decimal(number) => number.to_string(),
        Value::Moment(millis) => temporal::text(*millis),
        _ => "null".to_owned(),
    }
}

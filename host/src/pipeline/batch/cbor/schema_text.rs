//! The JSON form of a schema as Kafka's `JsonConverter` writes it, whatever the text was that it came in.

use super::super::columns::ValueKind;
use super::super::json::{append_quoted, elements, kind, members, unescaped};
use super::append_json;
use super::check::{Decimals, Rules};
use super::types::{Fields, Kind, Nulls, Said, Type};

/// Appends a schema; `text` is the one that it was parsed from.
pub(in super::super) fn append_schema(text: &[u8], schema: &Type, rules: Rules, out: &mut Vec<u8>) {
    out.push(b'{');
    append_members(text, schema, rules, out);
    out.push(b'}');
}

fn append_members(text: &[u8], schema: &Type, rules: Rules, out: &mut Vec<u8>) {
    let said = Said::of(text);
    out.extend_from_slice(b"\"type\":");
    out.extend_from_slice(said.type_name.unwrap_or(b"null"));
    match &schema.kind {
        Kind::Array(items) => append_inside((b"items", said.items), items, rules, out),
        Kind::Map(inside) => {
            append_inside((b"keys", said.keys), &inside.0, rules, out);
            append_inside((b"values", said.values), &inside.1, rules, out);
        }
        Kind::Struct(fields) => append_fields(said.fields, fields, rules, out),
        _ => {}
    }
    out.extend_from_slice(if schema.optional { b",\"optional\":true" } else { b",\"optional\":false" });
    let texts = [(&b"name"[..], said.name), (b"version", said.version), (b"doc", said.doc)];
    for (name, value) in texts {
        let counts = |value: &&[u8]| match name {
            b"version" => kind(value) == ValueKind::Integer,
            _ => kind(value) == ValueKind::Text,
        };
        if let Some(value) = value.filter(counts) {
            append_member(name, out);
            out.extend_from_slice(value);
        }
    }
    if let Some(parameters) = said.parameters.filter(|value| kind(value) == ValueKind::Object) {
        append_parameters(parameters, out);
    }
    if let Some(default) = &schema.default {
        append_member(b"default", out);
        let cbor = if rules.nulls == Nulls::Default { &default.cbor } else { default.with_nulls() };
        let decimals = rules.decimals.unwrap_or(Decimals::Base64);
        // It was converted before, and is within the limits.
        append_json(cbor, Some((schema, decimals)), out, usize::MAX).unwrap_or_default();
    }
}

fn append_member(name: &[u8], out: &mut Vec<u8>) {
    out.push(b',');
    append_quoted(out, name);
    out.push(b':');
}

fn append_inside((name, text): (&[u8], Option<&[u8]>), schema: &Type, rules: Rules, out: &mut Vec<u8>) {
    append_member(name, out);
    append_schema(text.unwrap_or_default(), schema, rules, out);
}

fn append_fields(text: Option<&[u8]>, fields: &Fields, rules: Rules, out: &mut Vec<u8>) {
    append_member(b"fields", out);
    out.push(b'[');
    for (index, (text, field)) in elements(text.unwrap_or(b"[]")).zip(&fields.list).enumerate() {
        if index > 0 {
            out.push(b',');
        }
        out.push(b'{');
        append_members(text, &field.value, rules, out);
        append_member(b"field", out);
        append_quoted(out, field.name.as_bytes());
        out.push(b'}');
    }
    out.push(b']');
}

/// Appends parameters; where one is said twice, the last counts. A schema without any has none at all in Java.
fn append_parameters(parameters: &[u8], out: &mut Vec<u8>) {
    let name = |key: &[u8]| unescaped(key).into_owned();
    let all: Vec<_> = members(parameters).collect();
    let is_last = |index: usize| {
        let key = name(all.get(index).map(|member| member.key_in(parameters)).unwrap_or_default());
        all.iter().skip(index + 1).all(|later| name(later.key_in(parameters)) != key)
    };
    if all.is_empty() {
        return;
    }
    append_member(b"parameters", out);
    let mut open = b'{';
    for (_, member) in all.iter().enumerate().filter(|(index, _)| is_last(*index)) {
        out.push(std::mem::replace(&mut open, b','));
        append_quoted(out, &name(member.key_in(parameters)));
        out.push(b':');
        out.extend_from_slice(member.value_in(parameters));
    }
    out.push(b'}');
}

//! The yardsticks: the same edits in native code, without a batch and without a sandbox.

use serde_json::Value;

/// Parses, edits and writes a row by a tree: drops `phone`, masks `ssn`, inserts `source`.
pub(crate) fn tree(row: &[u8], out: &mut Vec<u8>) {
    let Ok(mut value) = serde_json::from_slice::<Value>(row) else { return };
    if let Some(fields) = value.as_object_mut() {
        fields.shift_remove("phone");
        if let Some(ssn) = fields.get_mut("ssn") {
            *ssn = Value::String("****".to_owned());
        }
        fields.insert("source".to_owned(), Value::String("web".to_owned()));
    }
    if serde_json::to_writer(&mut *out, &value).is_err() {
        out.clear();
    }
}

/// Does the same by one shallow pass over the bytes, which trusts that they are JSON.
pub(crate) fn scan(row: &[u8], out: &mut Vec<u8>) {
    out.push(b'{');
    let mut at = 1;
    while let Some((key, value, next)) = field(row, at) {
        match &row[key.0..key.1] {
            b"\"phone\"" => {}
            b"\"ssn\"" => append(out, &row[key.0..key.1], b"\"****\""),
            name => append(out, name, &row[value.0..value.1]),
        }
        at = next;
    }
    append(out, b"\"source\"", b"\"web\"");
    out.push(b'}');
}

/// Writes `email` in capitals, by a tree.
pub(crate) fn upper_tree(row: &[u8], out: &mut Vec<u8>) {
    let Ok(mut value) = serde_json::from_slice::<Value>(row) else { return };
    if let Some(Value::String(email)) = value.get_mut("email") {
        email.make_ascii_uppercase();
    }
    if serde_json::to_writer(&mut *out, &value).is_err() {
        out.clear();
    }
}

/// Does the same by one shallow pass over the bytes.
pub(crate) fn upper_scan(row: &[u8], out: &mut Vec<u8>) {
    out.push(b'{');
    let mut at = 1;
    while let Some((key, value, next)) = field(row, at) {
        append(out, &row[key.0..key.1], &row[value.0..value.1]);
        if &row[key.0..key.1] == b"\"email\"" {
            let written = out.len() - (value.1 - value.0);
            out[written..].make_ascii_uppercase();
        }
        at = next;
    }
    out.push(b'}');
}

fn append(out: &mut Vec<u8>, key: &[u8], value: &[u8]) {
    if out.last() != Some(&b'{') {
        out.push(b',');
    }
    out.extend_from_slice(key);
    out.push(b':');
    out.extend_from_slice(value);
}

type Span = (usize, usize);

/// Finds the next field at or after `at`: the spans of its key and value, and where to go on.
fn field(row: &[u8], at: usize) -> Option<(Span, Span, usize)> {
    let from = at + row[at..].iter().position(|byte| *byte == b'"')?;
    let key_end = string_end(row, from);
    let colon = key_end + row[key_end..].iter().position(|byte| *byte == b':')?;
    let value_end = value_end(row, colon + 1);
    Some(((from, key_end), (colon + 1, value_end), value_end + 1))
}

fn string_end(row: &[u8], quote: usize) -> usize {
    let mut at = quote + 1;
    while row[at] != b'"' {
        at += if row[at] == b'\\' { 2 } else { 1 };
    }
    at + 1
}

fn value_end(row: &[u8], from: usize) -> usize {
    let (mut at, mut depth) = (from, 0);
    loop {
        match row[at] {
            b'"' => at = string_end(row, at) - 1,
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth == 0 => return at,
            b'}' | b']' => depth -= 1,
            b',' if depth == 0 => return at,
            _ => {}
        }
        at += 1;
    }
}

//! The rows that are measured: 269 bytes of JSON, 10 fields, one nested object; and wide ones of 50 fields.

/// How many rows a batch has, where its size isn't what is measured.
pub(crate) const ROWS: usize = 500;

/// The size of a value, in bytes.
const BYTES: usize = 269;

/// The size of a wide value, in bytes.
const WIDE_BYTES: usize = 1_900;

/// Makes the values of one batch. After 500 rows they begin anew, so that all have one size.
pub(crate) fn values(rows: usize) -> Vec<Vec<u8>> {
    (0..rows).map(|row| padded(fields(row % ROWS, "as agreed"), BYTES)).collect()
}

/// Makes such values of 264 bytes, by a shorter note.
pub(crate) fn shorter_values(rows: usize) -> Vec<Vec<u8>> {
    (0..rows).map(|row| padded(fields(row % ROWS, "paid"), 264)).collect()
}

/// Makes values of 1.9 KB with 50 fields, among them those of the others, at the same relative places.
pub(crate) fn wide_values() -> Vec<Vec<u8>> {
    (0..ROWS).map(|row| padded(wide_fields(row), WIDE_BYTES)).collect()
}

/// Makes the key of a row, 12 bytes.
pub(crate) fn key(row: usize) -> Vec<u8> {
    format!("customer{row:04}").into_bytes()
}

/// The fields of a row, as JSON.
fn fields(row: usize, note: &str) -> Vec<String> {
    vec![
        format!("\"id\":{}", 100_000 + row),
        format!("\"name\":\"Ada Lovelace {row:03}\""),
        format!("\"email\":\"ada{row:03}@example.org\""),
        format!("\"ssn\":\"078-05-{row:04}\""),
        format!("\"phone\":\"+1-202-555-{row:04}\""),
        format!("\"amount\":{}.25", 100 + row),
        "\"active\":true".to_owned(),
        format!("\"created\":\"2026-11-23T08:30:{:02}Z\"", row % 60),
        format!("\"address\":{{\"street\":\"12 Analytical Way\",\"city\":\"London\",\"zip\":\"NW1 {row:03}\"}}"),
        format!("\"note\":\"{note}\""),
    ]
}

/// The same with four more in front of each: two texts and two numbers.
fn wide_fields(row: usize) -> Vec<String> {
    let mut wide = Vec::new();
    for (group, field) in fields(row, "as agreed").into_iter().enumerate() {
        wide.push(format!("\"first_text_{group}\":\"the first text of row {row:04}, a longer one\""));
        wide.push(format!("\"second_text_{group}\":\"the second text of row {row:04} says something else\""));
        wide.push(format!("\"count_{group}\":{}", row * group));
        wide.push(format!("\"measured_{group}\":{row}.{group}75"));
        wide.push(field);
    }
    wide
}

/// Writes an object of this size: a longer text at the end makes up for shorter numbers.
fn padded(fields: Vec<String>, size: usize) -> Vec<u8> {
    let mut bytes = format!("{{{}}}", fields.join(",")).into_bytes();
    while bytes.len() < size {
        bytes.insert(bytes.len() - 2, b'.');
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(values: &[Vec<u8>], bytes: usize, fields: usize) {
        for value in values {
            let tree: serde_json::Value = serde_json::from_slice(value).unwrap();
            assert_eq!((value.len(), tree.as_object().unwrap().len()), (bytes, fields));
        }
    }

    #[test]
    fn rows_have_the_size_and_the_fields_that_the_figures_tell_of() {
        check(&values(5_000), 269, 10);
        check(&shorter_values(5_000), 264, 10);
        check(&wide_values(), 1_900, 50);
    }
}

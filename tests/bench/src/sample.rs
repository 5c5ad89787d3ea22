//! The rows that are measured: 264 bytes of JSON, 10 fields, one nested object, as in earlier measurements.

/// How many rows a batch has.
pub(crate) const ROWS: usize = 500;

/// Makes the values of one batch.
pub(crate) fn values() -> Vec<Vec<u8>> {
    (0..ROWS).map(value).collect()
}

/// Makes the key of a row, 12 bytes.
pub(crate) fn key(row: usize) -> Vec<u8> {
    format!("customer{row:04}").into_bytes()
}

fn value(row: usize) -> Vec<u8> {
    let text = format!(
        "{{\"id\":{},\"name\":\"Ada Lovelace {row:03}\",\"email\":\"ada{row:03}@example.org\",\"ssn\":\"078-05-{:04}\",\
         \"phone\":\"+1-202-555-{:04}\",\"amount\":{}.25,\"active\":true,\"created\":\"2026-11-23T08:30:{:02}Z\",\
         \"address\":{{\"street\":\"12 Analytical Way\",\"city\":\"London\",\"zip\":\"NW1 {:03}\"}},\"note\":\"as agreed\"}}",
        100_000 + row,
        row,
        row,
        100 + row,
        row % 60,
        row,
    );
    // A longer note brings every row to the same size.
    let mut bytes = text.into_bytes();
    while bytes.len() < 264 {
        bytes.insert(bytes.len() - 2, b'.');
    }
    bytes
}

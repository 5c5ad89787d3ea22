//! Confluent's wire format: a zero byte, the schema's id in four bytes, big endian, then the value. Does not know
//! what a schema is.

/// The first byte.
const MAGIC: u8 = 0;

/// Takes a value apart: its schema's id, and its bytes.
///
/// # Errors
/// Says what is wrong with it.
pub(crate) fn split(bytes: &[u8]) -> Result<(u32, &[u8]), String> {
    match bytes {
        [MAGIC, a, b, c, d, rest @ ..] => Ok((u32::from_be_bytes([*a, *b, *c, *d]), rest)),
        [MAGIC, ..] => Err(format!("Unknown magic byte! It has {} bytes, too few for a schema id", bytes.len())),
        [] => Err("Unknown magic byte! It is empty".to_owned()),
        [other, ..] => Err(format!(
            "Unknown magic byte! It starts with {other:#04x} where the wire format of a schema registry has 0x00"
        )),
    }
}

/// Appends what stands before a value.
pub(crate) fn start(id: u32, out: &mut Vec<u8>) {
    out.push(MAGIC);
    out.extend_from_slice(&id.to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_before_a_value_is_taken_off() {
        let mut bytes = Vec::new();
        start(0x0102_0304, &mut bytes);
        bytes.push(7);

        assert_eq!(bytes[..5], [0, 1, 2, 3, 4]);
        assert_eq!(split(&bytes), Ok((0x0102_0304, &[7][..])));
    }

    #[test]
    fn other_bytes_are_refused() {
        for bytes in [&b""[..], b"\0\0\0\0", b"{}", b"\x01\0\0\0\x01a"] {
            assert!(split(bytes).unwrap_err().starts_with("Unknown magic byte!"), "{bytes:?}");
        }
    }
}

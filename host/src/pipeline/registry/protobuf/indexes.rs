//! Which message of a file a value is: its place among the file's messages, then among those inside, as Confluent
//! writes it between the schema's id and the message.

/// How deep messages may nest; protox refuses more.
const DEPTH: i64 = 32;

/// Takes the place off a value.
///
/// # Errors
/// Says what is wrong with it.
pub(crate) fn split(bytes: &[u8]) -> Result<(Vec<i32>, &[u8]), String> {
    let mut rest = bytes;
    let count = integer(&mut rest)?;
    if count == 0 {
        // The first message, the usual one, has one byte only.
        return Ok((vec![0], rest));
    }
    if !(0..=DEPTH).contains(&count) {
        return Err(format!("the message index can't have {count} numbers"));
    }
    let mut indexes = Vec::new();
    for _ in 0..count {
        let index = integer(&mut rest)?;
        indexes.push(i32::try_from(index).map_err(|_| format!("the message index can't have the number {index}"))?);
    }
    Ok((indexes, rest))
}

/// Appends a place.
pub(super) fn append(indexes: &[i32], out: &mut Vec<u8>) {
    let mut put = |number: i64| prost::encoding::encode_varint((number << 1 ^ number >> 63) as u64, out);
    if indexes == [0] {
        return put(0);
    }
    put(indexes.len() as i64);
    indexes.iter().for_each(|index| put((*index).into()));
}

fn integer(rest: &mut &[u8]) -> Result<i64, String> {
    let number = prost::encoding::decode_varint(rest).map_err(|_| "the message index ends too early".to_owned())?;
    Ok((number >> 1) as i64 ^ -((number & 1) as i64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_appended_is_split() {
        for (indexes, bytes) in [(&[0][..], &b"\0"[..]), (&[7], b"\x02\x0e"), (&[1, 0, 300], b"\x06\x02\0\xd8\x04")] {
            let mut out = Vec::new();
            append(indexes, &mut out);
            assert_eq!(out, bytes);
            out.push(9);
            assert_eq!(split(&out), Ok((indexes.to_vec(), &[9][..])));
        }
    }

    #[test]
    fn impossible_places_are_refused() {
        for bytes in [&b""[..], b"\x02", b"\x01", b"\x82\x01", b"\x02\xff\xff\xff\xff\xff\xff\xff\x01"] {
            assert!(split(bytes).unwrap_err().starts_with("the message index"), "{bytes:?}");
        }
    }
}

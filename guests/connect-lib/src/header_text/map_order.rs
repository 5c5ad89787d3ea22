//! The order in which a `java.util.HashMap` gives its entries: texts of maps show it.

use airlock_sdk::data::Value;

/// Sorts the entries of a map as a `HashMap` does into which they were put one by one: by their hash's place in a
/// table that is at most three quarters full. Where keys have no hash of their own in Java, as byte arrays, or
/// one that isn't worked out here, the order stays.
pub(super) fn hashed(entries: &mut Vec<&(Value, Value)>) {
    let mut places = (entries.len() * 4).div_ceil(3).next_power_of_two().max(16);
    if entries.len() * 4 > places * 3 {
        places *= 2;
    }
    let place = |hash: i32| (hash.cast_unsigned() ^ (hash.cast_unsigned() >> 16)) as usize & (places - 1);
    let hashes: Option<Vec<usize>> = entries.iter().map(|(key, _)| hash(key).map(place)).collect();
    if let Some(hashes) = hashes {
        let mut placed: Vec<_> = hashes.into_iter().zip(entries.drain(..)).collect();
        placed.sort_by_key(|(place, _)| *place);
        entries.extend(placed.into_iter().map(|(_, entry)| entry));
    }
}

/// Returns a key's `hashCode`.
fn hash(key: &Value) -> Option<i32> {
    let fold = |bits: i64| (bits ^ (bits.cast_unsigned() >> 32).cast_signed()) as i32;
    Some(match key {
        Value::Null => 0,
        Value::Boolean(key) => {
            if *key {
                1231
            } else {
                1237
            }
        }
        Value::Int8(key) => i32::from(*key),
        Value::Int16(key) => i32::from(*key),
        Value::Int32(key) => *key,
        Value::Int64(key) | Value::Moment(key) => fold(*key),
        Value::Float32(key) => {
            if key.is_nan() {
                0x7fc0_0000
            } else {
                key.to_bits().cast_signed()
            }
        }
        Value::Float64(key) if key.is_nan() => 0x7ff8_0000,
        Value::Float64(key) => fold(key.to_bits().cast_signed()),
        Value::String(key) => {
            key.encode_utf16().fold(0, |hash: i32, unit| hash.wrapping_mul(31).wrapping_add(unit.into()))
        }
        _ => return None,
    })
}

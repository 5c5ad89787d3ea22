//! Confluent's names: of types, parameters and entries of maps, and how invalid ones are made valid.

/// Prefixes of the parameters, and names, by which Connect's schemas tell what only Protobuf knows.
pub(super) const ENUM: &str = "io.confluent.connect.protobuf.Enum";
pub(super) const UNION: &str = "io.confluent.connect.protobuf.Union";
pub(super) const TAG: &str = "io.confluent.connect.protobuf.Tag";
pub(super) const TYPE: &str = "io.confluent.connect.protobuf.Type";
pub(super) const WRAPPER: &str = "io.confluent.connect.protobuf.Wrapper";
pub(super) const GENERAL_UNION: &str = "org.apache.kafka.connect.data.Union";
pub(super) const GENERAL_ENUM: &str = "org.apache.kafka.connect.data.Enum";
pub(super) const VARIANT: &str = "org.apache.kafka.connect.data.Variant";
pub(super) const PRECISION: &str = "connect.decimal.precision";
/// What fields of integers tell of narrower ones.
pub(super) const CONNECT_TYPE: &str = "connect.type";
/// What schemas without a name are called, with a number behind it.
pub(super) const DEFAULT: &str = "ConnectDefault";

/// Messages of logical types.
pub(super) const DECIMAL_MESSAGE: &str = "confluent.type.Decimal";
pub(super) const VARIANT_MESSAGE: &str = "confluent.type.Variant";
pub(super) const DATE_MESSAGE: &str = "google.type.Date";
pub(super) const TIME_MESSAGE: &str = "google.type.TimeOfDay";
pub(super) const TIMESTAMP_MESSAGE: &str = "google.protobuf.Timestamp";

/// What the messages of maps' entries end with.
const ENTRY: &str = "Entry";

/// Returns the name of a map's entry.
pub(super) fn map_entry(name: &str) -> String {
    let camel = match name.contains('_') {
        true => name.split('_').map(capitalized).collect(),
        false => name.to_owned(),
    };
    camel + ENTRY
}

fn capitalized(word: &str) -> String {
    let lower = word.to_ascii_lowercase();
    let mut letters = lower.chars();
    letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
}

/// Returns the name of a map, from its entry's.
pub(super) fn map_field(entry: &str) -> String {
    let (package, last) = entry.rsplit_once('.').map_or(("", entry), |(package, last)| (package, last));
    let Some(camel) = last.strip_suffix(ENTRY) else { return entry.to_owned() };
    let mut name = String::new();
    for (index, letter) in camel.char_indices() {
        if index > 0 && letter.is_ascii_uppercase() {
            name.push('_');
        }
        name.push(letter.to_ascii_lowercase());
    }
    if package.is_empty() { name } else { format!("{package}.{name}") }
}

/// Tells whether a message of this name can be a map's entry.
pub(super) fn is_map_entry(name: &str) -> bool {
    name.ends_with(ENTRY)
}

/// Returns what is behind the last dot.
pub(super) fn unqualified(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(_, last)| last)
}

/// Replaces what a name can't have, as Confluent does: percent-encoded, with `_` for each sign.
pub(super) fn scrubbed(name: &str) -> String {
    let fine = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let wrong_start = |name: &str| name.starts_with(|first: char| first.is_ascii_digit() || first == '_');
    if name.bytes().all(fine) && !wrong_start(name) {
        return name.to_owned();
    }
    let mut encoded: String = url::form_urlencoded::byte_serialize(name.as_bytes()).collect();
    if wrong_start(&encoded) {
        encoded.insert(0, 'x');
    }
    encoded.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_and_their_entries_are_named_after_each_other() {
        for (name, entry) in [("m", "mEntry"), ("my_map", "MyMapEntry"), ("A_bC", "ABcEntry"), ("Deep", "DeepEntry")] {
            assert_eq!(map_entry(name), entry);
        }
        assert_eq!(map_field("a.B.MyMapEntry"), "a.B.my_map");
        assert_eq!(map_field("ConnectDefault2Entry"), "connect_default2");
        assert_eq!(map_field("Other"), "Other");
    }

    #[test]
    fn invalid_names_are_scrubbed() {
        for (name, fine) in
            [("a_1", "a_1"), ("1a", "x1a"), ("_a", "x_a"), ("a-b c", "a_b_c"), ("é", "_C3_A9"), ("", "")]
        {
            assert_eq!(scrubbed(name), fine, "{name}");
        }
    }
}

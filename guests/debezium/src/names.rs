//! Names of schemas and fields, made fit for Avro.

use connect_lib::java_number;

use crate::choice::Choice;

/// How names are adjusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Adjustment {
    /// Not at all.
    None,
    /// Underscores stand for what Avro doesn't allow.
    Avro,
    /// An underscore, `u` and the number in hexadecimal digits stand for what Avro doesn't allow, and for underscores.
    AvroUnicode,
}

const VALUES: &[(&str, Adjustment)] =
    &[("none", Adjustment::None), ("avro", Adjustment::Avro), ("avro_unicode", Adjustment::AvroUnicode)];

/// The key for names of schemas.
pub(crate) const SCHEMA_NAMES: Choice<Adjustment> = Choice { key: "schema.name.adjustment.mode", values: VALUES };
/// The key for names of fields.
pub(crate) const FIELD_NAMES: Choice<Adjustment> = Choice { key: "field.name.adjustment.mode", values: VALUES };

/// What is named: a schema's name may hold points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    Schema,
    Field,
}

impl Adjustment {
    /// Returns the name to use instead.
    pub(crate) fn adjust(self, name: &str, named: Named) -> String {
        if self == Adjustment::None {
            return name.to_owned();
        }
        let mut adjusted = String::with_capacity(name.len());
        // By Java's characters, of 16 bits.
        for (at, unit) in name.encode_utf16().enumerate() {
            match u8::try_from(unit).ok().map(char::from).filter(|letter| self.allows(*letter, named, at)) {
                Some(letter) => adjusted.push(letter),
                None => self.replace(unit, at, &mut adjusted),
            }
        }
        adjusted
    }

    fn allows(self, letter: char, named: Named, at: usize) -> bool {
        let begins = letter.is_ascii_alphabetic() || (letter == '_' && self == Adjustment::Avro);
        let point = letter == '.' && named == Named::Schema;
        begins || (at > 0 && (letter.is_ascii_digit() || point))
    }

    fn replace(self, unit: u16, at: usize, adjusted: &mut String) {
        if self == Adjustment::AvroUnicode {
            // Three digits stay three, in Debezium too.
            let padding = if unit < 0x100 { "00" } else { "" };
            adjusted.push_str(&format!("_u{padding}{unit:x}"));
            return;
        }
        adjusted.push('_');
        let letter = char::from_u32(unit.into()).unwrap_or_default();
        if at == 0 && java_number::digit(letter).is_some() {
            adjusted.push(letter);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_avro_does_not_allow_is_replaced() {
        let schema = |adjustment: Adjustment, name| adjustment.adjust(name, Named::Schema);
        assert_eq!(schema(Adjustment::None, "a-b"), "a-b");
        assert_eq!(schema(Adjustment::Avro, "1db.a-b.Ä_x.Value"), "_1db.a_b.__x.Value");
        assert_eq!(schema(Adjustment::Avro, ".a"), "_a");
        assert_eq!(schema(Adjustment::AvroUnicode, "a-b_c.Value"), "a_u002db_u005fc.Value");
        assert_eq!(Adjustment::Avro.adjust("a.b", Named::Field), "a_b");
        assert_eq!(Adjustment::AvroUnicode.adjust("a.b\t", Named::Field), "a_u002eb_u009");
    }
}

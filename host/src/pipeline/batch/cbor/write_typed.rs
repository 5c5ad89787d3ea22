//! From CBOR that a guest wrote to JSON text with a schema: what `JsonConverter.convertToJson` makes of such a
//! value, once it is known to be one.

use minicbor::data::Type as Item;

use super::check::Decimals;
use super::decimal::{DECIMAL, MOST_BYTES, TOO_LONG, append_as_java, append_decimal_as_java, append_shown, not_finite};
use super::fault::{Fault, shown};
use super::into_json::IntoJson;
use super::read_typed::{DAY, DAYS, SECONDS, milliseconds_of};
use super::reader::{Reader, is_integer};
use super::types::{Fields, Kind, Type};

impl IntoJson<'_> {
    /// Appends the next item, as its schema says.
    pub(super) fn typed(&mut self, schema: &Type) -> Result<(), Fault> {
        self.check_room(0)?;
        if self.reader.take_null()? {
            return self.without_value(schema);
        }
        match &schema.kind {
            Kind::Boolean => self.boolean(),
            Kind::Int8 => self.int((i8::MIN.into(), i8::MAX.into())),
            Kind::Int16 => self.int((i16::MIN.into(), i16::MAX.into())),
            Kind::Int32 => self.int((i32::MIN.into(), i32::MAX.into())),
            Kind::Int64 => self.int((i64::MIN, i64::MAX)),
            Kind::Time => self.int((0, DAY)),
            Kind::Date => {
                self.reader.expect_tag(DAYS, "a Date: tag 100 with the days since 1970")?;
                self.int((i32::MIN.into(), i32::MAX.into()))
            }
            Kind::Timestamp => self.timestamp(),
            Kind::Float => self.float(),
            Kind::Double => self.double(),
            Kind::Text => self.string(),
            Kind::Bytes => self.base64(),
            Kind::Decimal { scale } => self.decimal(*scale),
            Kind::Array(items) => self.array(|this| this.typed(items)),
            Kind::Map(inside) if inside.0.kind.is_text() => self.map(|this| this.typed(&inside.1)),
            Kind::Map(inside) => self.pairs((&inside.0, &inside.1)),
            Kind::Struct(fields) => self.structure(fields),
        }
    }

    /// Appends what stands for null.
    fn without_value(&mut self, schema: &Type) -> Result<(), Fault> {
        // Whether the default stands for it is the converter's matter.
        if !schema.optional && !schema.has_default() {
            return Err(Fault::new("there is no value for a required field"));
        }
        self.out.extend_from_slice(b"null");
        Ok(())
    }

    fn int(&mut self, limits: (i64, i64)) -> Result<(), Fault> {
        let integer = self.reader.integer_within(limits)?;
        append_shown(format_args!("{integer}"), self.out);
        Ok(())
    }

    fn timestamp(&mut self) -> Result<(), Fault> {
        let expected = "a Timestamp: tag 1 with the seconds since 1970";
        self.reader.expect_tag(SECONDS, expected)?;
        let milliseconds = match self.reader.item()? {
            item if is_integer(item) => {
                let seconds = self.reader.integer()?;
                seconds.checked_mul(1_000).and_then(|milliseconds| i64::try_from(milliseconds).ok())
            }
            Item::F16 | Item::F32 | Item::F64 => milliseconds_of(self.reader.float()?),
            _ => return Err(self.reader.expected(expected)),
        };
        let milliseconds = milliseconds.ok_or_else(|| Fault::expected("a Timestamp", "one beyond 64 bits"))?;
        append_shown(format_args!("{milliseconds}"), self.out);
        Ok(())
    }

    /// Appends a number that single precision holds. Some languages tell neither singles from doubles nor whole
    /// numbers from integers, so that any CBOR number will do.
    fn float(&mut self) -> Result<(), Fault> {
        let number = self.any_number()?;
        let single = number as f32;
        if f64::from(single) != number && !number.is_nan() {
            let found = format!("{number:?}, which needs a double");
            return Err(Fault::expected("a number of single precision", &found));
        }
        match not_finite(number) {
            Some(name) => self.out.extend_from_slice(name),
            None => append_as_java(single, number.abs(), self.out),
        }
        Ok(())
    }

    fn double(&mut self) -> Result<(), Fault> {
        let number = self.any_number()?;
        match not_finite(number) {
            Some(name) => self.out.extend_from_slice(name),
            None => append_as_java(number, number.abs(), self.out),
        }
        Ok(())
    }

    fn any_number(&mut self) -> Result<f64, Fault> {
        if !is_integer(self.reader.item()?) {
            return self.reader.float();
        }
        let integer = self.reader.integer()?;
        let number = integer as f64;
        if number as i128 != integer {
            return Err(Fault::expected("a number that a double holds", &format!("the integer {integer}")));
        }
        Ok(number)
    }

    fn decimal(&mut self, scale: i32) -> Result<(), Fault> {
        self.reader.expect_tag(DECIMAL, "a Decimal: tag 4 with an exponent and an integer")?;
        let unscaled = self.reader.tagged_decimal()?.at_scale(scale);
        let unscaled =
            unscaled.ok_or_else(|| Fault::new(format!("the schema's Decimal can't hold it at scale {scale}")))?;
        if self.decimals == Decimals::Numeric {
            append_decimal_as_java(&unscaled, scale, self.out);
            return self.check_room(0);
        }
        let bytes = unscaled.to_signed_bytes_be();
        if bytes.len() > MOST_BYTES {
            return Err(Fault::new(TOO_LONG));
        }
        self.append_base64(&bytes)
    }

    /// Appends a map that is an array of pairs in JSON.
    fn pairs(&mut self, (keys, values): (&Type, &Type)) -> Result<(), Fault> {
        let mut left = self.reader.map()?;
        self.out.push(b'[');
        let first = self.entries.len();
        while self.reader.goes_on(&mut left)? {
            self.comma((self.entries.len() - first) as u64);
            let start = self.out.len();
            self.out.push(b'[');
            self.typed(keys).map_err(|fault| fault.in_field("a map's key"))?;
            self.note_key(start)?;
            self.out.push(b',');
            self.typed(values).map_err(|fault| fault.in_field("a map's value"))?;
            self.out.push(b']');
        }
        self.close(first);
        self.out.push(b']');
        Ok(())
    }

    /// Appends a struct: its fields in the schema's order, whatever theirs was.
    fn structure(&mut self, fields: &Fields) -> Result<(), Fault> {
        let first = self.places.len();
        self.places.resize(first + fields.list.len(), None);
        let mut left = self.reader.map()?;
        let mut likely = 0;
        while self.reader.goes_on(&mut left)? {
            let index = field(&mut self.reader, fields, likely)?;
            likely = index + 1;
            // Of a repeated key the last counts.
            if let Some(place) = self.places.get_mut(first + index) {
                *place = Some(self.reader.position());
            }
            self.reader.skip(0)?;
        }
        let end = self.reader.position();
        self.out.push(b'{');
        for (index, field) in fields.list.iter().enumerate() {
            self.comma(index as u64);
            self.check_room(field.json.len())?;
            self.out.extend_from_slice(&field.json);
            let converted = match self.places.get(first + index).copied().flatten() {
                None => self.without_value(&field.value),
                Some(place) => {
                    self.reader.go(place);
                    self.typed(&field.value)
                }
            };
            converted.map_err(|fault| fault.in_field(&field.name))?;
        }
        self.out.push(b'}');
        self.places.truncate(first);
        self.reader.go(end);
        Ok(())
    }
}

/// Reads the name of a field; returns its number.
fn field(reader: &mut Reader<'_>, fields: &Fields, likely: usize) -> Result<usize, Fault> {
    let (Item::String | Item::StringIndef) = reader.item()? else {
        return Err(reader.expected("the name of a field"));
    };
    let name = reader.text()?;
    fields.find(name.as_bytes(), likely).ok_or_else(|| {
        Fault::new(format!("the schema has no field {}; set one that has it first (set-schemas)", shown(&name)))
    })
}

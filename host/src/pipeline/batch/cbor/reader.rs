//! Reads CBOR that a guest wrote, item by item. Nothing it says is believed before it is there.

use std::borrow::Cow;

use minicbor::data::Type as Item;
use minicbor::decode::{Decoder, Error};
use num_bigint::{BigInt, Sign};

use super::super::json::DEPTH_LIMIT;
use super::decimal::{DECIMAL, Decimal, MOST_BYTES, NEGATIVE, POSITIVE, TOO_LONG, half};
use super::fault::Fault;

/// A position in CBOR.
pub(super) struct Reader<'a> {
    decoder: Decoder<'a>,
}

/// How many items are left in an array or map; none where only its end will tell.
pub(super) struct Left(Option<u64>);

impl<'a> Reader<'a> {
    pub(super) fn new(cbor: &'a [u8]) -> Self {
        Reader { decoder: Decoder::new(cbor) }
    }

    /// Returns what comes next.
    pub(super) fn item(&self) -> Result<Item, Fault> {
        self.decoder.datatype().map_err(no_cbor)
    }

    /// Returns where it is, for [`Reader::go`].
    pub(super) fn position(&self) -> usize {
        self.decoder.position()
    }

    pub(super) fn go(&mut self, position: usize) {
        self.decoder.set_position(position);
    }

    /// Checks that nothing is left.
    pub(super) fn end(&self) -> Result<(), Fault> {
        match self.decoder.input().len() - self.position().min(self.decoder.input().len()) {
            0 => Ok(()),
            left => Err(Fault::new(format!("there are {left} bytes behind the value"))),
        }
    }

    /// Says that something else should come next.
    #[cold]
    pub(super) fn expected(&mut self, expected: &str) -> Fault {
        match self.item() {
            Ok(item) => Fault::expected(expected, &self.words(item)),
            Err(fault) => fault,
        }
    }

    fn words(&mut self, item: Item) -> String {
        let words = match item {
            Item::Bool => "a boolean",
            Item::Null => "null",
            Item::Undefined => "undefined",
            Item::F16 | Item::F32 | Item::F64 => "a floating-point number",
            Item::Bytes | Item::BytesIndef => "a byte string",
            Item::String | Item::StringIndef => "text",
            Item::Array | Item::ArrayIndef => "an array",
            Item::Map | Item::MapIndef => "a map",
            Item::Break => "a break",
            Item::Simple | Item::Unknown(_) => "a simple value",
            Item::Tag => {
                return self.decoder.probe().tag().map_or("a tag".to_owned(), |tag| format!("tag {}", tag.as_u64()));
            }
            _ => {
                let integer = self.decoder.probe().int().map(i128::from);
                return integer.map_or("an integer".to_owned(), |integer| format!("the integer {integer}"));
            }
        };
        words.to_owned()
    }

    pub(super) fn take_null(&mut self) -> Result<bool, Fault> {
        let null = self.item()? == Item::Null;
        if null {
            self.decoder.null().map_err(no_cbor)?;
        }
        Ok(null)
    }

    pub(super) fn boolean(&mut self) -> Result<bool, Fault> {
        match self.item()? {
            Item::Bool => self.decoder.bool().map_err(no_cbor),
            _ => Err(self.expected("a boolean")),
        }
    }

    pub(super) fn integer(&mut self) -> Result<i128, Fault> {
        match self.item()? {
            item if is_integer(item) => self.decoder.int().map(i128::from).map_err(no_cbor),
            _ => Err(self.expected("an integer")),
        }
    }

    /// Returns an integer within limits.
    pub(super) fn integer_within(&mut self, (least, most): (i64, i64)) -> Result<i64, Fault> {
        let here = self.position();
        let item = self.item()?;
        let integer = if is_integer(item) { i64::try_from(self.integer()?).ok() } else { None };
        integer.filter(|integer| (least..=most).contains(integer)).ok_or_else(|| {
            self.go(here);
            self.expected(&format!("an integer from {least} to {most}"))
        })
    }

    /// Returns a floating-point number.
    pub(super) fn float(&mut self) -> Result<f64, Fault> {
        match self.item()? {
            Item::F16 => {
                let start = self.position() + 1;
                let bits = self.decoder.input().get(start..start + 2).and_then(|bytes| bytes.try_into().ok());
                let bits = bits.ok_or_else(|| no_cbor(Error::end_of_input()))?;
                self.go(start + 2);
                Ok(half(u16::from_be_bytes(bits)))
            }
            Item::F32 => self.decoder.f32().map(f64::from).map_err(no_cbor),
            Item::F64 => self.decoder.f64().map_err(no_cbor),
            _ => Err(self.expected("a number")),
        }
    }

    pub(super) fn text(&mut self) -> Result<Cow<'a, str>, Fault> {
        match self.item()? {
            Item::String => self.decoder.str().map(Cow::Borrowed).map_err(no_cbor),
            Item::StringIndef => {
                let chunks = self.decoder.str_iter().map_err(no_cbor)?;
                chunks.collect::<Result<String, Error>>().map(Cow::Owned).map_err(no_cbor)
            }
            _ => Err(self.expected("text")),
        }
    }

    pub(super) fn bytes(&mut self) -> Result<Cow<'a, [u8]>, Fault> {
        match self.item()? {
            Item::Bytes => self.decoder.bytes().map(Cow::Borrowed).map_err(no_cbor),
            Item::BytesIndef => {
                let mut bytes = Vec::new();
                for chunk in self.decoder.bytes_iter().map_err(no_cbor)? {
                    bytes.extend_from_slice(chunk.map_err(no_cbor)?);
                }
                Ok(Cow::Owned(bytes))
            }
            _ => Err(self.expected("a byte string")),
        }
    }

    pub(super) fn array(&mut self) -> Result<Left, Fault> {
        match self.item()? {
            Item::Array | Item::ArrayIndef => self.decoder.array().map(Left).map_err(no_cbor),
            _ => Err(self.expected("an array")),
        }
    }

    pub(super) fn map(&mut self) -> Result<Left, Fault> {
        match self.item()? {
            Item::Map | Item::MapIndef => self.decoder.map().map(Left).map_err(no_cbor),
            _ => Err(self.expected("a map")),
        }
    }

    /// Tells whether an array or map goes on; its end is passed.
    pub(super) fn goes_on(&mut self, left: &mut Left) -> Result<bool, Fault> {
        match &mut left.0 {
            Some(0) => Ok(false),
            Some(left) => {
                *left -= 1;
                Ok(true)
            }
            None if self.item()? == Item::Break => {
                self.go(self.position() + 1);
                Ok(false)
            }
            None => Ok(true),
        }
    }

    pub(super) fn tag(&mut self) -> Result<u64, Fault> {
        self.decoder.tag().map(|tag| tag.as_u64()).map_err(no_cbor)
    }

    /// Passes a tag that must be this one.
    pub(super) fn expect_tag(&mut self, tag: u64, expected: &str) -> Result<(), Fault> {
        let here = self.position();
        if self.item()? == Item::Tag && self.tag()? == tag {
            return Ok(());
        }
        self.go(here);
        Err(self.expected(expected))
    }

    /// Returns an integer of any size: plain, or with tag 2 or 3.
    pub(super) fn any_integer(&mut self) -> Result<BigInt, Fault> {
        match self.item()? {
            item if is_integer(item) => self.integer().map(BigInt::from),
            Item::Tag => {
                let here = self.position();
                match self.tag()? {
                    tag @ (POSITIVE | NEGATIVE) => self.tagged_integer(tag),
                    _ => {
                        self.go(here);
                        Err(self.expected("an integer"))
                    }
                }
            }
            _ => Err(self.expected("an integer")),
        }
    }

    /// Returns the integer behind tag 2 or 3.
    pub(super) fn tagged_integer(&mut self, tag: u64) -> Result<BigInt, Fault> {
        let bytes = self.bytes()?;
        if bytes.len() > MOST_BYTES {
            return Err(Fault::new(TOO_LONG));
        }
        let number = BigInt::from_bytes_be(Sign::Plus, &bytes);
        Ok(if tag == NEGATIVE { -number - 1_u8 } else { number })
    }

    /// Returns the decimal behind tag 4.
    pub(super) fn tagged_decimal(&mut self) -> Result<Decimal, Fault> {
        let pair = || Fault::new(format!("tag {DECIMAL} needs an array of an exponent and an integer"));
        let mut left = self.array()?;
        if !self.goes_on(&mut left)? {
            return Err(pair());
        }
        let exponent = self.integer_within((i32::MIN.into(), i32::MAX.into()))? as i32;
        if !self.goes_on(&mut left)? {
            return Err(pair());
        }
        let unscaled = self.any_integer()?;
        if self.goes_on(&mut left)? { Err(pair()) } else { Ok(Decimal { unscaled, exponent }) }
    }

    /// Passes an item that lies inside of `depth` others.
    pub(super) fn skip(&mut self, depth: usize) -> Result<(), Fault> {
        check_depth(depth)?;
        let (mut left, items) = match self.item()? {
            Item::Array | Item::ArrayIndef => (self.array()?, 1),
            Item::Map | Item::MapIndef => (self.map()?, 2),
            Item::Tag => {
                self.tag()?;
                return self.skip(depth + 1);
            }
            // Those are checked where they are read.
            Item::F16 => return self.float().map(drop),
            Item::BytesIndef => return self.bytes().map(drop),
            Item::StringIndef => return self.text().map(drop),
            Item::Break => return Err(self.expected("a value")),
            _ => return self.decoder.skip().map_err(no_cbor),
        };
        while self.goes_on(&mut left)? {
            for _ in 0..items {
                self.skip(depth + 1)?;
            }
        }
        Ok(())
    }
}

/// Refuses what lies inside of too many others: the reader's own stack is finite.
pub(super) fn check_depth(depth: usize) -> Result<(), Fault> {
    if depth > DEPTH_LIMIT {
        return Err(Fault::new(format!("arrays, maps and tags nest deeper than {DEPTH_LIMIT} levels")));
    }
    Ok(())
}

/// Tells whether an item is an integer without a tag.
pub(super) fn is_integer(item: Item) -> bool {
    use Item::{I8, I16, I32, I64, Int, U8, U16, U32, U64};
    matches!(item, U8 | U16 | U32 | U64 | I8 | I16 | I32 | I64 | Int)
}

#[cold]
fn no_cbor(error: Error) -> Fault {
    if error.is_end_of_input() {
        return Fault::new("the CBOR ends too early");
    }
    Fault::new(format!("it is no valid CBOR: {error}"))
}

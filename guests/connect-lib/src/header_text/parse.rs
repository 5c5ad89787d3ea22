//! Texts to values, as `Values.parseString`: types are found out, and what is of none is text.

use std::rc::Rc;

use airlock_sdk::data::{Schema, Value};

use super::merge::{Common, NoSuch, Type, Typed};
use super::tokens::{self, Tokens};
use super::{decimal, digits, temporal};

/// How deep lists and maps may be in each other, as the stack is small.
const DEEPEST: usize = 200;

/// Returns what a text means; none for null.
///
/// # Errors
/// Lists and maps are in each other too deep.
pub(super) fn value(text: &str) -> Result<Option<Value>, String> {
    Ok(typed(text)?.map(|(value, _)| value))
}

/// Returns what a text means, and its schema, if its parts have one in common; none for null.
///
/// # Errors
/// As [`value`].
pub(super) fn typed(text: &str) -> Result<Option<super::MaybeTyped>, String> {
    let string = || Some((Value::from(text), Some(Rc::new(Schema::string()))));
    if text.is_empty() {
        return Ok(string());
    }
    let mut parser = Parser { tokens: Tokens::new(text), depth: 0, too_deep: false };
    let parsed = parser.parse(Place::Top);
    if parser.too_deep {
        return Err(format!("has lists or maps more than {DEEPEST} deep: make it flatter"));
    }
    Ok(match parsed {
        Ok(typed) => typed.map(|typed| (typed.value, typed.schema)),
        // Not at the top.
        Err(NoSuch) => string(),
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Top,
    Within,
}

struct Parser<'a> {
    tokens: Tokens<'a>,
    depth: usize,
    too_deep: bool,
}

/// What the parts of a text are; none for null.
type Parsed = Result<Option<Typed>, NoSuch>;

impl Parser<'_> {
    fn parse(&mut self, place: Place) -> Parsed {
        if !self.tokens.has_next() {
            return Ok(None);
        }
        if place == Place::Within && self.tokens.take("\"") {
            return Ok(Some(self.quoted()));
        }
        for (word, value) in [("null", None), ("true", Some(true)), ("false", Some(false))] {
            if self.is_word(word, place) {
                return Ok(value.map(|value| Typed::new(Type::Boolean, Value::Boolean(value))));
            }
        }
        let start = self.tokens.mark();
        match self.compound() {
            Some(Ok(typed)) => return Ok(Some(typed)),
            Some(Err(NoSuch)) => self.tokens.rewind(start),
            None => {}
        }
        let token = self.tokens.next();
        match tokens::trim(token) {
            "" => Ok(Some(Typed::new(Type::String, Value::from(token)))),
            token => self.scalar(token, place).map(Some),
        }
    }

    /// A word counts at the top only if it is all.
    fn is_word(&mut self, word: &str, place: Place) -> bool {
        let start = self.tokens.mark();
        if self.tokens.take(word) && (place == Place::Within || !self.tokens.has_next()) {
            return true;
        }
        self.tokens.rewind(start);
        false
    }

    /// Parses a list or a map, if one begins here.
    fn compound(&mut self) -> Option<Result<Typed, NoSuch>> {
        let parse = if self.tokens.take("[") {
            Self::array
        } else if self.tokens.take("{") {
            Self::map
        } else {
            return None;
        };
        self.too_deep |= self.depth >= DEEPEST;
        if self.too_deep {
            return Some(Err(NoSuch));
        }
        self.depth += 1;
        let parsed = parse(self);
        self.depth -= 1;
        Some(parsed)
    }

    fn scalar(&mut self, token: &str, place: Place) -> Result<Typed, NoSuch> {
        let first = token.chars().next().unwrap_or_default();
        let is_digit = digits::value(first).is_some();
        if is_digit && let Some(moment) = self.moment(token) {
            return Ok(moment);
        }
        if (is_digit || matches!(first, '+' | '-'))
            && let Some(number) = decimal::parse(token)
        {
            return Ok(number);
        }
        match place {
            Place::Within => Err(NoSuch),
            Place::Top => Ok(Typed::new(Type::String, Value::from(self.tokens.text()))),
        }
    }

    /// Times have colons, so that they are five tokens, unless these are escaped.
    fn moment(&mut self, token: &str) -> Option<Typed> {
        let start = self.tokens.mark();
        let joined = self.tokens.next_joined(4).and_then(|rest| temporal::parse(&format!("{token}{rest}")));
        if joined.is_some() {
            return joined;
        }
        self.tokens.rewind(start);
        temporal::parse(token)
    }

    /// Of what is in quotes, blanks before the end or a delimiter get lost if they are all that is there.
    fn quoted(&mut self) -> Typed {
        let mut text = String::new();
        while self.tokens.has_next() && !self.tokens.take("\"") {
            text += self.tokens.next();
        }
        temporal::parse(&text).unwrap_or_else(|| Typed::new(Type::String, Value::String(text)))
    }

    fn array(&mut self) -> Result<Typed, NoSuch> {
        let (mut elements, mut common) = (Vec::new(), Common::Any);
        while self.tokens.has_next() {
            if self.tokens.take("]") {
                let schema = common.schema().map(Schema::array);
                let elements = elements.into_iter().map(|element| common.align(element));
                return Ok(Typed::compound(Type::Array, Value::Array(elements.collect::<Result<_, _>>()?), schema));
            }
            if self.tokens.take(",") {
                return Err(NoSuch);
            }
            let element = self.parse(Place::Within)?;
            common.merge(element.as_ref());
            elements.push(element.map_or(Value::Null, |element| element.value));
            let after = self.tokens.mark();
            if self.tokens.take("]") {
                self.tokens.rewind(after);
            } else if !self.tokens.take(",") {
                return Err(NoSuch);
            }
        }
        Err(NoSuch)
    }

    fn map(&mut self) -> Result<Typed, NoSuch> {
        let (mut entries, mut keys, mut values) = (Vec::new(), Common::Any, Common::Any);
        while self.tokens.has_next() {
            if self.tokens.take("}") {
                let schema = keys.schema().zip(values.schema()).map(|(keys, values)| Schema::map(keys, values));
                return Ok(Typed::compound(Type::Map, Value::Map(aligned(entries, keys, values)?), schema));
            }
            if self.tokens.take(",") {
                return Err(NoSuch);
            }
            let key = self.parse(Place::Within)?.ok_or(NoSuch)?;
            if !self.tokens.take(":") {
                return Err(NoSuch);
            }
            let value = self.parse(Place::Within)?;
            self.tokens.take(",");
            keys.merge(Some(&key));
            values.merge(value.as_ref());
            put(&mut entries, key.value, value.map_or(Value::Null, |value| value.value));
        }
        Err(NoSuch)
    }
}

type Entries = Vec<(Value, Value)>;

/// As in Kafka values are made alike only where keys can be.
fn aligned(entries: Entries, keys: Common, values: Common) -> Result<Entries, NoSuch> {
    let values = if matches!(keys, Common::Type(..)) { values } else { Common::Nothing };
    let mut aligned = Vec::new();
    for (key, value) in entries {
        put(&mut aligned, keys.align(key)?, values.align(value)?);
    }
    Ok(aligned)
}

/// A key that is there already keeps its place.
fn put(entries: &mut Entries, key: Value, value: Value) {
    match entries.iter_mut().find(|(known, _)| *known == key) {
        Some(entry) => entry.1 = value,
        None => entries.push((key, value)),
    }
}

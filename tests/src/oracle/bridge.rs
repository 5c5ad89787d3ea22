//! From Connect's values to Kafka's bytes and back, by Kafka's own converters: what both sides are given is what
//! came out of a converter, and what they give goes through one. So a difference is the transform's.

use anyhow::{Result, bail, ensure};

use super::case::{Answer, Case, Config, Converter, Item, Operation, Outcome, Question, Verdict};
use super::client::Oracle;
use super::notation::Typed;

/// Bytes for Kafka, or null.
pub type Bytes = Option<Vec<u8>>;

/// Which converter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bridge {
    /// `JsonConverter` with schemas, for keys and values.
    Payload,
    /// `SimpleHeaderConverter`.
    Header,
}

impl Bridge {
    /// Makes bytes of values; none where Connect can't.
    ///
    /// # Errors
    /// When the oracle fails.
    pub fn to_bytes(self, oracle: &mut Oracle, values: Vec<Typed>) -> Result<Vec<Option<Bytes>>> {
        let operation = match self {
            Self::Payload => Operation::FromConnect,
            Self::Header => Operation::FromConnectHeader,
        };
        let items: Vec<Item> = values.into_iter().map(|value| Item::Typed(Box::new(value))).collect();
        let outcomes = match self.ask(oracle, operation, items.clone()) {
            Ok(outcomes) => outcomes.into_iter().map(Some).collect(),
            // A value that Connect itself can't hold, such as a required field that a transform left null, spoils
            // the case that it is in: so each has a case of its own.
            Err(_) => {
                items.into_iter().map(|item| self.ask(oracle, operation, vec![item]).ok()?.pop()).collect::<Vec<_>>()
            }
        };
        let bytes = |outcome| match outcome {
            Some(Outcome::Bytes(bytes)) => Ok(Some(bytes)),
            Some(Outcome::Error(_)) | None => Ok(None),
            Some(other) => bail!("no bytes: {other:?}"),
        };
        outcomes.into_iter().map(bytes).collect()
    }

    /// Makes values of bytes; the words of Connect's error where it can't.
    ///
    /// # Errors
    /// When the oracle fails.
    pub fn to_values(self, oracle: &mut Oracle, bytes: Vec<Bytes>) -> Result<Vec<Result<Typed, String>>> {
        let operation = match self {
            Self::Payload => Operation::ToConnect,
            Self::Header => Operation::ToConnectHeader,
        };
        let items = bytes.into_iter().map(|bytes| Item::Bytes { bytes }).collect();
        let value = |outcome| match outcome {
            Outcome::Typed(value) => Ok(Ok(*value)),
            Outcome::Error(failure) => Ok(Err(failure.message.unwrap_or(failure.class))),
            other => bail!("no value: {other:?}"),
        };
        self.ask(oracle, operation, items)?.into_iter().map(value).collect()
    }

    /// Returns what values are once they came through Kafka; none where they can't.
    ///
    /// # Errors
    /// When the oracle fails.
    pub fn round_trip(self, oracle: &mut Oracle, values: Vec<Typed>) -> Result<Vec<Option<Typed>>> {
        let bytes = self.to_bytes(oracle, values)?;
        let mut values = self.to_values(oracle, bytes.iter().flatten().cloned().collect())?.into_iter();
        Ok(bytes.iter().map(|bytes| bytes.as_ref().and_then(|_| values.next()?.ok())).collect())
    }

    fn ask(self, oracle: &mut Oracle, operation: Operation, items: Vec<Item>) -> Result<Vec<Outcome>> {
        let (class, config) = match self {
            Self::Payload => ("org.apache.kafka.connect.json.JsonConverter", &[("schemas.enable", "true")][..]),
            Self::Header => ("org.apache.kafka.connect.storage.SimpleHeaderConverter", &[][..]),
        };
        let config: Config = config.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let count = items.len();
        let (topic, header) = ("t".to_owned(), Some("h".to_owned()));
        let converter = Converter { class: class.to_owned(), config, is_key: false, operation, topic, header, items };
        let case = Case { id: 0, question: Question::Converter(converter) };
        match oracle.ask(&[case])?.pop() {
            Some(Answer { verdict: Verdict::Results(outcomes), .. }) => {
                ensure!(outcomes.len() == count, "{} answers to {count} items", outcomes.len());
                Ok(outcomes)
            }
            other => bail!("the bridge: {other:?}"),
        }
    }
}

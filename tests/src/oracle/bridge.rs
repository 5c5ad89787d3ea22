//! From Connect's values to Kafka's bytes and back, by Kafka's own converters: what both sides are given is what
//! came out of a converter, and what they give goes through one. So a difference is the transform's.

use anyhow::{Context as _, Result, bail, ensure};

use super::case::{Case, Config, Converter, Item, Nulls, Operation, Outcome, Question, Verdict};
use super::client::Oracle;
use super::notation::Typed;

const JSON: &str = "org.apache.kafka.connect.json.JsonConverter";

/// Bytes for Kafka, or null.
pub type Bytes = Option<Vec<u8>>;

/// Which converter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bridge {
    /// `JsonConverter` with schemas, for keys and values.
    Payload(Nulls),
    /// `SimpleHeaderConverter`.
    Header,
    /// Apicurio's fork of Confluent's `AvroData`: bytes are the length of the schema's JSON, that JSON, and the value.
    /// With the fork's two keys at their defaults, or with the enhanced support of Avro's schemas.
    Avro {
        /// `enhanced.avro.schema.support`.
        enhanced: bool,
    },
}

impl Bridge {
    /// Makes bytes of values; none where Connect can't.
    ///
    /// # Errors
    /// When the oracle fails.
    pub fn to_bytes(self, oracle: &mut Oracle, values: Vec<Typed>) -> Result<Vec<Option<Bytes>>> {
        let operation = match self {
            Self::Payload(_) | Self::Avro { .. } => Operation::FromConnect,
            Self::Header => Operation::FromConnectHeader,
        };
        let items: Vec<Item> = values.into_iter().map(|value| Item::Typed(Box::new(value))).collect();
        let outcomes = match self.ask(oracle, operation, vec![items.clone()])?.pop().flatten() {
            Some(outcomes) => outcomes.into_iter().map(Some).collect(),
            // A value that Connect itself can't hold, such as a required field that a transform left null, spoils
            // the case that it is in: so each has a case of its own.
            None => {
                let each = self.ask(oracle, operation, items.into_iter().map(|item| vec![item]).collect())?;
                each.into_iter().map(|outcomes| outcomes?.pop()).collect::<Vec<_>>()
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
            Self::Payload(_) | Self::Avro { .. } => Operation::ToConnect,
            Self::Header => Operation::ToConnectHeader,
        };
        let items = bytes.into_iter().map(|bytes| Item::Bytes { bytes }).collect();
        let value = |outcome| match outcome {
            Outcome::Typed(value) => Ok(Ok(*value)),
            Outcome::Error(failure) => Ok(Err(failure.message.unwrap_or(failure.class))),
            other => bail!("no value: {other:?}"),
        };
        let outcomes = self.ask(oracle, operation, vec![items])?.pop().flatten();
        outcomes.context("the oracle doesn't take bytes")?.into_iter().map(value).collect()
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

    /// Puts one case for each list of items; none comes of one that doesn't keep to the notation.
    fn ask(
        self,
        oracle: &mut Oracle,
        operation: Operation,
        lists: Vec<Vec<Item>>,
    ) -> Result<Vec<Option<Vec<Outcome>>>> {
        let counts: Vec<usize> = lists.iter().map(Vec::len).collect();
        let cases: Vec<Case> = lists.into_iter().map(|items| self.case(operation, items)).collect();
        let answers = oracle.answers(&cases)?.into_iter().zip(counts);
        let outcomes = answers.map(|(answer, count)| match answer.verdict {
            Verdict::Results(outcomes) => {
                ensure!(outcomes.len() == count, "{} answers to {count} items", outcomes.len());
                Ok(Some(outcomes))
            }
            Verdict::CaseError(_) => Ok(None),
            Verdict::ConfigError(failure) => bail!("the bridge: {failure:?}"),
        });
        outcomes.collect()
    }

    fn case(self, operation: Operation, items: Vec<Item>) -> Case {
        let (class, config) = match self {
            Self::Payload(nulls) => {
                let replaced = if nulls == Nulls::Replaced { "true" } else { "false" };
                (JSON, &[("schemas.enable", "true"), ("replace.null.with.default", replaced)][..])
            }
            Self::Header => ("org.apache.kafka.connect.storage.SimpleHeaderConverter", &[][..]),
            Self::Avro { enhanced: false } => ("airlock.oracle.AvroBridge", &[][..]),
            Self::Avro { enhanced: true } => {
                ("airlock.oracle.AvroBridge", &[("enhanced.avro.schema.support", "true")][..])
            }
        };
        let config: Config = config.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let (topic, header) = ("t".to_owned(), Some("h".to_owned()));
        // What came of a transform or converter is in the order that it has there.
        let (class, is_key, ordered) = (class.to_owned(), false, true);
        let converter = Converter { class, config, is_key, operation, topic, header, ordered, items };
        Case { id: 0, nulls: Nulls::default(), question: Question::Converter(converter) }
    }
}

//! Cases, which ask what a class of Kafka Connect does, and answers. Neither says who answers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::notation::{Record, Typed};

/// A configuration; Connect's are strings.
pub type Config = BTreeMap<String, String>;

/// A class, configured once, and what it is given in turn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Case {
    /// Comes back with the answer.
    pub id: u64,
    /// What `JsonConverter` makes of nulls on the way to and from a transform or predicate.
    #[serde(default, skip_serializing_if = "Nulls::are_replaced")]
    pub nulls: Nulls,
    /// The question.
    #[serde(flatten)]
    pub question: Question,
}

/// What becomes of a null whose schema has a default: `replace.null.with.default` of a converter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Nulls {
    /// It becomes the default, as where the key isn't set.
    #[default]
    Replaced,
    /// It stays.
    Kept,
}

impl Nulls {
    fn are_replaced(&self) -> bool {
        *self == Self::Replaced
    }
}

/// What is asked of a class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Question {
    /// What a transform makes of records.
    Transform(Transform),
    /// Which records a predicate holds for.
    Predicate(Predicate),
    /// What a converter makes of bytes or values.
    Converter(Converter),
}

/// A transform and records for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Transform {
    /// The Java class's name, such as `org.apache.kafka.connect.transforms.MaskField$Value`.
    pub class: String,
    /// Its configuration.
    pub config: Config,
    /// When it applies; always, if none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub predicate: Option<Condition>,
    /// Whose records they are.
    pub direction: Direction,
    /// The records.
    pub records: Vec<Record>,
}

/// A predicate and records for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Predicate {
    /// The Java class's name.
    pub class: String,
    /// Its configuration.
    pub config: Config,
    /// Whose records they are.
    pub direction: Direction,
    /// The records.
    pub records: Vec<Record>,
}

/// A predicate in front of a transform.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Condition {
    /// The Java class's name.
    pub class: String,
    /// Its configuration.
    pub config: Config,
    /// Whether the transform applies where the predicate does not hold.
    #[serde(default)]
    pub negate: bool,
}

/// Which way records go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// From Kafka: they have offsets.
    Sink,
    /// To Kafka.
    Source,
}

/// A converter and items for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Converter {
    /// The Java class's name.
    pub class: String,
    /// Its configuration, without `converter.type`.
    pub config: Config,
    /// Whether it converts keys; of no account for headers.
    pub is_key: bool,
    /// Which of its methods is called.
    pub operation: Operation,
    /// The topic.
    pub topic: String,
    /// The header's name, where it converts headers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<String>,
    /// Whether maps keep the order in which they are given, instead of that of a `HashMap`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ordered: bool,
    /// Bytes for the operations to Connect, values for those from it.
    pub items: Vec<Item>,
}

/// A method of a converter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    /// `toConnectData`.
    ToConnect,
    /// `fromConnectData`.
    FromConnect,
    /// `toConnectHeader`.
    ToConnectHeader,
    /// `fromConnectHeader`.
    FromConnectHeader,
}

/// What a converter is given.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Item {
    /// Kafka's bytes.
    Bytes {
        /// None for null.
        #[serde(with = "super::text::optional_base64")]
        bytes: Option<Vec<u8>>,
    },
    /// Connect's value.
    Typed(Box<Typed>),
}

/// What came of a case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The case's.
    pub id: u64,
    /// The verdict.
    #[serde(flatten)]
    pub verdict: Verdict,
}

/// What came of a class and all that it was given.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// One result for each record or item, in order.
    Results(Vec<Outcome>),
    /// The class refused its configuration.
    ConfigError(Failure),
    /// The case is at fault: it doesn't keep to the notation.
    CaseError(String),
}

/// What came of one record or item.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// A transform gave this record.
    Record(Box<Record>),
    /// A transform gave null.
    Dropped(#[serde(with = "super::text::truth")] ()),
    /// A predicate holds, or doesn't.
    Test(bool),
    /// A converter gave this value.
    Typed(Box<Typed>),
    /// A converter gave these bytes, or null.
    Bytes(#[serde(with = "super::text::optional_base64")] Option<Vec<u8>>),
    /// An exception was thrown.
    Error(Failure),
}

/// An exception.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    /// The Java class's name.
    pub class: String,
    /// What it says; not compared.
    pub message: Option<String>,
    /// The class of what caused it; not compared.
    #[serde(default)]
    pub cause: Option<String>,
}

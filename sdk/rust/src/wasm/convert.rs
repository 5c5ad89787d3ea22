//! Conversions between SDK types and the bindings' own. Those of columns move their vectors.

use super::bindings::imports::airlock::connect::{plugin_info, records as wit};
use crate::batch::{
    BytesColumn, Change, FieldColumn, FieldForm, FieldValue, FloatColumn, Form, Headers, IntColumn, KindOutcome, Part,
    Path, SourceRows, TextColumn, TopicPartition, TopicPartitionOffset, Topics, ValueKind,
};
use crate::error::{BatchError, ConfigProblem, Error};
use crate::plugin::{Capability, ConfigKey, ConfigType, Description, Grant, Importance};

macro_rules! same_cases {
    ($from:ty => $to:ty { $($case:ident $(=> $other:ident)?),* $(,)? }) => {
        impl From<$from> for $to {
            fn from(value: $from) -> Self {
                match value {
                    $(<$from>::$case => same_cases!(@to $to, $case $(, $other)?)),*
                }
            }
        }
    };
    (@to $to:ty, $case:ident) => { <$to>::$case };
    (@to $to:ty, $case:ident, $other:ident) => { <$to>::$other };
}

same_cases!(Part => wit::Part { Key, Value });
same_cases!(Form => wit::Form { Raw, Json, Cbor });
same_cases!(FieldForm => wit::FieldForm { Json, Text, Int => Integer, Float => Number });
same_cases!(ValueKind => wit::ValueKind { Absent, Null, Boolean, Integer, Fraction, Text, Array, Object });
same_cases!(wit::ValueKind => ValueKind { Absent, Null, Boolean, Integer, Fraction, Text, Array, Object });
same_cases!(ConfigType => plugin_info::ConfigType {
    Boolean, Text, Int, Short, Long, Double, List => TextList, Class => ClassName, Password,
});
same_cases!(Importance => plugin_info::Importance { High, Medium, Low });
same_cases!(Grant => plugin_info::Grant { Nothing, ReadFile, WriteFile, ReadDirectory, WriteDirectory, Endpoint });

impl From<wit::BatchError> for BatchError {
    fn from(error: wit::BatchError) -> Self {
        match error {
            wit::BatchError::InvalidArgument(reason) => BatchError::InvalidArgument(reason),
            wit::BatchError::Unsupported(reason) => BatchError::Unsupported(reason),
        }
    }
}

impl From<wit::BytesColumn> for BytesColumn {
    fn from(column: wit::BytesColumn) -> Self {
        BytesColumn { lengths: column.lengths, data: column.data }
    }
}

impl From<BytesColumn> for wit::BytesColumn {
    fn from(column: BytesColumn) -> Self {
        wit::BytesColumn { lengths: column.lengths, data: column.data }
    }
}

impl TryFrom<wit::FieldColumn> for FieldColumn {
    type Error = BatchError;

    fn try_from(column: wit::FieldColumn) -> Result<Self, BatchError> {
        Ok(match column {
            wit::FieldColumn::Json(column) => FieldColumn::Json(column.into()),
            wit::FieldColumn::Text(column) => FieldColumn::Text(TextColumn::from_bytes(column.into())?),
            wit::FieldColumn::Integer(column) => {
                FieldColumn::Int(IntColumn { states: column.states, values: column.values })
            }
            wit::FieldColumn::Number(column) => {
                FieldColumn::Float(FloatColumn { states: column.states, values: column.values })
            }
        })
    }
}

impl From<FieldColumn> for wit::FieldColumn {
    fn from(column: FieldColumn) -> Self {
        match column {
            FieldColumn::Json(column) => wit::FieldColumn::Json(column.into()),
            FieldColumn::Text(TextColumn { lengths, data }) => {
                wit::FieldColumn::Text(wit::BytesColumn { lengths, data: data.into_bytes() })
            }
            FieldColumn::Int(IntColumn { states, values }) => {
                wit::FieldColumn::Integer(wit::IntegerColumn { states, values })
            }
            FieldColumn::Float(FloatColumn { states, values }) => {
                wit::FieldColumn::Number(wit::NumberColumn { states, values })
            }
        }
    }
}

impl From<FieldValue> for wit::FieldValue {
    fn from(value: FieldValue) -> Self {
        match value {
            FieldValue::Constant(json) => wit::FieldValue::Constant(json),
            FieldValue::Column(column) => wit::FieldValue::Column(column.into()),
        }
    }
}

impl From<KindOutcome> for wit::KindOutcome {
    fn from(outcome: KindOutcome) -> Self {
        match outcome {
            KindOutcome::Keep => wit::KindOutcome::Keep,
            KindOutcome::Put(json) => wit::KindOutcome::Put(json),
            KindOutcome::Remove => wit::KindOutcome::Remove,
            KindOutcome::Reject(reason) => wit::KindOutcome::Reject(reason),
        }
    }
}

impl From<(Path, Change)> for wit::EditOperation {
    fn from((path, change): (Path, Change)) -> Self {
        let change = match change {
            Change::Put(value) => wit::FieldChange::Put(value.into()),
            Change::Replace(value) => wit::FieldChange::Replace(value.into()),
            Change::Remove => wit::FieldChange::Remove,
            Change::Rename(name) => wit::FieldChange::Rename(name),
            Change::ByKind(outcomes) => {
                let outcomes = outcomes.into_iter().map(|(kind, outcome)| (kind.into(), outcome.into()));
                wit::FieldChange::ByKind(outcomes.collect())
            }
            Change::Retain(names) => wit::FieldChange::Retain(names),
        };
        wit::EditOperation { path: path.0, change }
    }
}

impl From<wit::TopicColumn> for Topics {
    fn from(column: wit::TopicColumn) -> Self {
        Topics { names: column.names, rows: column.rows }
    }
}

impl From<Topics> for wit::TopicColumn {
    fn from(topics: Topics) -> Self {
        wit::TopicColumn { names: topics.names, rows: topics.rows }
    }
}

impl From<Headers> for wit::HeaderColumn {
    fn from(headers: Headers) -> Self {
        wit::HeaderColumn { counts: headers.counts, keys: headers.keys, values: headers.values.into() }
    }
}

impl From<TopicPartition> for wit::TopicPartition {
    fn from(partition: TopicPartition) -> Self {
        wit::TopicPartition { topic: partition.topic, partition: partition.partition }
    }
}

impl From<wit::TopicPartition> for TopicPartition {
    fn from(partition: wit::TopicPartition) -> Self {
        TopicPartition { topic: partition.topic, partition: partition.partition }
    }
}

impl From<TopicPartitionOffset> for wit::TopicPartitionOffset {
    fn from(at: TopicPartitionOffset) -> Self {
        wit::TopicPartitionOffset { topic: at.topic, partition: at.partition, offset: at.offset }
    }
}

impl From<wit::TopicPartitionOffset> for TopicPartitionOffset {
    fn from(at: wit::TopicPartitionOffset) -> Self {
        TopicPartitionOffset { topic: at.topic, partition: at.partition, offset: at.offset }
    }
}

impl From<SourceRows> for wit::SourceRows {
    fn from(rows: SourceRows) -> Self {
        wit::SourceRows {
            topics: rows.topics.into(),
            partitions: rows.partitions,
            timestamps: rows.timestamps,
            form: rows.form.into(),
            keys: rows.keys.into(),
            values: rows.values.into(),
            key_schemas: rows.key_schemas,
            value_schemas: rows.value_schemas,
            headers: if rows.headers.keys.is_empty() { None } else { Some(rows.headers.into()) },
            source_partitions: rows.source_partitions.names,
            source_partition_rows: rows.source_partitions.rows,
            source_offsets: rows.source_offsets.into(),
        }
    }
}

impl From<ConfigProblem> for plugin_info::ConfigProblem {
    fn from(problem: ConfigProblem) -> Self {
        plugin_info::ConfigProblem { key: problem.key, message: problem.message }
    }
}

impl From<Error> for plugin_info::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::InvalidConfig(problems) => {
                plugin_info::Error::InvalidConfig(problems.into_iter().map(Into::into).collect())
            }
            Error::Retriable(reason) => plugin_info::Error::Retriable(reason),
            Error::Fatal(reason) => plugin_info::Error::Fatal(reason),
        }
    }
}

impl From<Capability> for plugin_info::Capability {
    fn from(capability: Capability) -> Self {
        match capability {
            Capability::Filesystem => plugin_info::Capability::Filesystem,
            Capability::OutgoingTcp => plugin_info::Capability::OutgoingTcp,
            Capability::OutgoingHttp => plugin_info::Capability::OutgoingHttp,
            Capability::Other(name) => plugin_info::Capability::Other(name),
        }
    }
}

impl From<ConfigKey> for plugin_info::ConfigKey {
    fn from(key: ConfigKey) -> Self {
        plugin_info::ConfigKey {
            name: key.name,
            value_type: key.value_type.into(),
            default_value: key.default_value,
            required: key.required,
            importance: key.importance.into(),
            documentation: key.documentation,
            valid_values: key.valid_values,
            display_name: key.display_name,
            group: key.group,
            non_empty: key.non_empty,
            grants: key.grants.into(),
        }
    }
}

impl Description {
    pub(super) fn into_wit(self, kind: plugin_info::Kind) -> plugin_info::Description {
        plugin_info::Description {
            kind,
            class_names: self.class_names,
            version: self.version,
            documentation: self.documentation,
            config: self.config.into_iter().map(Into::into).collect(),
            capabilities: self.capabilities.into_iter().map(Into::into).collect(),
        }
    }
}

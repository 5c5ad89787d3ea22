//! Between the generated types of this version of the WIT and those of the batch: moves, no copies. Another
//! version of the WIT gets a border of its own, and the batch stays as it is.

use super::super::bindings::airlock::connect::records as wit;
use crate::pipeline::batch as host;
use crate::record::{CommitOffset, Part, TopicPartition};

pub(crate) fn part(part: wit::Part) -> Part {
    match part {
        wit::Part::Key => Part::Key,
        wit::Part::Value => Part::Value,
    }
}

pub(crate) fn form(form: wit::Form) -> host::Form {
    match form {
        wit::Form::Raw => host::Form::Raw,
        wit::Form::Json => host::Form::Json,
        wit::Form::Cbor => host::Form::Cbor,
    }
}

pub(crate) fn field_form(form: wit::FieldForm) -> host::FieldForm {
    match form {
        wit::FieldForm::Json => host::FieldForm::Json,
        wit::FieldForm::Text => host::FieldForm::Text,
        wit::FieldForm::Integer => host::FieldForm::Integer,
        wit::FieldForm::Number => host::FieldForm::Number,
    }
}

pub(crate) fn kind_out(kind: host::ValueKind) -> wit::ValueKind {
    match kind {
        host::ValueKind::Absent => wit::ValueKind::Absent,
        host::ValueKind::Null => wit::ValueKind::Null,
        host::ValueKind::Boolean => wit::ValueKind::Boolean,
        host::ValueKind::Integer => wit::ValueKind::Integer,
        host::ValueKind::Fraction => wit::ValueKind::Fraction,
        host::ValueKind::Text => wit::ValueKind::Text,
        host::ValueKind::Array => wit::ValueKind::Array,
        host::ValueKind::Object => wit::ValueKind::Object,
    }
}

fn kind_in(kind: wit::ValueKind) -> host::ValueKind {
    match kind {
        wit::ValueKind::Absent => host::ValueKind::Absent,
        wit::ValueKind::Null => host::ValueKind::Null,
        wit::ValueKind::Boolean => host::ValueKind::Boolean,
        wit::ValueKind::Integer => host::ValueKind::Integer,
        wit::ValueKind::Fraction => host::ValueKind::Fraction,
        wit::ValueKind::Text => host::ValueKind::Text,
        wit::ValueKind::Array => host::ValueKind::Array,
        wit::ValueKind::Object => host::ValueKind::Object,
    }
}

pub(crate) fn bytes_in(column: wit::BytesColumn) -> host::BytesColumn {
    host::BytesColumn { lengths: column.lengths, data: column.data }
}

pub(crate) fn bytes_out(column: host::BytesColumn) -> wit::BytesColumn {
    wit::BytesColumn { lengths: column.lengths, data: column.data }
}

pub(crate) fn field_in(column: wit::FieldColumn) -> host::FieldColumn {
    match column {
        wit::FieldColumn::Json(column) => host::FieldColumn::Json(bytes_in(column)),
        wit::FieldColumn::Text(column) => host::FieldColumn::Text(bytes_in(column)),
        wit::FieldColumn::Integer(wit::IntegerColumn { states, values }) => {
            host::FieldColumn::Integer(host::IntegerColumn { states, values })
        }
        wit::FieldColumn::Number(wit::NumberColumn { states, values }) => {
            host::FieldColumn::Number(host::NumberColumn { states, values })
        }
    }
}

pub(crate) fn field_out(column: host::FieldColumn) -> wit::FieldColumn {
    match column {
        host::FieldColumn::Json(column) => wit::FieldColumn::Json(bytes_out(column)),
        host::FieldColumn::Text(column) => wit::FieldColumn::Text(bytes_out(column)),
        host::FieldColumn::Integer(host::IntegerColumn { states, values }) => {
            wit::FieldColumn::Integer(wit::IntegerColumn { states, values })
        }
        host::FieldColumn::Number(host::NumberColumn { states, values }) => {
            wit::FieldColumn::Number(wit::NumberColumn { states, values })
        }
    }
}

fn value_in(value: wit::FieldValue) -> host::FieldValue {
    match value {
        wit::FieldValue::Constant(text) => host::FieldValue::Constant(text),
        wit::FieldValue::Column(column) => host::FieldValue::Column(field_in(column)),
    }
}

fn outcome_in(outcome: wit::KindOutcome) -> host::KindOutcome {
    match outcome {
        wit::KindOutcome::Keep => host::KindOutcome::Keep,
        wit::KindOutcome::Put(text) => host::KindOutcome::Put(text),
        wit::KindOutcome::Remove => host::KindOutcome::Remove,
        wit::KindOutcome::Reject(reason) => host::KindOutcome::Reject(reason),
    }
}

pub(crate) fn operation_in(operation: wit::EditOperation) -> host::EditOperation {
    let change = match operation.change {
        wit::FieldChange::Put(value) => host::FieldChange::Put(value_in(value)),
        wit::FieldChange::Replace(value) => host::FieldChange::Replace(value_in(value)),
        wit::FieldChange::Remove => host::FieldChange::Remove,
        wit::FieldChange::Rename(name) => host::FieldChange::Rename(name),
        wit::FieldChange::ByKind(rules) => {
            let rules = rules.into_iter().map(|(kind, outcome)| (kind_in(kind), outcome_in(outcome)));
            host::FieldChange::ByKind(rules.collect())
        }
        wit::FieldChange::Retain(names) => host::FieldChange::Retain(names),
    };
    host::EditOperation { path: operation.path, change }
}

pub(crate) fn topics_in(topics: wit::TopicColumn) -> host::TopicColumn {
    host::TopicColumn { names: topics.names, rows: topics.rows }
}

pub(crate) fn topics_out(topics: host::TopicColumn) -> wit::TopicColumn {
    wit::TopicColumn { names: topics.names, rows: topics.rows }
}

pub(crate) fn headers_in(headers: wit::HeaderColumn) -> host::HeaderColumn {
    host::HeaderColumn { counts: headers.counts, keys: headers.keys, values: bytes_in(headers.values) }
}

pub(crate) fn headers_out(headers: host::HeaderColumn) -> wit::HeaderColumn {
    wit::HeaderColumn { counts: headers.counts, keys: headers.keys, values: bytes_out(headers.values) }
}

pub(crate) fn source_rows_in(rows: wit::SourceRows) -> host::SourceRows {
    host::SourceRows {
        topics: topics_in(rows.topics),
        partitions: rows.partitions,
        timestamps: rows.timestamps,
        form: form(rows.form),
        keys: bytes_in(rows.keys),
        values: bytes_in(rows.values),
        key_schemas: rows.key_schemas,
        value_schemas: rows.value_schemas,
        headers: rows.headers.map(headers_in),
        source_partitions: rows.source_partitions,
        source_partition_rows: rows.source_partition_rows,
        source_offsets: bytes_in(rows.source_offsets),
    }
}

pub(crate) fn error_out(error: host::BatchError) -> wit::BatchError {
    match error {
        host::BatchError::InvalidArgument(words) => wit::BatchError::InvalidArgument(words),
        host::BatchError::Unsupported(words) => wit::BatchError::Unsupported(words),
    }
}

pub(crate) fn partition(partition: wit::TopicPartition) -> TopicPartition {
    TopicPartition::new(partition.topic, partition.partition)
}

pub(crate) fn partition_out(partition: &TopicPartition) -> wit::TopicPartition {
    wit::TopicPartition { topic: partition.topic.to_string(), partition: partition.partition }
}

pub(crate) fn commit_offset(position: wit::TopicPartitionOffset) -> (TopicPartition, CommitOffset) {
    (TopicPartition::new(position.topic, position.partition), CommitOffset(position.offset))
}

pub(crate) fn commit_offset_out((partition, offset): &(TopicPartition, CommitOffset)) -> wit::TopicPartitionOffset {
    let wit::TopicPartition { topic, partition } = partition_out(partition);
    wit::TopicPartitionOffset { topic, partition, offset: offset.0 }
}

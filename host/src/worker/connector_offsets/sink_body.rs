//! Reads the offsets that somebody wants for a sink (Kafka's `SinkUtils.parseSinkConnectorOffsets`).

use std::fmt::Display;
use std::str::FromStr;

use serde_json::{Map, Value};

use super::ConnectorOffset;
use crate::record::{CommitOffset, TopicPartition};

/// Reads partitions and offsets; one of none is to be reset. The last of a partition counts.
///
/// # Errors
/// Says what is wrong, in Kafka Connect's words.
pub(super) fn parse(offsets: &[ConnectorOffset]) -> Result<Vec<(TopicPartition, Option<CommitOffset>)>, String> {
    let mut parsed: Vec<(TopicPartition, Option<CommitOffset>)> = Vec::with_capacity(offsets.len());
    for one in offsets {
        let wanted =
            one.partition.as_ref().ok_or("The partition for a sink connector offset cannot be null or missing")?;
        let partition = partition(wanted)?;
        let offset = one.offset.as_ref().map(offset).transpose()?;
        parsed.retain(|(known, _)| *known != partition);
        parsed.push((partition, offset));
    }
    Ok(parsed)
}

fn partition(partition: &Map<String, Value>) -> Result<TopicPartition, String> {
    let (Some(topic), Some(number)) = (partition.get("kafka_topic"), partition.get("kafka_partition")) else {
        let keys = "'kafka_topic' and 'kafka_partition'";
        return Err(format!("The partition for a sink connector offset must contain the keys {keys}"));
    };
    let found: Option<i32> = integer(number);
    let found = found.filter(|number| *number >= 0);
    let number = found.ok_or_else(|| refused(("partition", "Partition"), text(number)))?;
    Ok(TopicPartition::new(text(topic), number))
}

fn offset(offset: &Map<String, Value>) -> Result<CommitOffset, String> {
    let Some(number) = offset.get("kafka_offset") else {
        let key = "'kafka_offset'";
        return Err(format!("The offset for a sink connector should either be null or contain the key {key}"));
    };
    let found: Option<i64> = integer(number);
    found.filter(|number| *number >= 0).map(CommitOffset).ok_or_else(|| refused(("offset", "Offset"), text(number)))
}

/// Numbers may be written as text.
fn integer<T: FromStr>(value: &Value) -> Option<T> {
    text(value).parse().ok()
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn refused((name, at_start): (&str, &str), value: impl Display) -> String {
    format!(
        "Failed to parse the following Kafka {name} value in the provided offsets: '{value}'. {at_start} values for \
         sink connectors need to be integers."
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parsed(body: Value) -> Result<Vec<(TopicPartition, Option<CommitOffset>)>, String> {
        parse(&serde_json::from_value::<Vec<ConnectorOffset>>(body).unwrap())
    }

    #[test]
    fn numbers_may_be_text_and_null_resets() {
        let body = json!([
            { "partition": { "kafka_topic": "t", "kafka_partition": 1 }, "offset": { "kafka_offset": 5 } },
            { "partition": { "kafka_topic": "t", "kafka_partition": "2" }, "offset": { "kafka_offset": "6" } },
            { "partition": { "kafka_topic": "t", "kafka_partition": 3 }, "offset": null },
            { "partition": { "kafka_topic": "t", "kafka_partition": 1 }, "offset": { "kafka_offset": 7 } },
        ]);
        let at = |partition, offset: Option<i64>| (TopicPartition::new("t", partition), offset.map(CommitOffset));
        assert_eq!(parsed(body).unwrap(), [at(2, Some(6)), at(3, None), at(1, Some(7))]);
    }

    #[test]
    fn what_is_wrong_is_told_in_connects_words() {
        let of = |partition: Value, offset: Value| parsed(json!([{ "partition": partition, "offset": offset }]));
        let right = json!({ "kafka_topic": "t", "kafka_partition": 0 });
        for (partition, offset, words) in [
            (Value::Null, Value::Null, "cannot be null or missing"),
            (json!({ "kafka_topic": "t" }), Value::Null, "must contain the keys 'kafka_topic' and 'kafka_partition'"),
            (json!({ "kafka_topic": "t", "kafka_partition": "x" }), Value::Null, "'x'. Partition values"),
            (json!({ "kafka_topic": "t", "kafka_partition": -1 }), Value::Null, "'-1'. Partition values"),
            (right.clone(), json!({ "at": 1 }), "null or contain the key 'kafka_offset'"),
            (right.clone(), json!({ "kafka_offset": 1.5 }), "'1.5'. Offset values"),
            (right, json!({ "kafka_offset": -2 }), "'-2'. Offset values"),
        ] {
            let told = of(partition, offset).unwrap_err();
            assert!(told.contains(words), "{words} isn't in: {told}");
        }
    }
}

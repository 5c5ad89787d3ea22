//! Reads one record again, with a client of its own that joins no group.

use std::time::{Duration, Instant};

use rdkafka::Message;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;

use super::lists::to_list;
use super::poller::push;
use crate::kafka::client_config::ClientSettings;
use crate::kafka::context::LogContext;
use crate::kafka::error::{ends_consumer, sort};
use crate::pipeline::batch::Batch;
use crate::pipeline::edges::EdgeError;
use crate::pipeline::template::BatchTemplate;
use crate::record::{CommitOffset, Offset, TopicPartition};

const PATIENCE: Duration = Duration::from_secs(30);

impl rdkafka::consumer::ConsumerContext for LogContext {}

/// Reads the record at `offset`; none where the topic no longer has it. Blocks.
pub(super) fn refetch(
    settings: &ClientSettings,
    template: &BatchTemplate,
    partition: &TopicPartition,
    offset: Offset,
) -> Result<Option<Batch>, EdgeError> {
    let doing = format!("reading {partition}@{} again", offset.0);
    let context = LogContext { client: format!("{}-refetch", settings.client_id()) };
    let mut config = settings.to_rdkafka();
    config.set("client.id", &context.client).set("enable.partition.eof", "true").remove("group.instance.id");
    config.set("queued.min.messages", "1").set("auto.offset.reset", "error");
    let consumer: BaseConsumer<LogContext> =
        config.create_with_context(context).map_err(|error| sort(&doing, &error))?;
    let start = to_list(&[(partition.clone(), CommitOffset(offset.0))]);
    consumer.assign(&start).map_err(|error| sort(&doing, &error))?;
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        match consumer.poll(Duration::from_millis(100)) {
            Some(Ok(record)) if record.offset() == offset.0 => {
                let mut batch = template.batch();
                push(&mut batch, &record)?;
                return Ok(Some(batch));
            }
            // Compaction or retention took it away.
            Some(Ok(_) | Err(KafkaError::PartitionEOF(_))) => return Ok(None),
            Some(Err(KafkaError::MessageConsumption(rdkafka::types::RDKafkaErrorCode::AutoOffsetReset))) => {
                return Ok(None);
            }
            Some(Err(error)) if ends_consumer(&error) => return Err(sort(&doing, &error)),
            Some(Err(_)) | None => {}
        }
    }
    Err(EdgeError::Retriable(format!("{doing}: no answer in {} s", PATIENCE.as_secs())))
}

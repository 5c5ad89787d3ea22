//! The fake of a sink.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;

use super::{Journal, Script};
use crate::pipeline::batch::{Access, Batch, Call, Section};
use crate::pipeline::edges::{CallError, Sink, SinkRequest};
use crate::record::{CommitOffset, TopicPartition};

/// A sink whose puts answer as scripted.
#[derive(Default)]
pub(in crate::pipeline) struct FakeSink {
    pub(in crate::pipeline) journal: Journal,
    pub(in crate::pipeline) puts: Script<(Vec<SinkRequest>, Option<CallError>)>,
    /// Rejects the rows with these offsets.
    pub(in crate::pipeline) rejects: Vec<i64>,
    pub(in crate::pipeline) requests: Vec<SinkRequest>,
    /// Traps on the rows with these offsets; where it buffers, when it is flushed.
    pub(in crate::pipeline) poison: Vec<i64>,
    pub(in crate::pipeline) buffers: bool,
    /// What it holds back though it was flushed.
    pub(in crate::pipeline) holds_back: bool,
    pub(in crate::pipeline) buffer: Vec<i64>,
    /// What it wrote for good.
    pub(in crate::pipeline) written: Arc<Mutex<Vec<i64>>>,
    /// The CPU time of each put.
    pub(in crate::pipeline) put_takes: Duration,
    pub(in crate::pipeline) cpu: Duration,
}

impl FakeSink {
    /// Writes rows until one is poison.
    fn write(&mut self, offsets: &[i64]) -> Result<(), CallError> {
        for offset in offsets {
            if self.poison.contains(offset) {
                return Err(CallError::Trapped(format!("can't write {offset}")));
            }
            self.written.lock().unwrap().push(*offset);
        }
        Ok(())
    }
}

#[async_trait]
impl Sink for FakeSink {
    async fn start(&mut self) -> Result<(), CallError> {
        self.journal.write("start");
        self.buffer.clear();
        Ok(())
    }

    async fn open(&mut self, partitions: &[TopicPartition]) -> Result<(), CallError> {
        self.journal.write(format!("open {}", partitions.len()));
        Ok(())
    }

    async fn put(&mut self, mut batch: Batch, section: Section) -> (Batch, Result<(), CallError>) {
        self.cpu += self.put_takes;
        if batch.total_rows() == 0 {
            self.journal.write("tick");
            return (batch, Ok(()));
        }
        batch.open_call(Call { access: Access::Put, section, ..Call::default() }).unwrap();
        let offsets = batch.offsets();
        self.journal.write(format!("put {offsets:?}"));
        let (requests, error) = self.puts.next().unwrap_or_default();
        self.requests.extend(requests);
        if let Some(error) = error {
            batch.abort_call();
            return (batch, Err(error));
        }
        let rows = (0..).zip(&offsets).filter(|(_, offset)| self.rejects.contains(offset));
        let rejected: Vec<u32> = rows.map(|(row, _)| row).collect();
        batch.reject(&rejected, "no such table".to_owned()).unwrap();
        let taken: Vec<i64> = offsets.into_iter().filter(|offset| !self.rejects.contains(offset)).collect();
        if self.buffers {
            self.buffer.extend(taken);
        } else if let Err(error) = self.write(&taken) {
            batch.abort_call();
            return (batch, Err(error));
        }
        batch.commit_call();
        (batch, Ok(()))
    }

    async fn pre_commit(
        &mut self,
        offsets: &[(TopicPartition, CommitOffset)],
    ) -> Result<Vec<(TopicPartition, CommitOffset)>, CallError> {
        self.journal.write("pre-commit");
        if self.holds_back {
            return Ok(Vec::new());
        }
        let buffer = std::mem::take(&mut self.buffer);
        self.write(&buffer)?;
        Ok(offsets.to_vec())
    }

    async fn close(&mut self, partitions: &[TopicPartition]) -> Result<(), CallError> {
        self.journal.write(format!("close {}", partitions.len()));
        Ok(())
    }

    async fn stop(&mut self) {
        self.journal.write("stop");
    }

    fn take_requests(&mut self) -> Vec<SinkRequest> {
        std::mem::take(&mut self.requests)
    }

    fn cpu_used(&self) -> Duration {
        self.cpu
    }
}

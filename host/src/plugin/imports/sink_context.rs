//! `airlock:connect/sink-context`: what a sink asks of its task. The requests are kept until the task takes
//! them after the call.

use std::time::Duration;

use super::super::bindings::airlock::connect::sink_context::{Host, TopicPartition, TopicPartitionOffset};
use super::super::state::State;
use super::super::words;
use super::border;
use crate::pipeline::edges::SinkRequest;
use crate::record::{self, Offset};

/// The most requests that are kept of one call.
const MAX_REQUESTS: usize = 100_000;

impl State {
    fn request(&mut self, request: SinkRequest) -> wasmtime::Result<()> {
        self.count_host_call()?;
        if self.sink_requests.len() >= MAX_REQUESTS {
            return Err(wasmtime::format_err!("more than {MAX_REQUESTS} requests to the sink context in one call"));
        }
        self.sink_requests.push(request);
        Ok(())
    }
}

impl Host for State {
    fn seek(&mut self, offsets: Vec<TopicPartitionOffset>) -> wasmtime::Result<()> {
        self.request(SinkRequest::Seek(offsets.into_iter().map(border::commit_offset).collect()))
    }

    fn pause(&mut self, partitions: Vec<TopicPartition>) -> wasmtime::Result<()> {
        self.request(SinkRequest::Pause(partitions.into_iter().map(border::partition).collect()))
    }

    fn resume(&mut self, partitions: Vec<TopicPartition>) -> wasmtime::Result<()> {
        self.request(SinkRequest::Resume(partitions.into_iter().map(border::partition).collect()))
    }

    fn set_timeout(&mut self, ms: u64) -> wasmtime::Result<()> {
        self.request(SinkRequest::Timeout(Duration::from_millis(ms)))
    }

    fn request_commit(&mut self) -> wasmtime::Result<()> {
        self.request(SinkRequest::Commit)
    }

    fn report(&mut self, topic: String, partition: i32, offset: i64, reason: String) -> wasmtime::Result<()> {
        let partition = record::TopicPartition::new(topic, partition);
        self.request(SinkRequest::Report { partition, offset: Offset(offset), reason: words::cut(reason) })
    }
}

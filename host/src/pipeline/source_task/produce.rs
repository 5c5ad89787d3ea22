//! Producing a batch: until all its records are acknowledged, or one may not be left out.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use tracing::warn;

use super::SourceTask;
use crate::pipeline::batch::Batch;
use crate::pipeline::edges::{Acknowledgement, EdgeError, Outgoing, Written};
use crate::pipeline::failure::{Stop, TaskError};
use crate::pipeline::offsets::Ticket;
use crate::record::Stage;

/// The wait before records are sent again, as in Kafka Connect.
const RETRY: Duration = Duration::from_millis(100);

/// The polled rows of a batch on their way.
struct InFlight {
    /// For each polled row, its ticket and how many of its rows are not acknowledged yet.
    rows: Vec<(Option<Ticket>, u32)>,
    /// Where the last copy of each polled row went.
    written: BTreeMap<u32, (String, Written)>,
}

impl SourceTask {
    /// Sends all rows, in order, and settles each polled row when everything that became of it is
    /// acknowledged. Returns where the rows went.
    pub(super) async fn produce(&mut self, batch: &Batch) -> Result<Vec<Acknowledgement>, Stop> {
        let mut left: Vec<(u32, Outgoing)> = batch.outgoing().collect();
        let mut in_flight = self.submit(batch);
        while !left.is_empty() {
            let answers = self.send(left.iter().map(|(_, record)| record.clone()).collect()).await?;
            let mut again = Vec::new();
            let (mut failed, mut refused) = (None, Vec::new());
            for ((row, record), answer) in left.into_iter().zip(answers) {
                match answer {
                    Ok(written) => {
                        self.metrics.records_sent.add(1);
                        in_flight.written.insert(row, (record.topic, written));
                        self.settle(&mut in_flight, row);
                    }
                    Err(EdgeError::Retriable(reason)) => again.push((row, record, reason)),
                    Err(error @ EdgeError::Fatal(_)) if !self.policy.tolerates() => {
                        failed.get_or_insert(error);
                    }
                    Err(error @ EdgeError::Fatal(_)) => {
                        // As Kafka Connect does (KIP-779): left out, and its offset goes on.
                        warn!(task = %self.settings.id, topic = record.topic, %error, "a record was left out");
                        refused.push((row, error));
                    }
                }
            }
            if let Some(error) = failed {
                return Err(TaskError::Edge { stage: Stage::KafkaProduce, error }.into());
            }
            self.leave_out((batch, &refused), &mut in_flight).await?;
            if let Some((_, _, error)) = again.first() {
                warn!(task = %self.settings.id, records = again.len(), error, "records are sent again");
                self.metrics.retries.add(1);
                self.pause_sending().await?;
            }
            left = again.into_iter().map(|(row, record, _)| (row, record)).collect();
        }
        Ok(acknowledgements(batch, in_flight.written))
    }

    /// Enters all polled rows in order. Those of which nothing is left are settled at once: discarded, or
    /// rejected and left out.
    /// Settles rows that Kafka refuses for good, once their dead letters are acknowledged.
    async fn leave_out(
        &mut self,
        (batch, refused): (&Batch, &[(u32, EdgeError)]),
        in_flight: &mut InFlight,
    ) -> Result<(), Stop> {
        if refused.is_empty() {
            return Ok(());
        }
        self.metrics.records_rejected.add(refused.len() as u64);
        self.metrics.records_skipped.add(refused.len() as u64);
        self.rejections.report_refused((batch, refused), &mut self.policy, &self.metrics).await?;
        // Invariant 1: after the report.
        refused.iter().for_each(|(row, _)| self.settle(in_flight, *row));
        Ok(())
    }

    fn submit(&mut self, batch: &Batch) -> InFlight {
        let mut rows = Vec::with_capacity(batch.total_rows());
        for (row, origin) in (0_u32..).zip(batch.origins()) {
            let ticket = batch.source_position(row).map(|position| self.offsets.submit(position));
            rows.push((ticket, origin.live));
        }
        for (ticket, _) in rows.iter().filter(|(_, live)| *live == 0) {
            ticket.iter().for_each(|ticket| self.offsets.acknowledge(*ticket));
        }
        InFlight { rows, written: BTreeMap::new() }
    }

    fn settle(&mut self, in_flight: &mut InFlight, row: u32) {
        let Some((ticket, left)) = usize::try_from(row).ok().and_then(|row| in_flight.rows.get_mut(row)) else {
            return;
        };
        *left = left.saturating_sub(1);
        // Invariant 1: an expanded row is settled when all its copies are.
        if let (Some(ticket), 0) = (ticket, *left) {
            self.offsets.acknowledge(*ticket);
        }
    }

    /// Sends records and waits for all answers, ticking the guest meanwhile.
    async fn send(&mut self, records: Vec<Outgoing>) -> Result<Vec<Result<Written, EdgeError>>, Stop> {
        let producer = std::sync::Arc::clone(&self.producer);
        let policy = self.policy.clone();
        let produced = policy.unless_stopped(producer.produce(records));
        tokio::pin!(produced);
        let mut next_tick = Instant::now() + self.settings.tick;
        loop {
            tokio::select! {
                biased;
                answers = &mut produced => return answers,
                () = sleep_until(next_tick), if self.lost.is_none() => {}
            }
            self.lost = self.tick_in_flight().await?;
            next_tick = Instant::now() + self.settings.tick;
        }
    }

    async fn pause_sending(&mut self) -> Result<(), Stop> {
        let until = Instant::now() + RETRY;
        tokio::select! {
            biased;
            () = self.control.shutdown.cancelled() => Err(Stop::Shutdown),
            () = sleep_until(until) => Ok(()),
        }
    }
}

/// Returns what became of each polled row, in order.
fn acknowledgements(batch: &Batch, mut written: BTreeMap<u32, (String, Written)>) -> Vec<Acknowledgement> {
    let rows = (0_u32..).zip(batch.origins());
    rows.map(|(row, origin)| match written.remove(&row) {
        Some((topic, written)) => Acknowledgement { row, topic, written: Some(written) },
        None => Acknowledgement { row, topic: origin.topic.to_owned(), written: None },
    })
    .collect()
}

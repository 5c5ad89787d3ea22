//! A producer that loses acknowledgements, and a store of offsets that does too.

use std::sync::Arc;
use std::time::Duration;

use airlock::pipeline::edges::{EdgeError, OffsetStore, Outgoing, Produce, SourcePosition, Written};
use airlock::record::Offset;
use async_trait::async_trait;
use tokio::time::sleep;

use super::world::World;

pub(super) struct FakeProducer(pub(super) Arc<World>);

#[async_trait]
impl Produce for FakeProducer {
    async fn produce(&self, records: Vec<Outgoing>) -> Vec<Result<Written, EdgeError>> {
        let dice = &self.0.dice;
        dice.point("produce").await;
        if dice.fault(12) {
            sleep(Duration::from_millis(dice.below(5000) as u64)).await;
        }
        let mut answers: Vec<Result<Written, EdgeError>> = Vec::new();
        // One request at a time is on its way, so after a failure nothing later arrives before it.
        let mut broken = false;
        for record in &records {
            if !self.0.takes(record) {
                answers.push(Err(EdgeError::Fatal("the record is too large".to_owned())));
                continue;
            }
            let lost = !broken && dice.fault(60);
            if !broken {
                if dice.fault(40) {
                    dice.point("produced some").await;
                }
                if !lost || dice.once_in(2) {
                    self.0.write(record);
                }
            }
            if lost && dice.once_in(4) {
                self.0.stop_task();
            }
            broken |= lost;
            answers.push(match broken {
                true => Err(EdgeError::Retriable("no leader".to_owned())),
                false => Ok(Written { partition: 0, offset: Offset(7) }),
            });
        }
        dice.point("produced").await;
        answers
    }
}

pub(super) struct FakeOffsets(pub(super) Arc<World>);

#[async_trait]
impl OffsetStore for FakeOffsets {
    async fn read(&self, _: &str, _: &[String]) -> Result<Vec<Option<String>>, EdgeError> {
        unreachable!("the fake source asks its world");
    }

    async fn store(&self, _: &str, positions: &[SourcePosition]) -> Result<(), EdgeError> {
        let dice = &self.0.dice;
        dice.point("store").await;
        if dice.fault(10) {
            return Err(EdgeError::Retriable("no room".to_owned()));
        }
        positions.iter().for_each(|position| self.0.store(position));
        if dice.fault(15) {
            sleep(Duration::from_secs(60)).await;
        }
        dice.point("stored").await;
        if dice.fault(10) { Err(EdgeError::Retriable("no answer".to_owned())) } else { Ok(()) }
    }

    async fn of_connector(&self, _: &str) -> Result<Vec<SourcePosition>, EdgeError> {
        unreachable!("a task reads by partition");
    }
}

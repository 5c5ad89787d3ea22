//! A consumer that assigns, revokes and loses partitions as the dice fall.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use airlock::pipeline::batch::{Batch, Content, Contents};
use airlock::pipeline::edges::{Consume, EdgeError, Polled};
use airlock::record::{CommitOffset, Offset, TopicPartition};
use async_trait::async_trait;
use tokio::sync::oneshot;
use tokio::time::sleep;

use super::world::World;

pub(super) struct FakeConsumer {
    world: Arc<World>,
    paused: BTreeSet<i32>,
    revoking: Option<(Vec<i32>, oneshot::Receiver<()>)>,
    closed: bool,
}

impl FakeConsumer {
    pub(super) fn new(world: Arc<World>) -> Self {
        Self { world, paused: BTreeSet::new(), revoking: None, closed: false }
    }

    fn batch() -> Batch {
        Batch::new(Contents { key: Content::Text, value: Content::JSON })
    }

    /// Revoked partitions are gone once the task answered; it must have before it comes back.
    fn finish_revoke(&mut self) {
        self.world.dice.check(!self.closed, || "polled after close".to_owned());
        let Some((partitions, mut answer)) = self.revoking.take() else { return };
        let pending = matches!(answer.try_recv(), Err(oneshot::error::TryRecvError::Empty));
        self.world.dice.check(!pending, || "polled before the revoke was answered".to_owned());
        self.go(&partitions);
    }

    fn go(&mut self, partitions: &[i32]) {
        for partition in partitions {
            self.world.take(*partition);
            self.paused.remove(partition);
        }
    }

    /// Takes partitions away, if the dice say so.
    fn taking(&mut self, odds: usize) -> Option<Polled> {
        let dice = Arc::clone(&self.world.dice);
        let going = dice.some(&self.world.own());
        if going.is_empty() || !dice.fault(odds) {
            return None;
        }
        let partitions: Vec<TopicPartition> = going.iter().map(|partition| World::partition(*partition)).collect();
        if dice.once_in(3) {
            dice.note(format!("  lost {going:?}"));
            self.go(&going);
            return Some(Polled::Lost(partitions));
        }
        dice.note(format!("  revoked {going:?}"));
        let (done, answer) = oneshot::channel();
        self.revoking = Some((going, answer));
        Some(Polled::Revoked { partitions, done })
    }

    fn event(&mut self) -> Option<Polled> {
        let dice = Arc::clone(&self.world.dice);
        let free = self.world.free();
        if !free.is_empty() && (self.world.own().is_empty() || dice.once_in(3)) {
            let coming = if dice.has_faults() { dice.some(&free) } else { free };
            dice.note(format!("  assigned {coming:?}"));
            coming.iter().for_each(|partition| self.world.assign(*partition));
            return Some(Polled::Assigned(coming.into_iter().map(World::partition).collect()));
        }
        if let Some(taken) = self.taking(12) {
            return Some(taken);
        }
        let mut batch = Self::batch();
        let mut own: VecDeque<i32> = self.world.own().into();
        own.rotate_left(dice.below(own.len()));
        for partition in own.into_iter().filter(|partition| !self.paused.contains(partition)) {
            self.world.read(partition, dice.below(8), &mut batch);
        }
        (batch.total_rows() > 0).then_some(Polled::Records(batch))
    }
}

#[async_trait]
impl Consume for FakeConsumer {
    async fn next(&mut self) -> Result<Polled, EdgeError> {
        self.world.dice.point("next").await;
        self.finish_revoke();
        loop {
            if self.world.dice.fault(60) {
                return Err(EdgeError::Retriable("no broker".to_owned()));
            }
            match self.event() {
                Some(polled) => return Ok(polled),
                None => sleep(Duration::from_millis(100)).await,
            }
        }
    }

    async fn taken(&mut self) -> Result<Polled, EdgeError> {
        self.finish_revoke();
        if let Some(taken) = self.taking(20) {
            return Ok(taken);
        }
        loop {
            sleep(Duration::from_millis(200)).await;
            if let Some(taken) = self.taking(5) {
                return Ok(taken);
            }
        }
    }

    async fn pause(&mut self, partitions: &[TopicPartition]) -> Result<(), EdgeError> {
        self.world.dice.point("pause").await;
        self.paused.extend(partitions.iter().map(|partition| partition.partition));
        Ok(())
    }

    async fn resume(&mut self, partitions: &[TopicPartition]) -> Result<(), EdgeError> {
        self.paused.retain(|paused| partitions.iter().all(|partition| partition.partition != *paused));
        Ok(())
    }

    async fn seek(&mut self, offsets: &[(TopicPartition, CommitOffset)]) -> Result<(), EdgeError> {
        self.world.dice.point("seek").await;
        offsets.iter().for_each(|(partition, offset)| self.world.seek(partition.partition, offset.0));
        Ok(())
    }

    async fn commit(&mut self, offsets: &[(TopicPartition, CommitOffset)]) -> Result<(), EdgeError> {
        self.world.dice.point("commit").await;
        let failure = || Err(EdgeError::Retriable("the coordinator moved".to_owned()));
        if self.world.dice.fault(10) {
            return failure();
        }
        offsets.iter().for_each(|(partition, offset)| self.world.commit(partition.partition, offset.0));
        if self.world.dice.fault(15) {
            sleep(Duration::from_secs(60)).await;
        }
        self.world.dice.point("committed").await;
        if self.world.dice.fault(10) { failure() } else { Ok(()) }
    }

    async fn refetch(&mut self, partition: &TopicPartition, offset: Offset) -> Result<Option<Batch>, EdgeError> {
        self.world.dice.point("refetch").await;
        let mut batch = Self::batch();
        self.world.push(partition.partition, offset.0, &mut batch);
        Ok(Some(batch))
    }

    async fn close(&mut self) {
        self.world.dice.point("close").await;
        self.closed = true;
    }
}

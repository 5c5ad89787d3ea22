//! Carries out rebalances: tells the task, waits for it where partitions go, and tells librdkafka.

use std::time::Duration;

use rdkafka::TopicPartitionList;
use rdkafka::consumer::Consumer;
use rdkafka::error::KafkaError;
use tokio::sync::oneshot;

use super::{Event, Poller};
use crate::kafka::consumer::lists::from_list;
use crate::kafka::consumer::rebalances::{Rebalance, assign, unassign};
use crate::pipeline::edges::{EdgeError, Polled};
use crate::record::TopicPartition;

/// How often the thread looks whether the task has let go of revoked partitions.
const REVOKE_NAP: Duration = Duration::from_millis(5);

impl Poller {
    /// Carries out the oldest rebalance.
    pub(super) fn rebalance(&mut self) {
        let rebalance = self.rebalances.remove(0);
        self.send();
        let outcome = match rebalance {
            Rebalance::Assign(partitions) => {
                let outcome = assign(&self.client, &partitions);
                self.announce(&partitions, Polled::Assigned);
                outcome
            }
            Rebalance::Revoke(partitions) if self.client.assignment_lost() => {
                let outcome = self.give_away(&partitions);
                self.shared.take();
                self.announce(&partitions, Polled::Lost);
                outcome
            }
            Rebalance::Revoke(partitions) => {
                let (done, answer) = oneshot::channel();
                self.shared.take();
                self.announce(&partitions, |partitions| Polled::Revoked { partitions, done });
                self.revoking = Some((partitions, answer));
                Ok(())
            }
        };
        if let Err(error) = outcome {
            self.fail(EdgeError::Fatal(format!("carrying out a rebalance: {error}")));
        }
    }

    /// Gives revoked partitions away once the task has answered, or is gone.
    pub(super) fn finish_revoke(&mut self) {
        let Some((partitions, mut answer)) = self.revoking.take() else { return };
        if matches!(answer.try_recv(), Err(oneshot::error::TryRecvError::Empty)) {
            self.seeks.seek(&self.client);
            self.revoking = Some((partitions, answer));
            return self.sleep(REVOKE_NAP);
        }
        if let Err(error) = self.give_away(&partitions) {
            self.fail(EdgeError::Fatal(format!("giving partitions away: {error}")));
        }
    }

    fn give_away(&mut self, partitions: &TopicPartitionList) -> Result<(), KafkaError> {
        let gone = from_list(partitions);
        self.seeks.forget(&gone);
        self.pauses.forget(&self.client, &gone);
        unassign(&self.client, partitions)
    }

    fn announce(&self, partitions: &TopicPartitionList, event: impl FnOnce(Vec<TopicPartition>) -> Polled) {
        let partitions = from_list(partitions);
        let _ = self.events.send(Event::Polled(event(partitions)));
    }
}

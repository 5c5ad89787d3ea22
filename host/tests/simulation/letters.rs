//! The dead letter topic: writes, loses acknowledgements, or fails.

use std::sync::Arc;

use airlock::pipeline::edges::{EdgeError, Outgoing, Produce, Written};
use airlock::record::Offset;
use async_trait::async_trait;

use crate::dice::Dice;

/// Takes a dead letter that was written.
type Taken = Box<dyn Fn(&Outgoing) + Send + Sync>;

pub(crate) struct FakeLetters {
    pub(crate) dice: Arc<Dice>,
    pub(crate) taken: Taken,
}

#[async_trait]
impl Produce for FakeLetters {
    async fn produce(&self, records: Vec<Outgoing>) -> Vec<Result<Written, EdgeError>> {
        let dice = &self.dice;
        let mut answers = Vec::new();
        for record in &records {
            dice.point("dead letter").await;
            let failed = dice.fault(10);
            let key = String::from_utf8_lossy(record.key.as_deref().unwrap_or_default());
            dice.note(format!("  dead letter of {key}, failed: {failed}"));
            if !failed || dice.once_in(2) {
                (self.taken)(record);
            }
            let error = match dice.once_in(8) {
                true => EdgeError::Fatal("no such topic".to_owned()),
                false => EdgeError::Retriable("no leader".to_owned()),
            };
            answers.push(if failed { Err(error) } else { Ok(Written { partition: 0, offset: Offset(0) }) });
        }
        answers
    }
}

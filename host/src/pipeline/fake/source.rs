//! The fake of a source.

use std::collections::VecDeque;

use async_trait::async_trait;

use super::Journal;
use crate::pipeline::batch::{Access, Batch, BytesColumn, Call, Form, SourceRows, TopicColumn};
use crate::pipeline::edges::{Acknowledgement, CallError, PollLimits, Source, SourcePosition};

/// A source that appends scripted values, each at its own offset from 1 on.
#[derive(Default)]
pub(in crate::pipeline) struct FakeSource {
    pub(in crate::pipeline) journal: Journal,
    pub(in crate::pipeline) polls: VecDeque<Result<Vec<&'static str>, CallError>>,
    pub(in crate::pipeline) next: usize,
}

impl FakeSource {
    fn columns(&mut self, values: &[&str]) -> SourceRows {
        let text = |texts: Vec<String>| BytesColumn {
            lengths: texts.iter().map(|text| text.len() as i32).collect(),
            data: texts.concat().into_bytes(),
        };
        let rows = values.len();
        let offsets = (self.next + 1..=self.next + rows).map(|at| format!("{{\"at\":{at}}}")).collect();
        self.next += rows;
        SourceRows {
            topics: TopicColumn { names: vec!["t".to_owned()], rows: vec![0; rows] },
            partitions: Vec::new(),
            timestamps: Vec::new(),
            form: Form::Raw,
            keys: text(vec!["k".to_owned(); rows]),
            values: text(values.iter().map(|value| (*value).to_owned()).collect()),
            key_schemas: Vec::new(),
            value_schemas: Vec::new(),
            headers: None,
            source_partitions: vec!["{\"f\":1}".to_owned()],
            source_partition_rows: vec![0; rows],
            source_offsets: text(offsets),
        }
    }
}

#[async_trait]
impl Source for FakeSource {
    async fn start(&mut self) -> Result<(), CallError> {
        self.journal.write("start");
        Ok(())
    }

    async fn poll(&mut self, mut out: Batch, limits: PollLimits) -> (Batch, Result<(), CallError>) {
        if limits.max_rows == 0 {
            self.journal.write("tick");
            return (out, Ok(()));
        }
        match self.polls.pop_front() {
            Some(Ok(values)) => {
                out.open_call(Call { access: Access::Poll, ..Call::default() }).unwrap();
                out.append(self.columns(&values)).unwrap();
                out.commit_call();
                (out, Ok(()))
            }
            Some(Err(error)) => (out, Err(error)),
            None => {
                tokio::time::sleep(limits.max_wait).await;
                (out, Ok(()))
            }
        }
    }

    async fn commit_records(&mut self, acknowledged: &[Acknowledgement]) -> Result<(), CallError> {
        let offsets: Vec<_> = acknowledged.iter().map(|one| one.written.as_ref().map(|at| at.offset.0)).collect();
        self.journal.write(format!("acknowledged {offsets:?}"));
        Ok(())
    }

    async fn update_offsets(&mut self, pending: Vec<SourcePosition>) -> Result<Vec<SourcePosition>, CallError> {
        Ok(pending)
    }

    async fn commit(&mut self, stored: &[SourcePosition]) -> Result<(), CallError> {
        self.journal.write(format!("told {}", stored.len()));
        Ok(())
    }

    async fn stop(&mut self) {
        self.journal.write("stop");
    }
}

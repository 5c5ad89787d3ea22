//! A source that reads its world's rows from the stored offsets on, and fails in every way.

use std::sync::Arc;

use airlock::pipeline::batch::{Access, Batch, BytesColumn, Call, Form, NULL, SourceRows, TopicColumn};
use airlock::pipeline::edges::{Acknowledgement, CallError, PollLimits, Source, SourcePosition};
use async_trait::async_trait;

use super::world::{World, key};
pub(super) struct FakeSource {
    world: Arc<World>,
    alive: bool,
    /// The next row of each partition.
    next: Vec<usize>,
    last_batch: usize,
}

impl FakeSource {
    pub(super) fn new(world: Arc<World>) -> Self {
        Self { world, alive: false, next: Vec::new(), last_batch: 0 }
    }

    fn check_alive(&self, call: &str) -> Result<(), CallError> {
        if self.alive { Ok(()) } else { Err(CallError::Fatal(format!("{call}: the guest is not running"))) }
    }

    fn fail(&mut self, odds: usize) -> Result<(), CallError> {
        let dice = &self.world.dice;
        if !dice.fault(odds) {
            return Ok(());
        }
        match dice.below(5) {
            0 => {
                self.alive = false;
                Err(CallError::Trapped("unreachable".to_owned()))
            }
            1 => {
                self.alive = false;
                Err(CallError::TimedOut("too slow".to_owned()))
            }
            _ => Err(CallError::Retriable("not now".to_owned())),
        }
    }

    fn draw(&self, max_rows: usize) -> (Vec<(usize, usize)>, Vec<usize>) {
        let (mut rows, mut next) = (Vec::new(), self.next.clone());
        for _ in 0..self.world.dice.below(max_rows + 1) {
            let partition = self.world.dice.below(next.len());
            if next[partition] < self.world.rows(partition) {
                rows.push((partition, next[partition]));
                next[partition] += 1;
            }
        }
        (rows, next)
    }

    fn columns(&self, rows: &[(usize, usize)]) -> SourceRows {
        let text = |texts: &mut dyn Iterator<Item = Option<String>>| {
            let mut column = BytesColumn::default();
            for text in texts {
                column.lengths.push(text.as_ref().map_or(NULL, |text| text.len() as i32));
                column.data.extend(text.unwrap_or_default().into_bytes());
            }
            column
        };
        SourceRows {
            topics: TopicColumn { names: vec!["out".to_owned()], rows: vec![0; rows.len()] },
            partitions: Vec::new(),
            timestamps: Vec::new(),
            form: Form::Raw,
            keys: text(&mut rows.iter().map(|(partition, row)| Some(key(*partition, *row)))),
            values: text(&mut rows.iter().map(|(partition, row)| self.world.value(*partition, *row))),
            key_schemas: Vec::new(),
            value_schemas: Vec::new(),
            headers: None,
            source_partitions: (0..self.next.len()).map(|partition| format!("{{\"p\":{partition}}}")).collect(),
            source_partition_rows: rows.iter().map(|(partition, _)| *partition as u32).collect(),
            source_offsets: text(&mut rows.iter().map(|(_, row)| Some(format!("{{\"next\":{}}}", row + 1)))),
        }
    }
}

#[async_trait]
impl Source for FakeSource {
    async fn start(&mut self) -> Result<(), CallError> {
        self.alive = true;
        self.world.dice.point("start").await;
        self.next = (0..self.world.partitions()).map(|partition| self.world.stored(partition)).collect();
        self.last_batch = 0;
        self.fail(60)
    }

    async fn poll(&mut self, mut out: Batch, limits: PollLimits) -> (Batch, Result<(), CallError>) {
        self.world.dice.check(self.alive, || "invariant 5: poll of an instance that is gone".to_owned());
        self.world.dice.point("poll").await;
        let (rows, next) = self.draw(limits.max_rows as usize);
        out.open_call(Call { access: Access::Poll, ..Call::default() }).unwrap();
        if !rows.is_empty() {
            out.append(self.columns(&rows)).unwrap();
        }
        if let Err(error) = self.fail(30) {
            out.abort_call();
            return (out, Err(error));
        }
        out.commit_call();
        if limits.max_rows > 0 {
            self.next = next;
            self.last_batch = rows.len();
        }
        (out, Ok(()))
    }

    async fn commit_records(&mut self, acknowledged: &[Acknowledgement]) -> Result<(), CallError> {
        self.check_alive("commit-records")?;
        self.world.dice.point("commit-records").await;
        let rows: Vec<u32> = acknowledged.iter().map(|one| one.row).collect();
        let expected: Vec<u32> = (0..self.last_batch as u32).collect();
        self.world.dice.check(rows == expected, || format!("acknowledged {rows:?} of {expected:?}"));
        self.fail(40)
    }

    async fn update_offsets(&mut self, mut pending: Vec<SourcePosition>) -> Result<Vec<SourcePosition>, CallError> {
        self.check_alive("update-offsets")?;
        self.world.dice.point("update-offsets").await;
        if self.world.dice.once_in(3) {
            pending.push(SourcePosition { partition: "{\"beat\":1}".to_owned(), offset: Some("{}".to_owned()) });
        }
        self.fail(40).map(|()| pending)
    }

    async fn commit(&mut self, stored: &[SourcePosition]) -> Result<(), CallError> {
        self.check_alive("commit")?;
        self.world.dice.point("commit").await;
        stored.iter().for_each(|position| self.world.store(position));
        self.fail(40)
    }

    async fn stop(&mut self) {
        self.world.dice.point("stop").await;
        self.alive = false;
    }
}

//! What guests read and set of where rows go: topics, partitions, timestamps and headers.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Batch;
use super::columns::{BatchError, HeaderColumn, TopicColumn};
use super::headers::HeaderRange;
use super::payloads::invalid;
use super::rows::Access;
use super::table::Record;
use super::topics::is_legal;

impl Batch {
    /// Returns the topic of each row.
    pub fn topics(&self) -> TopicColumn {
        self.topic_column(|row| self.topic(row))
    }

    /// Returns the topic of each row as it was consumed.
    pub fn original_topics(&self) -> TopicColumn {
        self.topic_column(|row| self.record(row).map_or(0, |record| record.topic))
    }

    fn topic_column(&self, topic: impl Fn(u32) -> u32) -> TopicColumn {
        let mut column = TopicColumn { names: Vec::new(), rows: Vec::with_capacity(self.view().len()) };
        let mut places = vec![None; self.topics.len()];
        for row in self.view().iter() {
            let topic = topic(*row);
            let Some(place) = places.get_mut(topic as usize) else { continue };
            let index = *place.get_or_insert_with(|| {
                column.names.push(self.topics.name(topic).to_owned());
                column.names.len() as u32 - 1
            });
            column.rows.push(index);
        }
        column
    }

    /// Sends each row to another topic.
    ///
    /// # Errors
    /// Refuses a wrong length.
    pub fn set_topics(&mut self, topics: TopicColumn) -> Result<(), BatchError> {
        let view = self.writable(Access::Transform)?;
        check_topics(&topics, view.len())?;
        self.headers.charge(topics.names.iter().map(|name| name.len() as u64).sum())?;
        self.reject_illegal(&topics, &view)?;
        let names: Vec<u32> = topics.names.iter().map(|name| self.topics.intern(name)).collect();
        let values = topics.rows.iter().map(|index| names.get(*index as usize).copied().unwrap_or_default());
        let mut column = self.rows.topics.take().unwrap_or_else(|| self.original_column(|record| record.topic));
        set(&mut column, &view, values);
        self.rows.topics = Some(column);
        self.wrote();
        Ok(())
    }

    /// Rejects the rows whose new name can't be a topic's: records make such names, so no guest is to blame. After an
    /// error none is rejected.
    fn reject_illegal(&mut self, topics: &TopicColumn, view: &[u32]) -> Result<(), BatchError> {
        let mut illegal_rows: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        let is_illegal: Vec<bool> = topics.names.iter().map(|name| !is_legal(name)).collect();
        for (row, index) in view.iter().zip(&topics.rows) {
            if is_illegal.get(*index as usize) == Some(&true) {
                illegal_rows.entry(*index).or_default().push(*row);
            }
        }
        let before = self.rows.clone();
        let done = illegal_rows.into_iter().try_for_each(|(index, rows)| {
            let name = topics.names.get(index as usize).map_or("", String::as_str);
            self.reject_rows(&rows, illegal(name))
        });
        if done.is_err() {
            self.rows = before;
        }
        done
    }

    /// Returns the partition of each row; -1 where a source row has none.
    pub fn partitions(&self) -> Vec<i32> {
        self.view().iter().map(|row| self.partition(*row)).collect()
    }

    /// Returns the partition of each row as it was consumed.
    pub fn original_partitions(&self) -> Vec<i32> {
        self.view().iter().map(|row| self.record(*row).map_or(-1, |record| record.partition)).collect()
    }

    /// Sets the partition of each row; -1 lets the partitioner choose.
    ///
    /// # Errors
    /// Refuses a wrong length and numbers below -1.
    pub fn set_partitions(&mut self, partitions: Vec<i32>) -> Result<(), BatchError> {
        let view = self.writable(Access::Transform)?;
        check_numbers("partition", (&partitions, view.len()), -1)?;
        let mut column = self.rows.partitions.take().unwrap_or_else(|| self.original_column(|record| record.partition));
        set(&mut column, &view, partitions.into_iter());
        self.rows.partitions = Some(column);
        self.wrote();
        Ok(())
    }

    /// Returns the offset of each row; -1 in a source.
    pub fn offsets(&self) -> Vec<i64> {
        self.view().iter().map(|row| self.record(*row).map_or(-1, |record| record.offset)).collect()
    }

    /// Returns the timestamp of each row; -1 for none.
    pub fn timestamps(&self) -> Vec<i64> {
        self.view().iter().map(|row| self.timestamp(*row)).collect()
    }

    /// Sets the timestamp of each row; -1 for none.
    ///
    /// # Errors
    /// Refuses a wrong length and numbers below -1.
    pub fn set_timestamps(&mut self, timestamps: Vec<i64>) -> Result<(), BatchError> {
        let view = self.writable(Access::Transform)?;
        check_numbers("timestamp", (&timestamps, view.len()), -1)?;
        let mut column = self.rows.timestamps.take().unwrap_or_else(|| self.original_column(|record| record.timestamp));
        set(&mut column, &view, timestamps.into_iter());
        self.rows.timestamps = Some(column);
        self.wrote();
        Ok(())
    }

    /// Returns all headers.
    pub fn headers(&self) -> HeaderColumn {
        self.headers.column(self.view().iter().map(|row| self.header_range(*row)))
    }

    /// Replaces all headers.
    ///
    /// # Errors
    /// Refuses columns that do not fit each other or the rows.
    pub fn set_headers(&mut self, headers: HeaderColumn) -> Result<(), BatchError> {
        let view = self.writable(Access::Transform)?;
        let ranges = self.headers.store(&headers, view.len())?;
        self.set_header_ranges(&view, ranges);
        self.wrote();
        Ok(())
    }

    /// Gives each of these rows its headers.
    pub(super) fn set_header_ranges(&mut self, view: &[u32], ranges: Vec<HeaderRange>) {
        let mut column = self.rows.headers.take().unwrap_or_else(|| self.original_column(|record| record.headers));
        set(&mut column, view, ranges.into_iter());
        self.rows.headers = Some(column);
    }

    /// Returns the record that a row came from.
    pub(super) fn record(&self, row: u32) -> Option<&Record> {
        self.records.get(self.rows.origin(row) as usize)
    }

    /// Returns the number of a row's topic.
    pub(super) fn topic(&self, row: u32) -> u32 {
        self.current(row, &self.rows.topics, |record| record.topic).unwrap_or_default()
    }

    /// Returns a row's partition; -1 for none.
    pub(super) fn partition(&self, row: u32) -> i32 {
        self.current(row, &self.rows.partitions, |record| record.partition).unwrap_or(-1)
    }

    /// Returns a row's timestamp; -1 for none.
    pub(super) fn timestamp(&self, row: u32) -> i64 {
        self.current(row, &self.rows.timestamps, |record| record.timestamp).unwrap_or(-1)
    }

    /// Returns which headers a row has.
    pub(super) fn header_range(&self, row: u32) -> HeaderRange {
        self.current(row, &self.rows.headers, |record| record.headers).unwrap_or_default()
    }

    #[inline]
    fn current<T: Copy>(&self, row: u32, set: &Option<Arc<Vec<T>>>, original: impl Fn(&Record) -> T) -> Option<T> {
        match set {
            Some(column) => column.get(row as usize).copied(),
            None => self.record(row).map(original),
        }
    }

    /// Makes a column of all rows, as their records have it.
    fn original_column<T: Copy + Default>(&self, original: impl Fn(&Record) -> T) -> Arc<Vec<T>> {
        let value = |row| self.record(row).map(&original).unwrap_or_default();
        Arc::new((0..self.rows.len() as u32).map(value).collect())
    }
}

fn set<T: Copy>(column: &mut Arc<Vec<T>>, view: &[u32], values: impl Iterator<Item = T>) {
    let column = Arc::make_mut(column);
    for (row, value) in view.iter().zip(values) {
        if let Some(place) = column.get_mut(*row as usize) {
            *place = value;
        }
    }
}

/// Checks a column of topics for `rows` rows.
pub(super) fn check_topics(topics: &TopicColumn, rows: usize) -> Result<(), BatchError> {
    if topics.rows.len() != rows {
        return Err(invalid(format!("there are {} topics for {rows} rows", topics.rows.len())));
    }
    if let Some(outside) = topics.rows.iter().find(|index| **index as usize >= topics.names.len()) {
        return Err(invalid(format!("topic {outside} is out of range; there are {} names", topics.names.len())));
    }
    Ok(())
}

/// How many characters of a name are shown; legal ones have fewer.
const SHOWN: usize = 300;

/// Says that a name can't be a topic's.
pub(super) fn illegal(name: &str) -> String {
    let shown: String = name.chars().take(SHOWN).collect();
    format!("{shown:?} can't be a topic of Kafka: 1 to 249 letters, digits, dots, underscores and hyphens are legal")
}

/// Checks a column of numbers.
pub(super) fn check_numbers<T: Copy + PartialOrd + std::fmt::Display>(
    what: &str,
    (numbers, rows): (&[T], usize),
    lowest: T,
) -> Result<(), BatchError> {
    if numbers.len() != rows {
        return Err(invalid(format!("there are {} {what}s for {rows} rows", numbers.len())));
    }
    match numbers.iter().find(|number| **number < lowest) {
        Some(number) => Err(invalid(format!("{number} is no {what}; {lowest} stands for none"))),
        None => Ok(()),
    }
}

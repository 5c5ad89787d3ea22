//! The headers of rows. They are stored once and only appended to; rows have ranges of them.

use super::columns::{BatchError, BytesColumn, Form, HeaderColumn, NULL};
use super::content::Content;
use super::payloads::{Arena, Mark, Payloads, Span, checked_rows, invalid};
use super::recycle::empty;
use super::rows::HeaderRef;
use super::schema_table::SchemaTable;

/// Why values of headers must be raw.
const SIMPLE: &str =
    "SimpleHeaderConverter is here: header values are texts, which a guest makes itself, in the form raw";

/// Which of the stored headers a row has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct HeaderRange {
    start: u32,
    count: u32,
}

#[derive(Debug, Clone, Copy)]
struct Header {
    key: Span,
    value: Option<Span>,
}

/// All headers of a batch.
#[derive(Default)]
pub(super) struct Headers {
    /// How values are understood; none: as `SimpleHeaderConverter` does.
    content: Option<Content>,
    arena: Arena,
    headers: Vec<Header>,
}

/// Headers as Kafka has them, and why rows have some that could not be made, by position.
type Converted = (HeaderColumn, Vec<(usize, String)>);

impl Headers {
    pub(super) fn content(&self) -> Option<&Content> {
        self.content.as_ref()
    }

    pub(super) fn set_content(&mut self, content: Option<Content>) {
        self.content = content;
    }

    /// Returns which rows have headers that the converter can't read, by how many came before, and why.
    pub(super) fn unreadable(
        &self,
        rows: impl Iterator<Item = HeaderRange>,
        schemas: &mut SchemaTable,
    ) -> Vec<(usize, String)> {
        let Some(content) = self.content.as_ref().filter(|content| !content.reads_all()) else { return Vec::new() };
        let (mut values, mut owners) = (Payloads::new(content.clone()), Vec::new());
        for (row, range) in rows.enumerate() {
            for (_, value) in self.of(range) {
                values.push(value);
                owners.push(row);
            }
        }
        let mut failed: Vec<(usize, String)> = Vec::new();
        for (header, reason) in values.decode(0, schemas) {
            let Some(row) = owners.get(header).copied() else { continue };
            // The first of a row counts.
            if failed.last().is_none_or(|(last, _)| *last != row) {
                failed.push((row, reason));
            }
        }
        failed
    }

    /// Makes bytes of values; in the place of one that can't be converted is a null.
    ///
    /// # Errors
    /// Refuses columns that don't fit each other, and values that aren't of the form.
    pub(super) fn converted(
        &self,
        (form, added): (Form, HeaderColumn),
        ids: &[u32],
        schemas: &mut SchemaTable,
    ) -> Result<Converted, BatchError> {
        let HeaderColumn { counts, keys, values } = added;
        let Some(content) = &self.content else {
            return match form {
                Form::Raw => Ok((HeaderColumn { counts, keys, values }, Vec::new())),
                _ => Err(BatchError::Unsupported(SIMPLE.to_owned())),
            };
        };
        let mut payloads = Payloads::new(content.clone());
        payloads.append((keys.len(), ids), (form, values), schemas)?;
        let (mut raw, mut reasons) = (BytesColumn::default(), vec![None; keys.len()]);
        for (header, reason) in (0..).zip(&mut reasons) {
            let start = raw.data.len();
            let some = payloads.append_raw(header, &mut raw.data, schemas).unwrap_or_else(|text| {
                *reason = Some(text);
                false
            });
            raw.data.truncate(if some { raw.data.len() } else { start });
            let length =
                i32::try_from(raw.data.len() - start).map_err(|_| invalid("a header is too long".to_owned()))?;
            raw.lengths.push(if some { length } else { NULL });
        }
        let mut reasons = reasons.into_iter();
        let failed = counts.iter().enumerate().filter_map(|(row, count)| {
            let first = reasons.by_ref().take(*count as usize).flatten().reduce(|first, _| first);
            Some((row, first?))
        });
        let failed = failed.collect();
        Ok((HeaderColumn { counts, keys, values: raw }, failed))
    }

    /// Stores a column of headers that come behind those that rows have; returns what the rows have then.
    ///
    /// # Errors
    /// Refuses a column that does not fit; nothing is stored then.
    pub(super) fn append(
        &mut self,
        present: &[HeaderRange],
        added: &HeaderColumn,
    ) -> Result<Vec<HeaderRange>, BatchError> {
        let mark = self.mark();
        let added = self.store(added, present.len())?;
        let copies: u64 = present.iter().map(|range| u64::from(range.count)).sum();
        let charged = self.arena.charge(32 * copies);
        charged.inspect_err(|_| self.restore(mark))?;
        let mut joined = Vec::with_capacity(present.len());
        for (present, added) in present.iter().zip(&added) {
            let start = self.headers.len() as u32;
            for range in [present, added] {
                let (first, last) = (range.start as usize, (range.start + range.count) as usize);
                // Not out of range: both were stored.
                if last <= self.headers.len() {
                    self.headers.extend_from_within(first..last);
                }
            }
            joined.push(HeaderRange { start, count: present.count + added.count });
        }
        Ok(joined)
    }

    /// Adds the headers of a consumed record, unless they do not fit.
    #[inline]
    pub(super) fn add(&mut self, headers: &[HeaderRef<'_>]) -> Option<HeaderRange> {
        let range = HeaderRange { start: self.headers.len() as u32, count: headers.len() as u32 };
        for (key, value) in headers {
            let (key, span) = self.arena.append_pair(key.as_bytes(), value.unwrap_or_default())?;
            self.headers.push(Header { key, value: value.map(|_| span) });
        }
        Some(range)
    }

    /// Empties the store, and keeps its memory.
    pub(super) fn reset(&mut self) {
        let Headers { content: _, arena, headers } = self;
        arena.reset();
        empty(headers);
    }

    pub(super) fn byte_size(&self) -> usize {
        self.arena.len()
    }

    /// Returns the headers of a row.
    pub(super) fn of(&self, range: HeaderRange) -> impl Iterator<Item = HeaderRef<'_>> {
        let (start, count) = (range.start as usize, range.count as usize);
        let headers = self.headers.get(start..start + count).unwrap_or_default();
        headers.iter().map(|header| {
            let key = std::str::from_utf8(self.arena.get(header.key)).unwrap_or_default();
            (key, header.value.map(|value| self.arena.get(value)))
        })
    }

    /// Returns how many bytes the headers of a row have.
    pub(super) fn weight(&self, range: HeaderRange) -> u64 {
        self.of(range).map(|(key, value)| 32 + key.len() as u64 + value.map_or(0, <[u8]>::len) as u64).sum()
    }

    /// Makes a column of the headers of rows.
    pub(super) fn column(&self, ranges: impl Iterator<Item = HeaderRange>) -> HeaderColumn {
        let mut column = HeaderColumn::default();
        for range in ranges {
            column.counts.push(range.count);
            for (key, value) in self.of(range) {
                column.keys.push(key.to_owned());
                let value_length = value.map_or(NULL, |value| i32::try_from(value.len()).unwrap_or(NULL));
                column.values.lengths.push(value_length);
                column.values.data.extend_from_slice(value.unwrap_or_default());
            }
        }
        column
    }

    /// Stores a column for `rows` rows that a guest wrote.
    ///
    /// # Errors
    /// Refuses a column that does not fit; nothing is stored then.
    pub(super) fn store(&mut self, column: &HeaderColumn, rows: usize) -> Result<Vec<HeaderRange>, BatchError> {
        if column.counts.len() != rows {
            return Err(invalid(format!(
                "the headers have {} counts where there are {rows} rows",
                column.counts.len()
            )));
        }
        let total: u64 = column.counts.iter().map(|count| u64::from(*count)).sum();
        if total != column.keys.len() as u64 {
            return Err(invalid(format!(
                "the headers' counts add up to {total}, but there are {} keys",
                column.keys.len()
            )));
        }
        let mark = self.mark();
        let stored = self.store_values(&column.keys, &column.values);
        let first = stored.inspect_err(|_| self.restore(mark))?;
        let mut start = first as u32;
        let range = |count: &u32| {
            let range = HeaderRange { start, count: *count };
            start += count;
            range
        };
        Ok(column.counts.iter().map(range).collect())
    }

    fn store_values(&mut self, keys: &[String], values: &BytesColumn) -> Result<usize, BatchError> {
        let first = self.headers.len();
        let values = checked_rows(values, keys.len(), NULL)?;
        self.arena.charge(32 * keys.len() as u64)?;
        for (key, value) in keys.iter().zip(values) {
            let key = self.arena.write(key.as_bytes())?;
            let value = value.ok().map(|value| self.arena.write(value)).transpose()?;
            self.headers.push(Header { key, value });
        }
        Ok(first)
    }

    /// Counts bytes that a guest makes the batch grow by.
    ///
    /// # Errors
    /// Refuses what is beyond the limit of a batch.
    pub(super) fn charge(&mut self, bytes: u64) -> Result<(), BatchError> {
        self.arena.charge(bytes)
    }

    /// Returns the present end, for [`Headers::restore`].
    pub(super) fn mark(&self) -> (Mark, usize) {
        (self.arena.mark(), self.headers.len())
    }

    /// Forgets what was stored since the mark was taken.
    pub(super) fn restore(&mut self, (arena, headers): (Mark, usize)) {
        self.arena.truncate(arena);
        self.headers.truncate(headers);
    }
}

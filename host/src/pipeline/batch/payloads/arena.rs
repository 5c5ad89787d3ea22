//! Bytes by position: all that a part of a batch holds, as consumed and as written, lies in one arena. It
//! only grows, except that an undone call is cut off.

use super::super::columns::BatchError;
use super::super::recycle::empty;

/// A run of bytes in an [`Arena`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in super::super) struct Span {
    /// The first byte.
    pub(in super::super) start: u32,
    /// Just behind the last one.
    pub(in super::super) end: u32,
}

impl Span {
    /// Returns how many bytes it has.
    pub(in super::super) fn len(self) -> usize {
        self.end.saturating_sub(self.start) as usize
    }
}

/// How many bytes guests may add to the keys or to the values of any batch, copies counted.
const GROWTH_LIMIT: u64 = 256 << 20;
/// How many more they may add for each byte that came in.
const GROWTH_FACTOR: u64 = 32;

/// Bytes that are only ever appended to: those that came in lie together, before all that guests wrote.
#[derive(Default)]
pub(in super::super) struct Arena {
    consumed: Vec<u8>,
    written: Vec<Segment>,
    /// Room for the next segment.
    spare: Vec<u8>,
    len: usize,
    grown: u64,
}

/// A run of bytes that guests wrote.
struct Segment {
    /// The position of the first one.
    base: usize,
    bytes: Vec<u8>,
    /// Whether more may be appended; a guest's own buffer stays as it came.
    open: bool,
}

/// Where an arena ends, to go back there.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Mark {
    len: usize,
    grown: u64,
}

impl Arena {
    /// Appends consumed bytes, unless positions would overflow 32 bits.
    #[inline]
    pub(in super::super) fn append(&mut self, bytes: &[u8]) -> Option<Span> {
        let span = self.span_ahead(bytes.len())?;
        if self.written.is_empty() {
            self.consumed.extend_from_slice(bytes);
        } else {
            self.open_segment().extend_from_slice(bytes);
        }
        self.len += bytes.len();
        Some(span)
    }

    /// Appends bytes that a guest wrote.
    ///
    /// # Errors
    /// Refuses what is beyond the limit of a batch.
    pub(in super::super) fn write(&mut self, bytes: &[u8]) -> Result<Span, BatchError> {
        self.write_with(|out| out.extend_from_slice(bytes))
    }

    /// Appends what `write` appends for a guest; it must not do anything else.
    ///
    /// # Errors
    /// Refuses what is beyond the limit of a batch.
    pub(in super::super) fn write_with(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> Result<Span, BatchError> {
        let out = self.open_segment();
        let before = out.len();
        write(out);
        let added = out.len() - before;
        let span = self.span_ahead(added).ok_or_else(full).and_then(|span| self.charge(added as u64).map(|()| span));
        match span {
            Ok(_) => self.len += added,
            Err(_) => self.open_segment().truncate(before),
        }
        span
    }

    /// Appends a guest's buffer without copying it.
    ///
    /// # Errors
    /// Refuses what is beyond the limit of a batch.
    pub(in super::super) fn adopt(&mut self, bytes: Vec<u8>) -> Result<Span, BatchError> {
        let span = self.span_ahead(bytes.len()).ok_or_else(full)?;
        self.charge(bytes.len() as u64)?;
        self.len += bytes.len();
        self.written.push(Segment { base: span.start as usize, bytes, open: false });
        Ok(span)
    }

    /// Appends consumed bytes in two parts, as [`Arena::append`] does.
    #[inline]
    pub(in super::super) fn append_pair(&mut self, first: &[u8], second: &[u8]) -> Option<(Span, Span)> {
        let both = self.span_ahead(first.len() + second.len())?;
        let out = if self.written.is_empty() { &mut self.consumed } else { self.open_segment() };
        out.reserve(both.len());
        out.extend_from_slice(first);
        out.extend_from_slice(second);
        self.len += both.len();
        let middle = both.start + first.len() as u32;
        Some((Span { start: both.start, end: middle }, Span { start: middle, end: both.end }))
    }

    #[inline]
    fn span_ahead(&self, len: usize) -> Option<Span> {
        Some(Span { start: self.len as u32, end: u32::try_from(self.len + len).ok()? })
    }

    fn open_segment(&mut self) -> &mut Vec<u8> {
        if !self.written.last().is_some_and(|last| last.open) {
            let bytes = std::mem::take(&mut self.spare);
            self.written.push(Segment { base: self.len, bytes, open: true });
        }
        match self.written.last_mut() {
            Some(last) => &mut last.bytes,
            None => &mut self.consumed,
        }
    }

    /// Counts bytes that a guest makes the batch grow by, now or when it is written out.
    ///
    /// # Errors
    /// Refuses what is beyond the limit of a batch.
    pub(in super::super) fn charge(&mut self, bytes: u64) -> Result<(), BatchError> {
        let grown = self.grown.saturating_add(bytes);
        if grown > self.limit() {
            return Err(full());
        }
        self.grown = grown;
        Ok(())
    }

    fn limit(&self) -> u64 {
        GROWTH_LIMIT + GROWTH_FACTOR * self.consumed.len() as u64
    }

    /// Returns by how many bytes the batch may still grow.
    pub(in super::super) fn room(&self) -> usize {
        usize::try_from(self.limit().saturating_sub(self.grown)).unwrap_or(usize::MAX)
    }

    /// Returns the present end, for [`Arena::truncate`].
    pub(in super::super) fn mark(&self) -> Mark {
        Mark { len: self.len, grown: self.grown }
    }

    /// Forgets what was appended since the mark was taken.
    pub(in super::super) fn truncate(&mut self, mark: Mark) {
        self.written.retain(|segment| segment.base < mark.len);
        match self.written.last_mut() {
            Some(last) => last.bytes.truncate(mark.len - last.base),
            None => self.consumed.truncate(mark.len),
        }
        (self.len, self.grown) = (mark.len, mark.grown);
    }

    /// Returns the bytes of a span; none where it is out of range.
    #[inline]
    pub(in super::super) fn get(&self, span: Span) -> &[u8] {
        match self.consumed.get(span.start as usize..span.end as usize) {
            Some(bytes) => bytes,
            None => self.get_written(span),
        }
    }

    #[inline]
    fn get_written(&self, span: Span) -> &[u8] {
        let (bytes, base) = self.around(span);
        let (start, end) = ((span.start as usize).checked_sub(base), (span.end as usize).checked_sub(base));
        start.zip(end).and_then(|(start, end)| bytes.get(start..end)).unwrap_or_default()
    }

    /// Returns the bytes that a span lies in, and the position of the first one.
    #[inline]
    pub(in super::super) fn around(&self, span: Span) -> (&[u8], usize) {
        let start = span.start as usize;
        if start < self.consumed.len() {
            return (&self.consumed, 0);
        }
        if let Some(last) = self.written.last().filter(|last| last.base <= start) {
            return (&last.bytes, last.base);
        }
        let behind = self.written.partition_point(|segment| segment.base <= start);
        match behind.checked_sub(1).and_then(|index| self.written.get(index)) {
            Some(segment) => (&segment.bytes, segment.base),
            None => (&self.consumed, 0),
        }
    }

    /// Empties the arena, and keeps the memory of the consumed bytes and of the first that were written.
    pub(in super::super) fn reset(&mut self) {
        let Arena { consumed, written, spare, len, grown } = self;
        empty(consumed);
        if let Some(first) = written.drain(..).next().filter(|first| first.open) {
            *spare = first.bytes;
        }
        empty(spare);
        (*len, *grown) = (0, 0);
    }

    /// Tells whether these bytes came in: those lie together.
    pub(in super::super) fn is_consumed(&self, span: Span) -> bool {
        span.end as usize <= self.consumed.len()
    }

    /// Returns how many bytes there are.
    pub(in super::super) fn len(&self) -> usize {
        self.len
    }
}

/// Refuses what is beyond the limit of a batch.
pub(super) fn full() -> BatchError {
    let limit = GROWTH_LIMIT >> 20;
    let text = format!("the batch would grow by more than {limit} MiB and {GROWTH_FACTOR} times its size; write less");
    BatchError::InvalidArgument(text)
}

//! Bytes by position: all that a part of a batch holds, as consumed and as written, lies in one arena. It
//! only grows, except that an undone call is cut off.

use super::super::columns::BatchError;

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

/// How many bytes guests may add to the keys or to the values of one batch, copies counted.
const GROWTH_LIMIT: u64 = 256 << 20;

/// Bytes that are only ever appended to.
#[derive(Default)]
pub(in super::super) struct Arena {
    bytes: Vec<u8>,
    grown: u64,
}

impl Arena {
    /// Appends consumed bytes, unless positions would overflow 32 bits.
    #[inline]
    pub(in super::super) fn append(&mut self, bytes: &[u8]) -> Option<Span> {
        let start = self.bytes.len() as u32;
        let end = u32::try_from(self.bytes.len() + bytes.len()).ok()?;
        self.bytes.extend_from_slice(bytes);
        Some(Span { start, end })
    }

    /// Appends bytes that a guest wrote.
    ///
    /// # Errors
    /// Refuses what is beyond the limit of a batch.
    pub(in super::super) fn write(&mut self, bytes: &[u8]) -> Result<Span, BatchError> {
        self.charge(bytes.len() as u64)?;
        self.append(bytes).ok_or_else(full)
    }

    /// Appends what `write` appends for a guest; it must not do anything else.
    ///
    /// # Errors
    /// Refuses what is beyond the limit of a batch.
    pub(in super::super) fn write_with(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> Result<Span, BatchError> {
        let start = self.bytes.len();
        write(&mut self.bytes);
        let span = Span { start: start as u32, end: self.bytes.len() as u32 };
        let fits = u32::try_from(self.bytes.len()).map_err(|_| full());
        fits.and_then(|_| self.charge((self.bytes.len() - start) as u64))
            .inspect_err(|_| self.bytes.truncate(start))?;
        Ok(span)
    }

    /// Counts bytes that a guest makes the batch grow by, now or when it is written out.
    ///
    /// # Errors
    /// Refuses what is beyond the limit of a batch.
    pub(in super::super) fn charge(&mut self, bytes: u64) -> Result<(), BatchError> {
        let grown = self.grown.saturating_add(bytes);
        if grown > GROWTH_LIMIT {
            return Err(full());
        }
        self.grown = grown;
        Ok(())
    }

    /// Returns the present end, for [`Arena::truncate`].
    pub(in super::super) fn mark(&self) -> (usize, u64) {
        (self.bytes.len(), self.grown)
    }

    /// Forgets what was appended since the mark was taken.
    pub(in super::super) fn truncate(&mut self, (len, grown): (usize, u64)) {
        self.bytes.truncate(len);
        self.grown = grown;
    }

    /// Returns the bytes of a span; none where it is out of range.
    #[inline]
    pub(in super::super) fn get(&self, span: Span) -> &[u8] {
        self.bytes.get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    /// Returns all bytes.
    #[inline]
    pub(in super::super) fn all(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns how many bytes there are.
    pub(in super::super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Makes room for this many more bytes.
    pub(in super::super) fn reserve(&mut self, bytes: usize) {
        self.bytes.reserve(bytes);
    }
}

fn full() -> BatchError {
    let limit = GROWTH_LIMIT >> 20;
    BatchError::InvalidArgument(format!("the batch would grow by more than {limit} MiB; write less, or fewer rows"))
}

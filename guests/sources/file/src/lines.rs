//! Finds lines in a growing file. A line ends with `\n`, `\r\n` or `\r`; what has no end yet is no line. Knows
//! nothing of records.

use std::borrow::Cow;
use std::fs::File;
use std::io::{Read, Result, Seek, SeekFrom};

use memchr::memchr2;

/// How much is read at a time.
const CHUNK: usize = 64 * 1024;

/// The lines of a file from some position on.
pub(crate) struct Lines {
    file: File,
    /// What was read of the file; up to `start` it has been given out as lines.
    buffer: Vec<u8>,
    start: usize,
    /// Where in the file `start` is.
    position: u64,
}

/// What comes next in a file.
pub(crate) enum Next<'a> {
    /// A line without its end, and the position after that end.
    Line(Cow<'a, str>, u64),
    /// No whole line, now.
    Nothing,
    /// The file is shorter than what was read of it.
    Truncated { length: u64, position: u64 },
}

impl Lines {
    pub(crate) fn open(path: &str, position: u64) -> Result<Self> {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(position))?;
        Ok(Lines { file, buffer: Vec::new(), start: 0, position })
    }

    /// Returns the next line. Bytes that are no UTF-8 become U+FFFD, as in Java.
    pub(crate) fn next_line(&mut self) -> Result<Next<'_>> {
        let mut searched = 0;
        let (length, end) = loop {
            let rest = self.buffer.get(self.start..).unwrap_or_default();
            match find_end(rest, searched) {
                Some(found) => break found,
                None => searched = rest.len().saturating_sub(1),
            }
            if self.read_more()? == 0 {
                return self.at_end();
            }
        };
        let line = self.start..self.start + length;
        self.start += end;
        self.position += end as u64;
        Ok(Next::Line(String::from_utf8_lossy(self.buffer.get(line).unwrap_or_default()), self.position))
    }

    fn read_more(&mut self) -> Result<usize> {
        self.buffer.drain(..self.start);
        self.start = 0;
        let filled = self.buffer.len();
        self.buffer.resize(filled + CHUNK, 0);
        let read = self.file.read(self.buffer.get_mut(filled..).unwrap_or_default());
        self.buffer.truncate(filled + read.as_ref().map_or(0, |read| *read));
        read
    }

    fn at_end(&mut self) -> Result<Next<'_>> {
        let length = self.file.metadata()?.len();
        let position = self.position + (self.buffer.len() - self.start) as u64;
        // WASI reads a file as a stream, which has ended for good at its first end; a seek opens another.
        self.file.seek(SeekFrom::Start(position))?;
        Ok(if length < position { Next::Truncated { length, position } } else { Next::Nothing })
    }
}

/// Finds the end of the first line, whose first `searched` bytes have none: how long the line is, and what
/// it takes with its end. After a last `\r` there may come a `\n`, so that is no end yet.
fn find_end(bytes: &[u8], searched: usize) -> Option<(usize, usize)> {
    let at = searched + memchr2(b'\n', b'\r', bytes.get(searched..)?)?;
    match (bytes.get(at)?, bytes.get(at + 1)) {
        (b'\r', None) => None,
        (b'\r', Some(b'\n')) => Some((at, at + 2)),
        _ => Some((at, at + 1)),
    }
}

//! The JSON text of payloads as it is written: as JsonConverter does, and no longer than a limit.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// How long the text of one value may get.
const MOST: usize = 64 << 20;

/// The text so far.
pub(super) struct Text<'a> {
    out: &'a mut Vec<u8>,
    most: usize,
}

impl<'a> Text<'a> {
    pub(super) fn new(out: &'a mut Vec<u8>) -> Self {
        let most = out.len().saturating_add(MOST);
        Self { out, most }
    }

    /// Appends what is JSON already.
    ///
    /// # Errors
    /// Says that the text gets too long, as do the others.
    pub(super) fn raw(&mut self, bytes: &[u8]) -> Result<(), String> {
        if self.out.len().saturating_add(bytes.len()) > self.most {
            return Err(format!("it has more than {} MiB as text", MOST >> 20));
        }
        self.out.extend_from_slice(bytes);
        Ok(())
    }

    pub(super) fn show(&mut self, number: impl std::fmt::Display) -> Result<(), String> {
        self.raw(number.to_string().as_bytes())
    }

    pub(super) fn text(&mut self, text: &str) -> Result<(), String> {
        self.raw(&quoted(text))
    }

    pub(super) fn base64(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.raw(format!("\"{}\"", STANDARD.encode(bytes)).as_bytes())
    }

    pub(super) fn float(&mut self, number: f32) -> Result<(), String> {
        match number.is_finite() {
            true => self.raw(format!("{number:?}").as_bytes()),
            false => self.not_finite(number.into()),
        }
    }

    pub(super) fn double(&mut self, number: f64) -> Result<(), String> {
        match number.is_finite() {
            true => self.raw(format!("{number:?}").as_bytes()),
            false => self.not_finite(number),
        }
    }

    /// Writes what JSON has no number for as Java does.
    fn not_finite(&mut self, number: f64) -> Result<(), String> {
        self.raw(match number {
            number if number.is_nan() => b"\"NaN\"",
            number if number > 0.0 => b"\"Infinity\"",
            _ => b"\"-Infinity\"",
        })
    }

    /// Appends what `each` appends of every item, with commas between.
    pub(super) fn list<T>(
        &mut self,
        ends: [u8; 2],
        items: impl IntoIterator<Item = T>,
        mut each: impl FnMut(&mut Self, T) -> Result<(), String>,
    ) -> Result<(), String> {
        let [open, close] = ends;
        self.raw(&[open])?;
        for (index, item) in items.into_iter().enumerate() {
            if index > 0 {
                self.raw(b",")?;
            }
            each(self, item)?;
        }
        self.raw(&[close])
    }
}

/// Returns a text in quotes.
pub(super) fn quoted(text: &str) -> Vec<u8> {
    serde_json::to_vec(text).unwrap_or_default()
}

/// Returns a name in quotes with a colon.
pub(super) fn key(name: &str) -> Vec<u8> {
    let mut key = quoted(name);
    key.push(b':');
    key
}

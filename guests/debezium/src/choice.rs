//! Keys of a few values, in any case of letters as Debezium takes them.

use airlock_sdk::{Config, ConfigKey, Error};
use connect_lib::header_text::trim;

/// A key with its values, in words and as what they mean.
pub(crate) struct Choice<T: 'static> {
    pub(crate) key: &'static str,
    pub(crate) values: &'static [(&'static str, T)],
}

impl<T: Copy> Choice<T> {
    /// Describes the key; the documentation goes before the values.
    pub(crate) fn describe(&self, documentation: &str) -> ConfigKey {
        ConfigKey::text(self.key).documentation(format!("{documentation} One of {}.", self.words()))
    }

    /// Returns what the configuration says.
    ///
    /// # Errors
    /// The value is none of those.
    pub(crate) fn read(&self, config: &Config) -> Result<T, Error> {
        let text = config.text(self.key)?;
        let known = self.values.iter().find(|(word, _)| word.eq_ignore_ascii_case(trim(text)));
        let chosen = known.map(|(_, value)| *value);
        chosen.ok_or_else(|| Error::invalid(self.key, format!("is {text:?}: write one of {}", self.words())))
    }

    fn words(&self) -> String {
        let words: Vec<&str> = self.values.iter().map(|(word, _)| *word).collect();
        words.join(", ")
    }
}

//! The stores of a registry's TLS, in PEM. Those in files are only named here: who knows whether a file may be read has
//! it read.

use super::{Reading, RegistryConfig};
use crate::config::{Problem, trim, under};
use crate::record::Secret;

/// PEM texts, or where they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pem<T> {
    /// From the configuration, or from their file.
    Texts(T),
    /// The path of a file that wasn't read yet.
    File(String),
}

impl RegistryConfig {
    /// Reads the stores that are in files. `key` names the converter, `read` returns a file's text or why it can't be
    /// read.
    ///
    /// # Errors
    /// Returns a problem for each that can't be read.
    pub fn read_stores(
        &mut self,
        key: &str,
        read: impl Fn(&str) -> Result<String, String>,
    ) -> Result<(), Vec<Problem>> {
        let mut problems = Vec::new();
        let mut text = |store: &str, path: &str| {
            let key = format!("{key}.schema.registry.ssl.{store}.location");
            read(path).map_err(|why| problems.push(Problem::invalid(&key, path, &why))).ok()
        };
        if let Some(Pem::File(path)) = &self.trusted
            && let Some(text) = text("truststore", path)
        {
            self.trusted = Some(Pem::Texts(text));
        }
        if let Some(Pem::File(path)) = &self.identity
            && let Some(both) = text("keystore", path)
        {
            self.identity = Some(Pem::Texts((both.clone(), Secret::new(both))));
        }
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }
}

impl Reading<'_> {
    /// Returns the authorities that are trusted.
    pub(super) fn trusted(&self) -> Option<Pem<String>> {
        let texts = self.text("schema.registry.ssl.truststore.certificates").map(str::to_owned).map(Pem::Texts);
        texts.or_else(|| self.location("truststore").map(Pem::File))
    }

    /// Returns the client's certificates and key.
    ///
    /// # Errors
    /// Says what is missing of them.
    pub(super) fn identity(&self) -> Result<Option<Pem<(String, Secret)>>, Problem> {
        let own = |name: &str| self.text(&format!("schema.registry.ssl.keystore.{name}"));
        match (own("certificate.chain"), own("key")) {
            (Some(chain), Some(key)) => Ok(Some(Pem::Texts((chain.to_owned(), Secret::new(key))))),
            (None, None) => Ok(self.location("keystore").map(Pem::File)),
            _ => {
                let key = self.own("schema.registry.ssl.keystore.key");
                Err(Problem::new(&key, format!("{key} and the certificate.chain beside it belong together. Set both")))
            }
        }
    }

    fn location(&self, store: &str) -> Option<String> {
        self.text(&format!("schema.registry.ssl.{store}.location")).map(str::to_owned)
    }

    /// Refuses stores that aren't PEM, and keys that are encrypted.
    pub(super) fn refused_stores(&self) -> Vec<Problem> {
        let set = under(self.properties, &format!("{}.schema.registry.ssl.", self.key));
        let named = |name: &str| set.get(name).map(|value| trim(value)).filter(|value| !value.is_empty());
        let mut problems = Vec::new();
        for store in ["truststore", "keystore"] {
            let kind = named(&format!("{store}.type"));
            let present = named(&format!("{store}.location")).or(named(&format!("{store}.password"))).is_some();
            if present && !kind.is_some_and(|kind| kind.eq_ignore_ascii_case("PEM")) {
                let key = self.own(&format!("schema.registry.ssl.{store}.type"));
                problems
                    .push(Problem::new(&key, format!("Only PEM is supported. Convert the store and set {key}=PEM")));
            }
        }
        if named("keystore.password").or(named("key.password")).is_some() {
            let key = self.own("schema.registry.ssl.key.password");
            problems.push(Problem::new(&key, "Encrypted keys are not supported. Decrypt the key"));
        }
        problems
    }
}

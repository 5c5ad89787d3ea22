//! Which keys of its own Kafka clients a connector may set (KIP-458; the allow list is KIP-1188).

use crate::config::definition::Values;
use crate::config::{Problem, Properties, trim, under};

/// The worker's key.
pub(super) const POLICY: &str = "connector.client.config.override.policy";
/// The key of the allow list.
pub(super) const ALLOWLIST: &str = "connector.client.config.override.allowlist";

/// Which of `producer.override.*`, `consumer.override.*` and `admin.override.*` connectors may set.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum OverridePolicy {
    /// Every key, as Kafka's `AllConnectorClientConfigOverridePolicy`.
    #[default]
    All,
    /// No key.
    None,
    /// Whom to be: `sasl.jaas.config`, `sasl.mechanism` and `security.protocol`.
    Principal,
    /// These keys, `connector.client.config.override.allowlist`.
    Allowlist(Vec<String>),
}

/// The part of a class's name that all of Kafka's policies share.
const SUFFIX: &str = "ConnectorClientConfigOverridePolicy";

impl OverridePolicy {
    pub(super) fn parse(values: &Values) -> Result<Self, Problem> {
        let written = values.text(POLICY).unwrap_or("All");
        let simple = written.strip_prefix("org.apache.kafka.connect.connector.policy.").unwrap_or(written);
        match simple.strip_suffix(SUFFIX).unwrap_or(simple) {
            "All" => Ok(Self::All),
            "None" => Ok(Self::None),
            "Principal" => Ok(Self::Principal),
            "Allowlist" => Ok(Self::Allowlist(values.list(ALLOWLIST).to_vec())),
            _ => Err(Problem::invalid(POLICY, written, "Use All, None, Principal or Allowlist")),
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::All => "All",
            Self::None => "None",
            Self::Principal => "Principal",
            Self::Allowlist(_) => "Allowlist",
        }
    }

    fn allows(&self, key: &str) -> bool {
        match self {
            Self::All => true,
            Self::None => false,
            Self::Principal => matches!(key, "sasl.jaas.config" | "sasl.mechanism" | "security.protocol"),
            Self::Allowlist(keys) => keys.iter().any(|allowed| trim(allowed) == key),
        }
    }

    /// Returns a problem, in Connect's words, for each key of a connector that it may not set.
    pub fn check(&self, connector: &Properties) -> Vec<Problem> {
        let prefixes = ["producer.override.", "consumer.override.", "admin.override."];
        let overrides = prefixes.iter().flat_map(|prefix| {
            let keys = under(connector, prefix);
            keys.into_keys().map(move |key| (format!("{prefix}{key}"), key))
        });
        let refused = overrides.filter(|(_, key)| !self.allows(key));
        refused.map(|(written, key)| Problem::new(written, self.refusal(&key))).collect()
    }

    fn refusal(&self, key: &str) -> String {
        let fix = match self {
            Self::Allowlist(_) => format!("add it to the worker's {ALLOWLIST}"),
            _ => format!("have the worker's {POLICY} changed"),
        };
        let name = self.name();
        format!(
            "The '{name}' policy does not allow '{key}' to be overridden in the connector configuration. \
             Remove it, or {fix}"
        )
    }
}

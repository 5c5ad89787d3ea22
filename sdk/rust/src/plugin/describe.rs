//! How a plugin describes itself: its names, and the keys that it can be configured with. The host answers
//! REST's validation from this, and draws grants from it.

/// The types of Kafka's `ConfigDef.Type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ConfigType {
    /// `true` or `false`.
    Boolean,
    /// Kafka's STRING.
    Text,
    /// An integer of 32 bits.
    Int,
    /// An integer of 16 bits.
    Short,
    /// An integer of 64 bits.
    Long,
    /// A double.
    Double,
    /// Texts separated by commas.
    List,
    /// The name of a class.
    Class,
    /// A text that is never shown.
    Password,
}

/// Kafka's `ConfigDef.Importance`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Importance {
    /// Most users set it.
    High,
    /// Some users set it.
    Medium,
    /// Few users set it.
    Low,
}

/// What the value of a key names, so that the host can derive a grant from the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Grant {
    /// It opens nothing.
    Nothing,
    /// The path of a file to be read: its directory is granted for reading.
    ReadFile,
    /// The path of a file to be written: its directory is granted for reading and writing.
    WriteFile,
    /// A directory to be read.
    ReadDirectory,
    /// A directory to be written.
    WriteDirectory,
    /// A `host:port` or URL to connect to; of a list, each of them.
    Endpoint,
}

/// A power that a plugin needs beyond pure computation. Asking grants nothing.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Capability {
    /// Files, through the keys that grant them.
    Filesystem,
    /// Outgoing TCP, through the keys that grant an endpoint.
    OutgoingTcp,
    /// Outgoing HTTP, through the keys that grant an endpoint.
    OutgoingHttp,
    /// Any other, by its name. Hosts refuse those that they don't know.
    Other(String),
}

/// One key of a plugin's configuration (Kafka's `ConfigDef.ConfigKey`). A key is optional, of medium importance
/// and without default until it is told otherwise.
///
/// ```
/// use airlock_sdk::{ConfigKey, Importance};
/// let key = ConfigKey::int("batch.size")
///     .default("2000")
///     .importance(Importance::Low)
///     .documentation("How many rows to read at a time.");
/// assert_eq!(key.name(), "batch.size");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigKey {
    pub(crate) name: String,
    pub(crate) value_type: ConfigType,
    pub(crate) default_value: Option<String>,
    pub(crate) required: bool,
    pub(crate) importance: Importance,
    pub(crate) documentation: String,
    pub(crate) valid_values: Vec<String>,
    pub(crate) display_name: String,
    pub(crate) group: String,
    pub(crate) non_empty: bool,
    pub(crate) grants: Grant,
}

impl ConfigKey {
    /// Returns a key of the given type.
    pub fn new(name: impl Into<String>, value_type: ConfigType) -> Self {
        ConfigKey {
            name: name.into(),
            value_type,
            default_value: None,
            required: false,
            importance: Importance::Medium,
            documentation: String::new(),
            valid_values: Vec::new(),
            display_name: String::new(),
            group: String::new(),
            non_empty: false,
            grants: Grant::Nothing,
        }
    }

    /// Returns a key for a text.
    pub fn text(name: impl Into<String>) -> Self {
        Self::new(name, ConfigType::Text)
    }

    /// Returns a key for texts separated by commas.
    pub fn list(name: impl Into<String>) -> Self {
        Self::new(name, ConfigType::List)
    }

    /// Returns a key for an integer of 32 bits.
    pub fn int(name: impl Into<String>) -> Self {
        Self::new(name, ConfigType::Int)
    }

    /// Returns a key for an integer of 64 bits.
    pub fn long(name: impl Into<String>) -> Self {
        Self::new(name, ConfigType::Long)
    }

    /// Returns a key for a double.
    pub fn double(name: impl Into<String>) -> Self {
        Self::new(name, ConfigType::Double)
    }

    /// Returns a key for `true` or `false`.
    pub fn boolean(name: impl Into<String>) -> Self {
        Self::new(name, ConfigType::Boolean)
    }

    /// Returns a key for a text that is never shown.
    pub fn password(name: impl Into<String>) -> Self {
        Self::new(name, ConfigType::Password)
    }

    /// Returns the key's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Sets what an absent key means, as the text that a user would write.
    pub fn default(mut self, value: impl Into<String>) -> Self {
        self.default_value = Some(value.into());
        self
    }

    /// Refuses configurations without this key.
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// Refuses an empty text or list.
    pub fn non_empty(mut self) -> Self {
        self.non_empty = true;
        self
    }

    /// Refuses all but these values.
    pub fn one_of<const N: usize>(mut self, values: [&str; N]) -> Self {
        self.valid_values = values.iter().map(|&value| value.to_owned()).collect();
        self
    }

    /// Says who will want to set it.
    pub fn importance(mut self, importance: Importance) -> Self {
        self.importance = importance;
        self
    }

    /// Explains the key to users.
    pub fn documentation(mut self, documentation: impl Into<String>) -> Self {
        self.documentation = documentation.into();
        self
    }

    /// Names the key in forms, and the section of the form.
    pub fn display(mut self, group: impl Into<String>, name: impl Into<String>) -> Self {
        self.group = group.into();
        self.display_name = name.into();
        self
    }

    /// Says what the value names, so that the host can open it to this connector.
    pub fn grants(mut self, grant: Grant) -> Self {
        self.grants = grant;
        self
    }
}

/// What a plugin is called and can be configured with.
///
/// ```
/// use airlock_sdk::{ConfigKey, Description};
/// let description = Description::new(["com.example.Redact"])
///     .version("1.0.0")
///     .documentation("Blacks out fields.")
///     .config([ConfigKey::list("fields").required().documentation("The fields.")]);
/// assert_eq!(description.class_name(), "com.example.Redact");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    pub(crate) class_names: Vec<String>,
    pub(crate) version: String,
    pub(crate) documentation: String,
    pub(crate) config: Vec<ConfigKey>,
    pub(crate) capabilities: Vec<Capability>,
}

impl Description {
    /// Names the plugin as `connector.class` or `transforms.<alias>.type` will: its own name first, then
    /// aliases.
    pub fn new<const N: usize>(class_names: [&str; N]) -> Self {
        Description {
            class_names: class_names.iter().map(|&name| name.to_owned()).collect(),
            version: String::new(),
            documentation: String::new(),
            config: Vec::new(),
            capabilities: Vec::new(),
        }
    }

    /// Returns the plugin's own name.
    pub fn class_name(&self) -> &str {
        self.class_names.first().map_or("", String::as_str)
    }

    /// Sets the version, such as `env!("CARGO_PKG_VERSION")`.
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = version.into();
        self
    }

    /// Says in a line what the plugin does.
    pub fn documentation(mut self, documentation: impl Into<String>) -> Self {
        self.documentation = documentation.into();
        self
    }

    /// Sets the keys that it can be configured with.
    pub fn config(mut self, keys: impl IntoIterator<Item = ConfigKey>) -> Self {
        self.config = keys.into_iter().collect();
        self
    }

    /// Asks for powers beyond pure computation.
    pub fn capabilities(mut self, capabilities: impl IntoIterator<Item = Capability>) -> Self {
        self.capabilities = capabilities.into_iter().collect();
        self
    }

    pub(crate) fn is_called(&self, class_name: &str) -> bool {
        self.class_names.iter().any(|name| name == class_name)
    }
}

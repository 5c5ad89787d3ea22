//! Errors, sorted by what the host does about them. Trouble with single records is no error: reject those
//! rows with [`Batch::reject`](crate::Batch::reject).

use std::fmt;

/// A problem of one configuration key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigProblem {
    /// The key.
    pub key: String,
    /// What is wrong and what to do, for people.
    pub message: String,
}

impl ConfigProblem {
    /// Says what is wrong with `key`.
    pub fn new(key: impl Into<String>, message: impl Into<String>) -> Self {
        Self { key: key.into(), message: message.into() }
    }
}

/// Why a plugin can't do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// The configuration can't work: validation or start fails and names the keys.
    InvalidConfig(Vec<ConfigProblem>),
    /// The same call may succeed later: the host tries again.
    Retriable(String),
    /// It can't go on: the task fails.
    Fatal(String),
}

impl Error {
    /// Says what is wrong with one configuration key.
    ///
    /// ```
    /// use airlock_sdk::Error;
    /// let error = Error::invalid("fields", "is empty: name at least one field");
    /// assert_eq!(error.to_string(), "invalid configuration: fields is empty: name at least one field");
    /// ```
    pub fn invalid(key: impl Into<String>, message: impl Into<String>) -> Self {
        Error::InvalidConfig(vec![ConfigProblem::new(key, message)])
    }

    /// Asks the host to try again later.
    pub fn retriable(reason: impl fmt::Display) -> Self {
        Error::Retriable(reason.to_string())
    }

    /// Fails the task.
    pub fn fatal(reason: impl fmt::Display) -> Self {
        Error::Fatal(reason.to_string())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Retriable(reason) | Error::Fatal(reason) => f.write_str(reason),
            Error::InvalidConfig(problems) => {
                f.write_str("invalid configuration: ")?;
                for (index, problem) in problems.iter().enumerate() {
                    let separator = if index == 0 { "" } else { "; " };
                    write!(f, "{separator}{} {}", problem.key, problem.message)?;
                }
                Ok(())
            }
        }
    }
}

impl std::error::Error for Error {}

/// What the host says is wrong with a call. The batch is as before the call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BatchError {
    /// A column has the wrong length, a row number is out of range, a text is no JSON: a bug of the plugin.
    InvalidArgument(String),
    /// Not possible for this batch or in this call, such as a write in a predicate.
    Unsupported(String),
}

impl fmt::Display for BatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BatchError::InvalidArgument(reason) | BatchError::Unsupported(reason) => f.write_str(reason),
        }
    }
}

impl std::error::Error for BatchError {}

impl From<BatchError> for Error {
    /// A refused call is fatal: it would be refused again.
    fn from(error: BatchError) -> Self {
        Error::Fatal(error.to_string())
    }
}

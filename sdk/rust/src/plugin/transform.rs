//! The traits of transforms and predicates.

use super::config::Config;
use super::describe::Description;
use crate::batch::Batch;
use crate::error::Error;

/// A single message transform, called once per batch.
///
/// ```
/// use airlock_sdk::{Batch, Config, Description, Error, Transform};
///
/// /// Takes the field `password` away from every value.
/// struct Forget;
///
/// impl Transform for Forget {
///     fn describe() -> Description {
///         Description::new(["com.example.Forget"]).documentation("Forgets passwords.")
///     }
///
///     fn configure(_: &Config, _class_name: &str) -> Result<Self, Error> {
///         Ok(Forget)
///     }
///
///     fn apply(&mut self, batch: &Batch<'_>) -> Result<(), Error> {
///         Ok(batch.value().remove("password")?)
///     }
/// }
///
/// airlock_sdk::export!(transforms: [Forget]);
///
/// # use airlock_sdk::testing;
/// let rows = testing::Rows::of_values([r#"{"user":"ada","password":"secret"}"#]);
/// testing::configure::<Forget>(&[])?.apply(&rows.batch())?;
/// assert_eq!(rows.value(0), r#"{"user":"ada"}"#);
/// # Ok::<(), Error>(())
/// ```
pub trait Transform: Sized {
    /// Describes the plugin. Called before anything else, and often.
    fn describe() -> Description;

    /// Prepares a step of a chain. `class_name` is the one of the described names that the user wrote, so
    /// that `…$Key` and `…$Value` may be two names of one plugin.
    ///
    /// # Errors
    /// [`Error::InvalidConfig`], naming the keys.
    fn configure(config: &Config, class_name: &str) -> Result<Self, Error>;

    /// Changes a batch in place. Nothing is applied unless this returns ok. Between any two batches the
    /// host may replace the instance by a fresh one: keep caches, not state.
    ///
    /// # Errors
    /// Trouble with the whole batch. To refuse single records call [`Batch::reject`].
    fn apply(&mut self, batch: &Batch<'_>) -> Result<(), Error>;
}

/// A predicate: chooses the rows that a transform sees.
///
/// ```
/// use airlock_sdk::{Batch, Config, Description, Error, Predicate};
///
/// /// Chooses records younger than a moment.
/// struct Since(i64);
///
/// impl Predicate for Since {
///     fn describe() -> Description {
///         Description::new(["com.example.Since"])
///     }
///
///     fn configure(config: &Config, _class_name: &str) -> Result<Self, Error> {
///         Ok(Since(config.parse("moment")?))
///     }
///
///     fn test(&self, batch: &Batch<'_>) -> Result<Vec<u32>, Error> {
///         let timestamps = batch.timestamps();
///         Ok((0..).zip(timestamps).filter(|(_, at)| *at >= self.0).map(|(row, _)| row).collect())
///     }
/// }
/// ```
pub trait Predicate: Sized {
    /// Describes the plugin. Called before anything else, and often.
    fn describe() -> Description;

    /// Prepares the predicate of a step.
    ///
    /// # Errors
    /// [`Error::InvalidConfig`], naming the keys.
    fn configure(config: &Config, class_name: &str) -> Result<Self, Error>;

    /// Returns the rows for which the predicate holds, ascending. It may read the batch, not write.
    ///
    /// # Errors
    /// Trouble with the whole batch.
    fn test(&self, batch: &Batch<'_>) -> Result<Vec<u32>, Error>;
}

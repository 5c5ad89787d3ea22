//! What becomes of deletes and tombstones.

use airlock_sdk::{Config, ConfigKey, Error};

use crate::choice::Choice;

const MODE: Choice<Deletes> = Choice {
    key: "delete.tombstone.handling.mode",
    values: &[
        ("drop", Deletes::of(Delete::Drop, Tombstones::Drop)),
        ("tombstone", Deletes::of(Delete::Null, Tombstones::Drop)),
        ("rewrite", Deletes::of(Delete::Rewrite, Tombstones::Drop)),
        ("rewrite-with-tombstone", Deletes::of(Delete::Rewrite, Tombstones::Keep)),
        ("delete-to-tombstone", Deletes::of(Delete::Tombstone, Tombstones::Drop)),
    ],
};
const LEGACY_MODE: Choice<Delete> = Choice {
    key: "delete.handling.mode",
    values: &[("drop", Delete::Drop), ("none", Delete::Null), ("rewrite", Delete::Rewrite)],
};
const DROP_TOMBSTONES: &str = "drop.tombstones";

/// What becomes of deletes and tombstones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Deletes {
    pub(super) delete: Delete,
    pub(super) tombstones: Tombstones,
}

/// What becomes of tombstones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tombstones {
    Drop,
    Keep,
}

/// What becomes of a delete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Delete {
    Drop,
    /// Null, with the schema of rows.
    Null,
    /// Null, without a schema.
    Tombstone,
    /// The row as it was before, and of all rows whether they are deleted.
    Rewrite,
}

impl Deletes {
    const fn of(delete: Delete, tombstones: Tombstones) -> Self {
        Deletes { delete, tombstones }
    }

    /// Describes the keys.
    pub(super) fn keys() -> [ConfigKey; 3] {
        [
            MODE.describe(
                "What becomes of deletes and of the tombstones behind them: drop takes out both; tombstone makes a null \
                 of the delete; rewrite gives the row as it was, and all rows a field __deleted; rewrite-with-tombstone \
                 leaves the tombstone too; delete-to-tombstone makes a tombstone of the delete, without a schema.",
            )
            .default("tombstone"),
            ConfigKey::boolean(DROP_TOMBSTONES).documentation(
                "Of Debezium before 3.2: whether tombstones are taken out, which is so unless it is said. Write \
                 delete.tombstone.handling.mode instead.",
            ),
            LEGACY_MODE.describe(
                "Of Debezium before 3.2: what becomes of deletes. Write delete.tombstone.handling.mode instead.",
            ),
        ]
    }

    /// Reads what the configuration says; of the old keys only where the new one isn't there.
    ///
    /// # Errors
    /// A value isn't known.
    pub(super) fn read(config: &Config) -> Result<Self, Error> {
        let is_given = |key: &str| config.given().any(|(given, _)| given == key);
        let is_old = (is_given(DROP_TOMBSTONES) || is_given(LEGACY_MODE.key)) && !is_given(MODE.key);
        if !is_old {
            return MODE.read(config);
        }
        let delete = if is_given(LEGACY_MODE.key) { LEGACY_MODE.read(config)? } else { Delete::Drop };
        let drops_tombstones = !is_given(DROP_TOMBSTONES) || config.boolean(DROP_TOMBSTONES)?;
        Ok(Deletes::of(delete, if drops_tombstones { Tombstones::Drop } else { Tombstones::Keep }))
    }
}

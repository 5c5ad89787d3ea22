//! Guests that misbehave (`hostile`, `misuse`), guests that only some records harm (`poison`), guests that only
//! cross the boundary (`crossing`), and guests that work on typed values (`typed`, `data`).

/// A transform `probe.<name>` without configuration.
macro_rules! probe {
    ($name:ident, $words:literal, |$batch:ident| $body:expr) => {
        #[doc = $words]
        pub(crate) struct $name;

        impl Transform for $name {
            fn describe() -> Description {
                Description::new([concat!("probe.", stringify!($name))]).documentation($words)
            }

            fn configure(_: &Config, _: &str) -> Result<Self, Error> {
                Ok(Self)
            }

            fn apply(&mut self, $batch: &Batch<'_>) -> Result<(), Error> {
                $body
            }
        }
    };
}

mod crossing;
mod data;
mod hostile;
mod misuse;
mod poison;
mod typed;

airlock_sdk::export!(
    transforms: [
        crossing::Nothing,
        crossing::ThereAndBack,
        crossing::ThreeEdits,
        data::Typed,
        hostile::Loop,
        hostile::Memory,
        hostile::Recursion,
        hostile::Panic,
        hostile::HostCalls,
        hostile::Reach,
        hostile::EditThenPanic,
        hostile::Complain,
        poison::Fragile,
        poison::Leak,
        poison::Twice,
        poison::Strict,
        typed::AddField,
        typed::CountUp,
        misuse::OutOfRange,
        misuse::Descending,
        misuse::ExpandDescending,
        misuse::ExpandTwice,
        misuse::ExpandHugely,
        misuse::ShortColumn,
        misuse::BrokenText,
        misuse::HugeColumns,
        misuse::HugeReason,
        misuse::HugeWords,
    ],
    predicates: [hostile::Everything, poison::Has],
);

//! Guests that misbehave (`hostile`, `misuse`), guests that only some records harm (`poison`), guests that only
//! cross the boundary (`crossing`), and guests that work on typed values (`typed`).

mod crossing;
mod hostile;
mod misuse;
mod poison;
mod typed;

airlock_sdk::export!(
    transforms: [
        crossing::Nothing,
        crossing::ThereAndBack,
        crossing::ThreeEdits,
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

//! Guests that misbehave (`hostile`), guests that only some records harm (`poison`), guests that only cross the
//! boundary (`crossing`), and guests that work on typed values (`typed`).

mod crossing;
mod hostile;
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
    ],
    predicates: [hostile::Everything, poison::Has],
);

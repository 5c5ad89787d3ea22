//! Guests that misbehave (`hostile`), guests that only some records harm (`poison`), and guests that only cross
//! the boundary (`crossing`).

mod crossing;
mod hostile;
mod poison;

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
    ],
    predicates: [hostile::Everything, poison::Has],
);

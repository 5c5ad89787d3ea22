//! Guests that misbehave (`hostile`), and guests that only cross the boundary (`crossing`).

mod crossing;
mod hostile;

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
    ],
    predicates: [hostile::Everything],
);

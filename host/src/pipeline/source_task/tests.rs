//! A source task among fakes, on a paused clock.

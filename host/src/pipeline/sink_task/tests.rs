//! A sink task among fakes, on a paused clock.

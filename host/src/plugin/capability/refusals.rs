//! What a guest was refused lately, for the error that a call may end with: a guest itself sees no more than
//! `access-denied`.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How many different refusals are kept.
const KEPT: usize = 4;
/// How long one is kept: the call that fails for it may be a later one.
const LATELY: Duration = Duration::from_secs(60);

/// What was refused, and when.
#[derive(Clone, Default)]
pub(crate) struct Refusals(Arc<Mutex<Vec<(Instant, String)>>>);

impl Refusals {
    /// Notes what was refused, and why.
    pub(crate) fn note(&self, refused: String) {
        let now = Instant::now();
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(at, known)| now.duration_since(*at) < LATELY && *known != refused);
        if kept.len() < KEPT {
            tracing::debug!(%refused, "a guest was refused something");
            kept.push((now, refused));
        }
    }

    /// Takes what was noted lately.
    pub(crate) fn take(&self) -> Vec<String> {
        let kept = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        kept.into_iter().filter(|(at, _)| at.elapsed() < LATELY).map(|(_, refused)| refused).collect()
    }
}

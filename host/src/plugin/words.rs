//! What is told of a call that failed: the cause of a trap with its wasm backtrace, what the guest said, and
//! what it was refused. A guest's words are cut: they end up in statuses, logs and headers of dead letters.

use wasmtime::{FrameInfo, Trap, WasmBacktrace};

use super::bindings::airlock::connect::plugin_info::Error as GuestError;
use super::state::State;
use crate::config::Problem;
use crate::pipeline::edges::CallError;

/// How many bytes of a guest's words are kept.
pub(crate) const MOST_WORDS: usize = 8 << 10;
/// How many problems of a configuration are kept.
const MOST_PROBLEMS: usize = 100;
/// How many frames of a backtrace are told.
const MOST_FRAMES: usize = 16;

/// Cuts words that are too long, and says so.
pub(crate) fn cut(mut words: String) -> String {
    if words.len() > MOST_WORDS {
        let end = (0..=MOST_WORDS).rev().find(|end| words.is_char_boundary(*end)).unwrap_or(0);
        let all = words.len();
        words.truncate(end);
        words.push_str(&format!("… ({all} bytes in all)"));
    }
    words
}

/// Says why a call trapped: the cause, what was refused, the guest's last words, and where it was.
pub(crate) fn explain(state: &mut State, place: &str, error: &wasmtime::Error) -> String {
    let mut words = format!("{place} trapped: {}", cause(error));
    if let Some(refused) = state.space.refused.take() {
        words.push_str(&format!("; it was refused {refused}"));
    }
    append_refusals(&mut words, &state.granted.refusals.take());
    let last_words = state.granted.stderr.take();
    if !last_words.is_empty() {
        words.push_str(&format!("; it wrote: {last_words}"));
    }
    if let Some(backtrace) = error.downcast_ref::<WasmBacktrace>() {
        let frames: Vec<_> = backtrace.frames().iter().flat_map(frame).take(MOST_FRAMES).collect();
        if !frames.is_empty() {
            words.push_str(&format!("; in {}", frames.join(" < ")));
        }
    }
    cut(words)
}

fn cause(error: &wasmtime::Error) -> String {
    match error.downcast_ref::<Trap>() {
        Some(trap) => trap.to_string(),
        None => error.root_cause().to_string(),
    }
}

/// The functions of a frame, innermost first: with file and line where the component kept them, as several
/// where some were inlined.
fn frame(frame: &FrameInfo) -> Vec<String> {
    if frame.symbols().is_empty() {
        return vec![frame.func_name().map_or_else(|| format!("function {}", frame.func_index()), demangled)];
    }
    let own = frame.symbols().iter().filter(|symbol| !symbol.file().is_some_and(is_of_rust));
    let told = own.map(|symbol| {
        let function = symbol.name().or(frame.func_name()).map_or_else(|| "a function".to_owned(), demangled);
        match (symbol.file(), symbol.line()) {
            (Some(file), Some(line)) => format!("{function} ({file}:{line})"),
            _ => function,
        }
    });
    told.collect()
}

/// Where the sources of Rust's own libraries are: how they panic is nobody's business.
fn is_of_rust(file: &str) -> bool {
    file.starts_with("/rustc/")
}

fn demangled(function: &str) -> String {
    format!("{:#}", rustc_demangle::demangle(function))
}

/// Turns a guest's error into the host's, by reaction.
pub(crate) fn sort(place: &str, error: GuestError, refusals: &[String]) -> CallError {
    let tell = |words: String| {
        let mut words = format!("{place}: {}", cut(words));
        append_refusals(&mut words, refusals);
        words
    };
    match error {
        GuestError::InvalidConfig(problems) => {
            let problems = problems.into_iter().take(MOST_PROBLEMS);
            CallError::InvalidConfig(
                problems.map(|problem| Problem::new(cut(problem.key), cut(problem.message))).collect(),
            )
        }
        GuestError::Retriable(words) => CallError::Retriable(tell(words)),
        GuestError::Fatal(words) => CallError::Fatal(tell(words)),
    }
}

/// Says what the guest was refused, which it can't know itself.
fn append_refusals(words: &mut String, refusals: &[String]) {
    for refused in refusals {
        words.push_str("; the host refused: ");
        words.push_str(refused);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_words_are_cut_between_characters() {
        assert_eq!(cut("brief".to_owned()), "brief");
        let cut = cut("é".repeat(MOST_WORDS));
        assert!(cut.len() < MOST_WORDS + 40 && cut.ends_with("… (16384 bytes in all)"), "{}", cut.len());
    }
}

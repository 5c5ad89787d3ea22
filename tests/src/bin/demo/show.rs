//! What the demo prints.

#![allow(clippy::print_stdout, reason = "the demo talks to a person")]

use std::path::Path;
use std::time::Duration;

use airlock_tests::airlock::Rest;
use indicatif::{ProgressBar, ProgressStyle};

use super::Stage;
use super::check::{DeadLetter, Outcome};

pub(crate) fn step(words: &str) {
    println!("• {words}");
}

pub(crate) fn progress(total: usize) -> ProgressBar {
    let bar = ProgressBar::new(total as u64);
    if let Ok(style) = ProgressStyle::with_template("  {bar:40} {pos}/{len} records, {elapsed}") {
        bar.set_style(style);
    }
    bar
}

/// Shows three flights, one of them cancelled.
pub(crate) fn before_and_after(stage: &Stage, outcome: &Outcome) {
    step("three records, before and after");
    for at in [0, 1, 927] {
        // The malformed record comes later, so that the lines are at the same places.
        if let (Some(before), Some(after)) = (stage.flights.get(at), outcome.delivered.get(at)) {
            println!("  - {before}\n  + {after}\n");
        }
    }
}

pub(crate) fn figures(stage: &Stage, outcome: &Outcome, took: Duration) {
    let total = stage.total();
    let rate = total as f64 / took.as_secs_f64();
    let Outcome { delivered, discarded, dead } = outcome;
    step(&format!(
        "{total} records in {:.1} s ({rate:.0} a second, starting everything included): {} delivered, {discarded} \
         discarded, {dead} dead-lettered",
        took.as_secs_f64(),
        delivered.len(),
    ));
}

pub(crate) fn dead_letters(letters: &[DeadLetter]) {
    step("in the dead letter topic, as it was consumed");
    for letter in letters {
        println!("  {}", letter.value);
        for (key, value) in &letter.headers {
            println!("    {key}: {}", value.lines().next().unwrap_or_default());
        }
    }
}

pub(crate) fn hints(rest: &Rest, servers: &str, folder: &Path) {
    let base = &rest.base;
    step("the worker stays up; Ctrl-C ends it");
    println!("  REST   {base}\n  Kafka  {servers}\n  files  {}", folder.display());
    println!("  curl {base}/connectors?expand=status");
    println!("  curl {base}/connectors/redacted/config");
    println!("  curl {base}/connector-plugins?connectorsOnly=false");
    println!("  curl {base}/components/redact/versions/1.0.0");
    println!("  curl -X PUT {base}/connectors/redacted/pause");
    println!("  curl {base}/metrics");
    println!("  echo '{{\"carrier\":\"XX\",\"tailnum\":\"N1\"}}' >> {}/flights.ndjson", folder.display());
}

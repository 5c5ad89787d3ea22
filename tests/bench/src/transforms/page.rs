//! The page `docs/benchmarks/transforms.md`.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, Result};

use crate::page::{amount, write_page};
use crate::report::Figure;

const METHOD: &str = "# What Kafka's transforms cost, here and in Java

`just bench-transforms` writes this page, from its own run, up to the last table.

**Work.** Batches of 500 records of 264 bytes of JSON (10 fields, one of them nested) with a 12-byte key: once as they
are, once in an envelope with their schema (`schemas.enable=true`). The whole path: bytes, `JsonConverter`, transform,
`JsonConverter`, bytes; where records have a header, `SimpleHeaderConverter` too. Both sides get the same bytes and the
same configuration, and before anything is measured, both have made the same of every record, as JSON trees.

**Ours.** Batches are filled from bytes, decoded, sent through the sandbox, encoded, and their keys and values
copied out as a producer does. Limits on CPU time, wall time and memory are on.

**Java.** Kafka's own classes, measured by JMH: a JVM for each line (C2, serial collector, 512 MB of heap), 3 seconds
of CPU time and 2 by the clock to warm up, 9 iterations of half a second, one thread.

**Method.** CPU time of the whole process on both sides, so that Java's collector counts, and our threads besides the
one that calls. The sides take turns: before each iteration JMH's JVM waits until a round of ours is done, 100 ms of
the same records in a process that lives as long as the run. So both are warm, neither disturbs the other, and what
slows the machine down for a while slows down both. Each figure is the median. The ratio is what counts; lower is better.
A transform alone is Java's on maps or structs that are there already, without converters.

The goals: a fifth of Java's CPU time without schemas, half of it with them, and five transforms in a row at most twice
the mean of the same five alone.
";

/// Writes the page.
pub(crate) fn write(path: &Path, figures: &[Figure]) -> Result<()> {
    let mut tables = String::new();
    for (kind, title) in [("plain", "Without schemas"), ("schemas", "With schemas")] {
        tables.push_str(&table(kind, title, figures)?);
    }
    write_page(path, METHOD, &tables)
}

fn table(kind: &str, title: &str, figures: &[Figure]) -> Result<String> {
    let prefix = format!("transforms.{kind}.");
    let figures: Vec<_> =
        figures.iter().filter_map(|figure| Some((figure.name.strip_prefix(&prefix)?, figure))).collect();
    let find = |name: &str, what: &str| {
        let wanted = format!("{name}.{what}");
        let found = figures.iter().find(|(found, _)| *found == wanted).map(|(_, figure)| *figure);
        found.with_context(|| format!("{wanted} wasn't measured {title}"))
    };
    let mut table = format!(
        "## {title}\n\n| | ours | Java | ours ÷ Java | goal | | Java's transform alone |\n|---|--:|--:|--:|--:|---|--:|\n"
    );
    for name in figures.iter().filter_map(|(name, _)| name.strip_suffix(".ours")) {
        let cost = |what: &str| Ok::<_, anyhow::Error>(amount(find(name, what)?.value, "ns/record"));
        let (ours, java, alone) = (cost("ours")?, cost("Java")?, cost("Java, transform alone")?);
        let judged = judged(find(name, "ours ÷ Java")?);
        writeln!(table, "| {name} | {ours} | {java} | {judged} | {alone} |")?;
    }
    table.push_str("\n| | measured | goal | |\n|---|--:|--:|---|\n");
    for (name, figure) in figures.iter().filter(|(name, _)| name.starts_with("five ÷")) {
        writeln!(table, "| {name} | {} |", judged(figure))?;
    }
    table.push('\n');
    Ok(table)
}

/// A ratio, its goal, and whether it was met.
fn judged(figure: &Figure) -> String {
    let ratio = amount(figure.value, "ratio");
    match figure.goal {
        None => format!("{ratio} | | "),
        Some(goal) => {
            let judged = if figure.misses() { "**missed**" } else { "met" };
            format!("{ratio} | {} | {judged}", amount(goal, "ratio"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(ours: f64) -> Vec<Figure> {
        let told = |kind: &str, what: &str, value| {
            Figure::told(&format!("transforms.{kind}.MaskField.{what}"), value, "ns/record")
        };
        let of = |kind: &str| {
            let ratio = format!("transforms.{kind}.MaskField.ours ÷ Java");
            [
                told(kind, "ours", ours),
                told(kind, "Java", 4_000.0),
                Figure::at_most(&ratio, ours / 4_000.0, (0.2, "ratio")),
                told(kind, "Java, transform alone", 150.0),
            ]
        };
        ["plain", "schemas"].into_iter().flat_map(of).collect()
    }

    #[test]
    fn a_line_has_both_sides_and_tells_whether_the_goal_was_met() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("page.md");
        write(&path, &figures(400.0)).unwrap();
        let page = std::fs::read_to_string(&path).unwrap();
        assert!(page.contains("| MaskField | 400 ns | 4,000 ns | 0.100 | 0.200 | met | 150 ns |"), "{page}");
        write(&path, &figures(1_200.0)).unwrap();
        assert!(std::fs::read_to_string(&path).unwrap().contains("| 0.300 | 0.200 | **missed** |"));
    }

    #[test]
    fn a_line_that_lacks_a_figure_makes_no_page() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("page.md");
        assert!(write(&path, &figures(400.0)[..3]).is_err());
        assert!(!path.exists());
    }
}

//! What a language costs: the same plugins in five languages (`tests/abi`), next to native code.

use airlock::pipeline::batch::Content;
use airlock::plugin::limits::Limits;
use airlock_tests::sandbox::Sandbox;
use anyhow::{Context, Result, ensure};
use serde_json::{Deserializer, Value};

use super::measure::{Bench, Costs, Variant, guest, variant};
use super::native;
use super::report::Figure;

const LANGUAGES: [&str; 5] = ["rust", "python", "javascript", "go", "c"];

/// Whole documents take interpreters long.
const ROUNDS: usize = 21;

pub(crate) fn run() -> Result<Vec<Figure>> {
    let mut bench = Bench::new()?;
    let mut sandbox = Sandbox::open(Limits::default())?;
    for language in LANGUAGES {
        let added = bench.runtime.block_on(sandbox.with(&format!("abi/{language}.wasm")));
        sandbox = added.context("run `just abi-guests` first")?;
    }
    let mut variants = variants(&sandbox)?;
    check_equal(&mut bench, &mut variants)?;
    Ok(figures(&Costs::measure(&mut bench, variants, ROUNDS)?))
}

fn variants(sandbox: &Sandbox) -> Result<Vec<Variant>> {
    let mut variants = vec![
        variant("tree.edit", |bench| bench.natively(native::tree)),
        variant("tree.upper", |bench| bench.natively(native::upper_tree)),
        variant("scan.upper", |bench| bench.natively(native::upper_scan)),
    ];
    let field = [("field", "email")];
    let works = [("edit", "ThreeEdits", &[][..]), ("documents", "Documents", &[]), ("upper", "Uppercase", &field)];
    for language in LANGUAGES {
        for (work, class, config) in works {
            let mut guest = guest(sandbox, &format!("abi.{language}.{class}"), config)?;
            variants.push(variant(&format!("{language}.{work}"), move |bench| {
                bench.through(std::slice::from_mut(&mut guest), Content::JSON)
            }));
        }
    }
    Ok(variants)
}

/// All variants make the same of the rows, but for the order of their fields.
fn check_equal(bench: &mut Bench, variants: &mut [Variant]) -> Result<()> {
    let mut wanted: [Option<Vec<Value>>; 2] = [None, None];
    for (name, variant) in variants {
        variant(bench)?;
        let found: Vec<Value> = Deserializer::from_slice(&bench.out).into_iter().collect::<Result<_, _>>()?;
        let wanted = wanted[usize::from(name.ends_with(".upper"))].get_or_insert_with(|| found.clone());
        ensure!(*wanted == found, "{name} makes something else of the rows than native code");
    }
    Ok(())
}

fn figures(costs: &Costs) -> Vec<Figure> {
    let told = |(name, cost): &(String, f64)| Figure::told(&format!("languages.{name}"), *cost, "ns/record");
    let mut figures: Vec<_> = costs.0.iter().map(told).collect();
    let goals = [
        ("rust.edit", "tree.edit", 0.15),
        ("python.edit", "tree.edit", 0.25),
        ("javascript.edit", "tree.edit", 0.3),
        ("go.edit", "tree.edit", 0.2),
        ("c.edit", "tree.edit", 0.2),
        ("python.edit", "python.documents", 1.0 / 30.0),
        ("rust.upper", "scan.upper", 1.6),
        ("python.upper", "tree.upper", 0.7),
    ];
    for (of, to, goal) in goals {
        figures.push(Figure::at_most(&format!("languages.{of} ÷ {to}"), costs.of(of) / costs.of(to), (goal, "ratio")));
    }
    figures
}

//! Calls that make no sense, far too much of everything, and components that were made to do harm: each is
//! refused with words that say why, and leaves the batch and its neighbours as they were.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod neighbours;

use std::time::Duration;

use airlock::pipeline::edges::{CallError, Transform as _};
use airlock::plugin::limits::Limits;
use airlock_tests::airlock::root;
use airlock_tests::sandbox::{Sandbox, batch, values};
use serde_json::json;
use wasm_encoder::{
    CodeSection, Component, ComponentImportSection, ComponentTypeRef, ComponentTypeSection, Function, FunctionSection,
    InstanceSection, InstanceType, Instruction, Module, ModuleArg, RawSection, RefType, TableSection, TableType,
    TypeSection,
};

const ROWS: [&str; 2] = [r#"{"a":1}"#, r#"{"a":2}"#];

fn limits() -> Limits {
    Limits { call_cpu: Duration::from_secs(5), memory_bytes: 64 << 20, ..Limits::default() }
}

async fn sandbox(component: &str) -> Sandbox {
    Sandbox::open(limits()).unwrap().with(component).await.unwrap()
}

/// Runs one step that ends with an error, and returns its words. The batch is as it was, and other steps of
/// the same component still run.
async fn refused(sandbox: &Sandbox, class: &str) -> String {
    let step = |class: &str| json!({ "transforms": "step", "transforms.step.type": class });
    let mut guest = sandbox.chain(&step(class)).unwrap().remove(0);
    let (mut batch, result) = guest.apply(batch(&ROWS), None).await;
    let words = match result {
        Err(CallError::Fatal(words) | CallError::Trapped(words)) => words,
        other => panic!("{class}: {other:?}"),
    };
    assert_eq!(values(&mut batch), ROWS, "{class}");
    assert!(words.len() < 20_000, "{class}: {} bytes of words", words.len());
    words
}

async fn misused(class: &str, why: &str) {
    let words = refused(&sandbox("tests/probe.wasm").await, &format!("probe.{class}")).await;
    assert!(words.contains(why), "{class}: {words}");
}

#[tokio::test]
async fn row_numbers_must_be_in_range_and_in_order() {
    misused("OutOfRange", "row 2 is out of range; there are 2 rows").await;
    misused("Descending", "row 0 comes after row 1; rows must be ascending").await;
    misused("ExpandDescending", "row 0 comes after row 1; rows must be ascending").await;
    misused("ExpandTwice", "expand is possible once per step").await;
}

#[tokio::test]
async fn columns_must_be_whole_and_hold_what_they_say() {
    misused("ShortColumn", "a column has 1 rows where there are 2").await;
    misused("BrokenText", "row 0").await;
}

#[tokio::test]
async fn a_batch_does_not_grow_without_end() {
    misused("ExpandHugely", "the batch would grow by more than 256 MiB").await;
    misused("HugeColumns", "the batch would grow by more than 256 MiB").await;
}

#[tokio::test]
async fn endless_words_are_cut() {
    misused("HugeWords", "bytes in all)").await;
    let sandbox = sandbox("tests/probe.wasm").await;
    let chain = json!({ "transforms": "step", "transforms.step.type": "probe.HugeReason" });
    let (batch, result) = sandbox.chain(&chain).unwrap().remove(0).apply(batch(&ROWS), None).await;
    assert!(result.is_ok(), "{result:?}");
    let reasons: Vec<_> = batch.rejected().map(|row| row.rejection.reason.clone()).collect();
    assert!(reasons.len() == 1 && reasons[0].len() < 10_000 && reasons[0].ends_with("bytes in all)"));
}

#[tokio::test]
async fn a_trap_tells_functions_files_and_lines_where_they_are_kept() {
    let words = refused(&sandbox("tests/traced.wasm").await, "traced.Divide").await;
    assert!(words.contains("share_out") && words.contains("src/lib.rs:27)"), "{words}");
}

/// A component that works, with more sections behind.
fn with_more(more: impl FnOnce(&mut Component, u32)) -> Vec<u8> {
    let mut bytes = std::fs::read(root().join("target/components/examples/redact.wasm")).unwrap();
    let modules = wasmparser::Parser::new(0)
        .parse_all(&bytes)
        .filter(|payload| matches!(payload, Ok(wasmparser::Payload::ModuleSection { .. })));
    let modules = u32::try_from(modules.count()).unwrap();
    let mut component = Component::new();
    more(&mut component, modules);
    // Without the header, which is there already.
    bytes.extend_from_slice(&component.finish()[8..]);
    bytes
}

fn instantiated(component: &mut Component, module: &Module, index: u32) {
    component.section(&RawSection { id: 1, data: module.as_slice() });
    let mut instances = InstanceSection::new();
    instances.instantiate(index, Vec::<(&str, ModuleArg)>::new());
    component.section(&instances);
}

/// A component that wants a table of fifty million elements.
fn table_bomb() -> Vec<u8> {
    with_more(|component, index| {
        let mut tables = TableSection::new();
        tables.table(TableType {
            element_type: RefType::FUNCREF,
            minimum: 50_000_000,
            maximum: None,
            table64: false,
            shared: false,
        });
        let mut module = Module::new();
        module.section(&tables);
        instantiated(component, &module, index);
    })
}

#[tokio::test]
async fn a_table_bomb_is_refused_its_elements() {
    let sandbox = Sandbox::open(limits()).unwrap();
    let refused = sandbox.catalog.put("bomb", "1", &table_bomb()).await.map(drop).unwrap_err().to_string();
    assert!(refused.contains("table"), "{refused}");
    assert!(sandbox.catalog.entries().is_empty());
}

#[tokio::test]
async fn a_component_of_very_many_functions_is_compiled_within_its_limits_or_refused() {
    let many = with_more(|component, index| {
        let (mut types, mut functions, mut code) = (TypeSection::new(), FunctionSection::new(), CodeSection::new());
        types.ty().function([], []);
        for _ in 0..100_000 {
            functions.function(0);
            let mut body = Function::new([]);
            body.instruction(&Instruction::End);
            code.function(&body);
        }
        let mut module = Module::new();
        module.section(&types).section(&functions).section(&code);
        instantiated(component, &module, index);
    });
    let sandbox = Sandbox::open(limits()).unwrap();
    // Either is right; what counts is that this process is still here, and small.
    let answer = sandbox.catalog.put("many", "1", &many).await.map(drop).map_err(|error| error.to_string());
    assert!(answer.is_ok() || answer.as_ref().is_err_and(|words| words.contains("compiling")), "{answer:?}");
    sandbox.with("tests/probe.wasm").await.unwrap();
}

/// A component that imports instances of these names and nothing else.
fn importing(names: impl Iterator<Item = String>) -> Vec<u8> {
    let (mut types, mut imports) = (ComponentTypeSection::new(), ComponentImportSection::new());
    types.instance(&InstanceType::new());
    for name in names {
        imports.import(name.as_str(), ComponentTypeRef::Instance(0));
    }
    let mut component = Component::new();
    component.section(&types).section(&imports);
    component.finish()
}

#[tokio::test]
async fn a_component_of_very_many_imports_is_refused_in_few_words() {
    let sandbox = Sandbox::open(limits()).unwrap();
    for (prefix, why) in [("strange", "the component imports strange:things/n0@0.2.0"), ("wasi", "doesn't export")] {
        let bytes = importing((0..10_000).map(|n| format!("{prefix}:things/n{n}@0.2.0")));
        let refused = sandbox.catalog.put("strange", "1", &bytes).await.map(drop).unwrap_err().to_string();
        assert!(refused.contains(why) && refused.len() < 1_000, "{refused}");
    }
}

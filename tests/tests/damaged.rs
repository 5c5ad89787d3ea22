//! Components with flipped bits, cut off, patched together, or with arbitrary modules inside: each is refused
//! with words or works, and the worker stays as it was. `AIRLOCK_DAMAGED_COUNT` says how many are tried,
//! `AIRLOCK_DAMAGED_SEED` where to begin.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::time::Duration;

use airlock::pipeline::edges::Transform as _;
use airlock::plugin::limits::Limits;
use airlock_tests::airlock::root;
use airlock_tests::sandbox::{Sandbox, batch};
use arbitrary::Unstructured;
use serde_json::json;
use wasm_encoder::{Component, RawSection};

/// How many are tried in a run of all tests.
const COUNT: u64 = 300;

/// Xorshift: the same damage for the same seed.
struct Dice(u64);

impl Dice {
    fn of(seed: u64) -> Self {
        Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}

fn damaged(whole: &[u8], seed: u64) -> Vec<u8> {
    let (mut dice, mut bytes) = (Dice::of(seed), whole.to_vec());
    match seed % 5 {
        0 => bytes.truncate(dice.below(whole.len())),
        1 | 2 => {
            for _ in 0..=dice.below(8) {
                let (at, bit) = (dice.below(bytes.len()), dice.below(8));
                bytes[at] ^= 1 << bit;
            }
        }
        3 => {
            let (from, to, length) = (dice.below(whole.len()), dice.below(whole.len()), 1 + dice.below(64));
            let length = length.min(whole.len() - from.max(to));
            bytes[to..to + length].copy_from_slice(&whole[from..from + length]);
        }
        _ => {
            let noise: Vec<u8> = (0..4096).map(|_| dice.below(256) as u8).collect();
            if let Ok(module) = Unstructured::new(&noise).arbitrary::<wasm_smith::Module>() {
                let mut more = Component::new();
                more.section(&RawSection { id: 1, data: &module.to_bytes() });
                // Without the header, which is there already.
                bytes.extend_from_slice(&more.finish()[8..]);
            }
        }
    }
    bytes
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

#[tokio::test]
async fn damaged_components_harm_nobody() {
    let limits = Limits {
        call_cpu: Duration::from_secs(2),
        call_timeout: Duration::from_secs(10),
        memory_bytes: 32 << 20,
        ..Limits::default()
    };
    let sandbox = Sandbox::open(limits).unwrap().with("tests/probe.wasm").await.unwrap();
    let whole = std::fs::read(root().join("target/components/abi/c.wasm")).expect("run `just abi-guests c`");
    let first = number("AIRLOCK_DAMAGED_SEED", 1);
    let (mut refused, mut taken) = (0, 0);
    for seed in first..first + number("AIRLOCK_DAMAGED_COUNT", COUNT) {
        match sandbox.catalog.put("damaged", "1", &damaged(&whole, seed)).await {
            Err(error) => {
                let words = error.to_string();
                assert!(!words.is_empty() && words.len() < 20_000, "seed {seed}: {words}");
                refused += 1;
            }
            Ok(_) => {
                assert!(sandbox.catalog.remove("damaged", "1").unwrap(), "seed {seed}");
                taken += 1;
            }
        }
        assert_eq!(sandbox.catalog.entries().len(), 1, "seed {seed}: something was left");
    }
    println!("{refused} were refused and {taken} were none the worse");
    assert!(refused > 0 && taken > 0, "{refused} were refused, {taken} taken: this is no test");
    let chain = json!({ "transforms": "step", "transforms.step.type": "probe.Nothing" });
    let (_, result) = sandbox.chain(&chain).unwrap().remove(0).apply(batch(&["{}"]), None).await;
    assert!(result.is_ok(), "{result:?}");
}

//! Figures: what was measured, and what it should have been.

use std::fs;

use airlock_tests::airlock::root;
use anyhow::Result;
use serde::Serialize;

/// One figure.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Figure {
    /// What was measured.
    pub(crate) name: String,
    /// The figure.
    pub(crate) value: f64,
    /// Its unit; `ratio` of two measurements of the same run.
    pub(crate) unit: &'static str,
    /// What it should be at most; none for figures that only explain.
    pub(crate) goal: Option<f64>,
    /// Which way is better.
    pub(crate) better: &'static str,
}

impl Figure {
    /// A figure with a goal that it should stay below.
    pub(crate) fn at_most(name: &str, value: f64, (goal, unit): (f64, &'static str)) -> Self {
        Self { name: name.to_owned(), value, unit, goal: Some(goal), better: "lower" }
    }

    /// A figure that explains others.
    pub(crate) fn told(name: &str, value: f64, unit: &'static str) -> Self {
        Self { name: name.to_owned(), value, unit, goal: None, better: "lower" }
    }

    /// Whether it has a goal that it doesn't reach; what wasn't measured reaches none.
    pub(crate) fn misses(&self) -> bool {
        self.goal.is_some_and(|goal| self.value.is_nan() || self.value > goal)
    }
}

/// Writes a group's figures to its file, and passes them on.
pub(crate) fn written(group: &str, figures: Vec<Figure>) -> Result<Vec<Figure>> {
    let folder = root().join("target/bench");
    fs::create_dir_all(&folder)?;
    fs::write(folder.join(format!("{group}.json")), serde_json::to_vec_pretty(&figures)?)?;
    Ok(figures)
}

/// Prints all figures, and at the end those that missed their goal.
pub(crate) fn print(figures: &[Figure]) {
    for figure in figures {
        let goal = figure.goal.map(|goal| format!("goal {goal}")).unwrap_or_default();
        println!("{:<52} {:>10.3} {:<10} {goal}", figure.name, figure.value, figure.unit);
    }
    let missed: Vec<_> = figures.iter().filter(|figure| figure.misses()).collect();
    println!("\n{} figures, {} of those with a goal missed it", figures.len(), missed.len());
    for figure in missed {
        println!("missed: {} is {:.3}, not {}", figure.name, figure.value, figure.goal.unwrap_or_default());
    }
}

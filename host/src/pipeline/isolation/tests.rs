//! The search among rows that trap always, and instances that trap when they are used up.

use proptest::prelude::*;

use super::*;

const ENDLESS: IsolationBudget = IsolationBudget { calls: u32::MAX, cpu: Duration::MAX };

/// A guest that traps on guilty rows, and on any row once an instance has run `stamina` of them.
struct Guest {
    guilty: Vec<bool>,
    stamina: u32,
    ran: u32,
    calls: u32,
    /// Rows that are done, in order, and rows that were blamed. Rows are known by their first number.
    passed: Vec<u32>,
    blamed: Vec<u32>,
}

impl Guest {
    fn new(guilty: Vec<bool>, stamina: u32) -> Self {
        Self { guilty, stamina, ran: 0, calls: 0, passed: Vec::new(), blamed: Vec::new() }
    }

    /// Runs a batch to the end, as chains do: blamed rows are not live any more.
    fn run(&mut self) -> Isolation {
        let mut live: Vec<u32> = (0..self.guilty.len() as u32).collect();
        let mut isolation = Isolation::new(live.len(), FirstTrap::Whole, ENDLESS);
        while let Some(section) = isolation.section() {
            self.calls += 1;
            let rows = live[section.start as usize..section.end as usize].to_vec();
            self.ran += rows.len() as u32;
            if self.ran <= self.stamina && !rows.iter().any(|row| self.guilty[*row as usize]) {
                self.passed.extend(rows);
                isolation.passed(middle);
                continue;
            }
            self.ran = 0;
            if let Verdict::Guilty(section) = isolation.trapped(CallError::Trapped("boom".to_owned()), middle) {
                self.blamed.extend(live.drain(section.start as usize..section.end as usize));
            }
        }
        isolation
    }
}

proptest! {
    /// Whatever rows are guilty and however soon an instance is used up: exactly the guilty rows are blamed,
    /// all others pass once and in order.
    #[test]
    fn exactly_the_guilty_rows_are_blamed(
        guilty in prop::collection::vec(prop::bool::weighted(0.1), 0..200),
        stamina in 1_u32..300,
    ) {
        let mut guest = Guest::new(guilty.clone(), stamina);
        let isolation = guest.run();
        let rows = 0..guilty.len() as u32;
        let (expected, innocent): (Vec<u32>, Vec<u32>) = rows.partition(|row| guilty[*row as usize]);
        prop_assert_eq!(&guest.blamed, &expected);
        prop_assert_eq!(&guest.passed, &innocent);
        let begun = isolation.has_begun();
        prop_assert_eq!(isolation.unexplained().is_some(), begun && expected.is_empty());
    }
}

#[test]
fn one_guilty_row_of_500_is_found_in_few_calls() {
    for row in [0, 250, 499] {
        let mut guilty = vec![false; 500];
        guilty[row] = true;
        let mut guest = Guest::new(guilty, u32::MAX);
        guest.run();
        assert_eq!(guest.blamed, [row as u32]);
        assert!(guest.calls <= 22, "{} calls for row {row}", guest.calls);
    }
}

#[test]
fn a_batch_that_succeeds_on_a_fresh_instance_blames_nobody() {
    let mut isolation = Isolation::new(500, FirstTrap::Whole, ENDLESS);
    assert_eq!(isolation.trapped(CallError::Trapped("boom".to_owned()), middle), Verdict::GoOn);
    assert_eq!(isolation.section(), Some(0..500), "the whole batch again");
    isolation.passed(middle);
    assert_eq!(isolation.section(), None);
    assert!(isolation.unexplained().is_some());
}

#[test]
fn a_single_row_is_blamed_only_on_a_fresh_instance() {
    let mut isolation = Isolation::new(1, FirstTrap::Halves, ENDLESS);
    let trap = || CallError::Trapped("boom".to_owned());
    assert_eq!(isolation.trapped(trap(), middle), Verdict::GoOn);
    isolation.used();
    assert_eq!(isolation.trapped(trap(), middle), Verdict::GoOn, "it had answered before");
    assert_eq!(isolation.trapped(trap(), middle), Verdict::Guilty(0..1));
    assert_eq!(isolation.section(), None);
}

#[test]
fn only_what_follows_the_first_trap_is_charged() {
    let second = Duration::from_secs(1);
    let budget = IsolationBudget { calls: 2, cpu: 5 * second };
    let mut isolation = Isolation::new(4, FirstTrap::Whole, budget);
    isolation.called(100 * second);
    isolation.trapped(CallError::Trapped("boom".to_owned()), middle);
    isolation.called(101 * second);
    isolation.called(102 * second);
    assert_eq!(isolation.overspent(), None);
    isolation.called(103 * second);
    assert_eq!(isolation.overspent(), Some((3, 3 * second)));
    let mut isolation = Isolation::new(4, FirstTrap::Whole, budget);
    isolation.called(second);
    isolation.trapped(CallError::Trapped("boom".to_owned()), middle);
    isolation.called(7 * second);
    assert_eq!(isolation.overspent(), Some((1, 6 * second)));
}

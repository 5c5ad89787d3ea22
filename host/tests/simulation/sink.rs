//! The simulation of a sink task.

mod consumer;
mod guest;
mod world;

use std::sync::Arc;
use std::time::Duration;

use airlock::pipeline::control::{TargetState, TaskControl};
use airlock::pipeline::dead_letter::{ContextHeaders, DeadLetters};
use airlock::pipeline::edges::Outgoing;
use airlock::pipeline::metrics::TaskMetrics;
use airlock::pipeline::sink_task::{SinkParts, SinkTask};
use airlock::pipeline::tolerance::ErrorPolicy;
use tokio::sync::{mpsc, watch};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::dice::{Dice, LifeEnd, in_virtual_time};
use crate::fate::FateTransform;
use crate::letters::FakeLetters;
use crate::task::{pull, settings, task_id};
use consumer::FakeConsumer;
use guest::FakeSink;
use world::World;

/// How long the last life may take, in virtual time.
const LAST_LIFE: Duration = Duration::from_secs(3600);

/// Lives through one world.
pub(crate) fn simulate(seed: u64) {
    in_virtual_time(async {
        let dice = Arc::new(Dice::new(seed));
        let world = Arc::new(World::new(Arc::clone(&dice)));
        for _ in 0..1 + dice.below(5) {
            let crash_at = if dice.once_in(3) { 0 } else { 1 + dice.below(150) as u64 };
            dice.begin_life(true, crash_at);
            let end = live(&world, meddle).await;
            dice.note(format!("--- {end}"));
        }
        last_life(&world).await;
    });
}

/// Crashes at the first await, at the second, and so on, in worlds that are otherwise the same.
pub(crate) fn crash_at_each_await(seed: u64) {
    for crash_at in 1.. {
        let reached = in_virtual_time(async {
            let dice = Arc::new(Dice::new(seed));
            let world = Arc::new(World::new(Arc::clone(&dice)));
            dice.begin_life(false, crash_at);
            let end = live(&world, World::finish).await;
            last_life(&world).await;
            matches!(end, LifeEnd::Crashed)
        });
        if !reached {
            assert!(crash_at > 15, "the life had only {crash_at} awaits");
            return;
        }
    }
}

/// Runs without faults until everything is settled and committed.
async fn last_life(world: &Arc<World>) {
    world.dice.begin_life(false, 0);
    let end = tokio::time::timeout(LAST_LIFE, live(world, World::finish)).await;
    world.dice.check(matches!(end, Ok(LifeEnd::Stopped)), || format!("the last life ended with {end:?}"));
    world.check_all_settled();
}

/// Runs one task while `script` pulls its strings.
async fn live<F: Future<Output = ()>>(world: &Arc<World>, script: impl FnOnce(Arc<World>, Strings) -> F) -> LifeEnd {
    world.begin_life();
    let shutdown = CancellationToken::new();
    let (target, target_seen) = watch::channel(TargetState::Running);
    let (events, _listener) = mpsc::channel(1000);
    let control = TaskControl { target: target_seen, events, shutdown: shutdown.clone() };
    let settings = settings(world.rejects, 500);
    let policy = ErrorPolicy::seeded(settings.errors.clone(), shutdown.clone(), world.dice.next());
    let task = SinkTask::with_policy(settings, parts(world), control, policy);
    let strings = Strings { target, shutdown };
    tokio::select! {
        biased;
        () = world.dice.crashed() => LifeEnd::Crashed,
        ended = task.run() => match ended {
            Ok(()) => LifeEnd::Stopped,
            Err(error) => LifeEnd::Failed(error.to_string()),
        },
        () = async {
            script(Arc::clone(world), strings).await;
            std::future::pending::<()>().await;
        } => LifeEnd::Crashed,
    }
}

/// What a herder holds of a task.
pub(crate) struct Strings {
    target: watch::Sender<TargetState>,
    shutdown: CancellationToken,
}

/// Pauses and resumes, and stops the task in the end.
async fn meddle(world: Arc<World>, strings: Strings) {
    pull(&world.dice, &strings.target).await;
    sleep(Duration::from_millis(world.dice.below(20_000) as u64)).await;
    world.dice.note("shutdown".to_owned());
    strings.shutdown.cancel();
}

impl World {
    /// Stops the task when everything is committed.
    async fn finish(self: Arc<World>, strings: Strings) {
        while !self.is_all_committed() {
            sleep(Duration::from_millis(500)).await;
        }
        strings.shutdown.cancel();
    }
}

fn parts(world: &Arc<World>) -> SinkParts {
    let transform = |step| {
        let fates = Arc::clone(world);
        let dice = Arc::clone(&world.dice);
        Box::new(FateTransform { dice, step, fates: Box::new(move |batch| fates.fates_of(batch)), ran: 0 }) as _
    };
    let kept = Arc::clone(world);
    let taken = Box::new(move |letter: &Outgoing| kept.dead_letter(letter));
    let letters = Arc::new(FakeLetters { dice: Arc::clone(&world.dice), taken });
    SinkParts {
        consumer: Box::new(FakeConsumer::new(Arc::clone(world))),
        transforms: vec![transform(0), transform(1)],
        sink: Box::new(FakeSink::new(Arc::clone(world))),
        dead_letters: world.rejects.then(|| DeadLetters::new(letters, "dead", task_id(), ContextHeaders::Added)),
        metrics: Arc::new(TaskMetrics::default()),
    }
}

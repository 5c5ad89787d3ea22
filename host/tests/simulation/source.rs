//! The simulation of a source task.

mod guest;
mod kafka;
mod world;

use std::sync::Arc;
use std::time::Duration;

use airlock::pipeline::control::{TargetState, TaskControl};
use airlock::pipeline::dead_letter::{ContextHeaders, DeadLetters};
use airlock::pipeline::metrics::TaskMetrics;
use airlock::pipeline::source_task::{SourceParts, SourceTask};
use airlock::pipeline::tolerance::ErrorPolicy;
use tokio::sync::{mpsc, watch};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::dice::{Dice, LifeEnd, in_virtual_time};
use crate::fate::FateTransform;
use crate::letters::FakeLetters;
use crate::task::{pull, settings, task_id};
use guest::FakeSource;
use kafka::{FakeOffsets, FakeProducer};
use world::World;

const LAST_LIFE: Duration = Duration::from_secs(3600);

/// Lives through one world.
pub(crate) fn simulate(seed: u64) {
    in_virtual_time(async {
        let dice = Arc::new(Dice::new(seed));
        let world = Arc::new(World::new(Arc::clone(&dice)));
        for _ in 0..1 + dice.below(5) {
            let crash_at = if dice.once_in(3) { 0 } else { 1 + dice.below(120) as u64 };
            dice.begin_life(true, crash_at);
            let end = live(&world, false).await;
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
            let end = live(&world, true).await;
            last_life(&world).await;
            matches!(end, LifeEnd::Crashed)
        });
        if !reached {
            assert!(crash_at > 12, "the life had only {crash_at} awaits");
            return;
        }
    }
}

async fn last_life(world: &Arc<World>) {
    world.dice.begin_life(false, 0);
    let end = tokio::time::timeout(LAST_LIFE, live(world, true)).await;
    world.dice.check(matches!(end, Ok(LifeEnd::Stopped)), || format!("the last life ended with {end:?}"));
    world.check_all_written();
}

/// Runs one task, to the end of its source or until the dice stop it.
async fn live(world: &Arc<World>, to_the_end: bool) -> LifeEnd {
    let shutdown = CancellationToken::new();
    world.begin_life(&shutdown);
    let (target, target_seen) = watch::channel(TargetState::Running);
    let (events, _listener) = mpsc::channel(1000);
    let control = TaskControl { target: target_seen, events, shutdown: shutdown.clone() };
    let settings = settings(world.rejects, 20);
    let policy = ErrorPolicy::seeded(settings.errors.clone(), shutdown.clone(), world.dice.next());
    let task = SourceTask::with_policy(settings, parts(world), control, policy);
    let script = async {
        if to_the_end {
            while !world.is_all_stored() {
                sleep(Duration::from_millis(500)).await;
            }
        } else {
            meddle(world, &target).await;
        }
        shutdown.cancel();
        std::future::pending::<()>().await;
    };
    tokio::select! {
        biased;
        () = world.dice.crashed() => LifeEnd::Crashed,
        ended = task.run() => match ended {
            Ok(()) => LifeEnd::Stopped,
            Err(error) => LifeEnd::Failed(error.to_string()),
        },
        () = script => LifeEnd::Crashed,
    }
}

async fn meddle(world: &World, target: &watch::Sender<TargetState>) {
    pull(&world.dice, target).await;
    sleep(Duration::from_millis(world.dice.below(10_000) as u64)).await;
    world.dice.note("shutdown".to_owned());
}

fn parts(world: &Arc<World>) -> SourceParts {
    let transform = |step| {
        let (fates, dice) = (Arc::clone(world), Arc::clone(&world.dice));
        Box::new(FateTransform { dice, step, fates: Box::new(move |batch| fates.fates_of(batch)), ran: 0 }) as _
    };
    SourceParts {
        source: Box::new(FakeSource::new(Arc::clone(world))),
        transforms: vec![transform(0), transform(1)],
        producer: Arc::new(FakeProducer(Arc::clone(world))),
        offsets: Arc::new(FakeOffsets(Arc::clone(world))),
        dead_letters: Some(DeadLetters::new(letters(world), "dead", task_id(), ContextHeaders::Added)),
        metrics: Arc::new(TaskMetrics::default()),
    }
}

fn letters(world: &Arc<World>) -> Arc<FakeLetters> {
    let kept = Arc::clone(world);
    Arc::new(FakeLetters { dice: Arc::clone(&world.dice), taken: Box::new(move |letter| kept.dead_letter(letter)) })
}

//! What dead letters look like, and when they are sent again.

use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::config::connector::Tolerance;
use crate::pipeline::fake::*;
use crate::pipeline::rejections::Rejections;

async fn report(producer: FakeProducer, headers: ContextHeaders) -> (Result<(), Stop>, Vec<Outgoing>) {
    let settings = settings(Tolerance::All);
    let producer = Arc::new(producer);
    let letters = DeadLetters::new(Arc::clone(&producer) as _, "dead", settings.id.clone(), headers);
    let mut policy = ErrorPolicy::seeded(settings.errors.clone(), CancellationToken::new(), 1);
    let task = settings.id.to_string();
    let rejections = Rejections { task, names: settings.names, dead_letters: Some(letters) };
    let mut batch = batch(6, &["{oops"]);
    batch.decode();
    let reported = rejections.report(&mut batch, &mut policy, &metrics()).await;
    let sent = producer.sent.lock().unwrap().clone();
    (reported, sent)
}

#[tokio::test(start_paused = true)]
async fn a_dead_letter_is_the_consumed_record_with_kafkas_headers_behind_its_own() {
    let (reported, sent) = report(FakeProducer::default(), ContextHeaders::Added).await;
    assert!(reported.is_ok());
    let letter = &sent[0];
    assert_eq!((letter.topic.as_str(), letter.partition, letter.timestamp), ("dead", None, Some(1006)));
    assert_eq!((letter.key.as_deref(), letter.value.as_deref()), (Some(&b"k"[..]), Some(&b"{oops"[..])));
    let shown: Vec<String> = letter
        .headers
        .iter()
        .map(|(key, value)| {
            format!("{key} = {}", value.as_ref().map_or("null".into(), |value| String::from_utf8_lossy(value)))
        })
        .collect();
    assert_eq!(shown[..2], ["h = 1", "n = null"]);
    insta::assert_snapshot!(shown[2..].join("\n"), @r"
    __connect.errors.topic = t
    __connect.errors.partition = 0
    __connect.errors.offset = 6
    __connect.errors.connector.name = c
    __connect.errors.task.id = 3
    __connect.errors.stage = VALUE_CONVERTER
    __connect.errors.class.name = JsonConverter
    __connect.errors.exception.class.name = org.apache.kafka.connect.errors.DataException
    __connect.errors.exception.message = Converting byte[] to Kafka Connect data failed due to serialization error: a key in quotes is expected at byte 1
    __connect.errors.exception.stacktrace = org.apache.kafka.connect.errors.DataException: Converting byte[] to Kafka Connect data failed due to serialization error: a key in quotes is expected at byte 1
    	at JsonConverter(VALUE_CONVERTER)
    ");
}

#[tokio::test(start_paused = true)]
async fn a_steps_dead_letter_names_the_step_and_its_component() {
    let settings = settings(Tolerance::All);
    let mut batch = batch(6, &["{}"]);
    batch.decode();
    let (stage, reason) = (Stage::Transformation, "no such field".to_owned());
    batch.reject_live(&[0], Rejection { stage, step: Some(0), reason, exception: "E" });
    let producer = Arc::new(FakeProducer::default());
    let letters = DeadLetters::new(Arc::clone(&producer) as _, "dead", settings.id.clone(), ContextHeaders::Added);
    let mut policy = ErrorPolicy::seeded(settings.errors.clone(), CancellationToken::new(), 1);
    let rejections = Rejections { task: settings.id.to_string(), names: settings.names, dead_letters: Some(letters) };

    assert!(rejections.report(&mut batch, &mut policy, &metrics()).await.is_ok());

    let sent = producer.sent.lock().unwrap().clone();
    let own = sent[0].headers.iter().filter_map(|(key, value)| {
        let name = key.strip_prefix("__airlock.errors.")?;
        Some(format!("{name} = {}", String::from_utf8_lossy(value.as_ref()?)))
    });
    let digest = format!("component.digest = sha256:{}", "ab".repeat(32));
    let expected = ["step = mask", "step.index = 0", "component.name = masks", "component.version = 1.2.0", &digest];
    assert_eq!(own.collect::<Vec<_>>(), expected);
}

#[tokio::test(start_paused = true)]
async fn without_context_headers_it_is_the_consumed_record_alone() {
    let (_, sent) = report(FakeProducer::default(), ContextHeaders::None).await;
    assert_eq!(sent[0].headers, [("h".to_owned(), Some(b"1".to_vec())), ("n".to_owned(), None)]);
}

#[tokio::test(start_paused = true)]
async fn one_that_is_not_acknowledged_is_sent_again_until_it_is() {
    let later = || Err(EdgeError::Retriable("no leader".to_owned()));
    let start = Instant::now();
    let producer = FakeProducer { answers: Script::new([later(), later()]), ..FakeProducer::default() };
    let (reported, sent) = report(producer, ContextHeaders::None).await;
    assert!(reported.is_ok());
    assert_eq!(sent.len(), 1);
    assert_eq!(start.elapsed(), Duration::from_millis(900));
}

//! The keys of a converter with a registry.

use super::super::Converter;
use super::*;

fn parse(pairs: &[(&str, &str)]) -> Result<RegistryConverter, String> {
    let own = pairs.iter().map(|(key, value)| (format!("value.converter.{key}"), (*value).to_owned()));
    let class = ("value.converter".to_owned(), "io.confluent.connect.avro.AvroConverter".to_owned());
    let properties = own.chain([class]).collect();
    match Converter::parse(&properties, "value.converter") {
        Ok(Some(Converter::Registry(avro))) => Ok(*avro),
        Ok(_) => Err("another".to_owned()),
        Err(problems) => Err(problems.into_iter().map(|problem| problem.message).collect::<Vec<_>>().join("\n")),
    }
}

const URL: (&str, &str) = ("schema.registry.url", "http://a:1/base,https://user:p%40ss@b");

#[test]
fn urls_lose_their_users() {
    let avro = parse(&[URL]).unwrap();

    assert_eq!(avro.registry.urls.iter().map(Url::as_str).collect::<Vec<_>>(), ["http://a:1/base", "https://b/"]);
    assert_eq!(avro.registry.credentials, Credentials::Basic(Secret::new("user:p@ss")));
    assert_eq!((avro.write_with, avro.subject), (WriteWith::Registered, SubjectName::Topic));
    assert!(avro.options.is_on("connect.meta.data") && !avro.options.is_on("scrub.invalid.names"));
    assert!(parse(&[]).unwrap_err().contains("schema.registry.url"));
    assert!(parse(&[("schema.registry.url", "a:1")]).unwrap_err().contains("It must be a URL"));
}

#[test]
fn what_is_written_with_depends_on_three_keys() {
    let off = ("auto.register.schemas", "false");

    assert_eq!(parse(&[URL, off]).unwrap().write_with, WriteWith::LookedUp);
    assert_eq!(parse(&[URL, off, ("use.latest.version", "true")]).unwrap().write_with, WriteWith::Latest);
    assert_eq!(parse(&[URL, off, ("use.schema.id", "7")]).unwrap().write_with, WriteWith::Id(7));
    assert_eq!(parse(&[URL, ("use.schema.id", "7")]).unwrap().write_with, WriteWith::Registered);
    let strategy = ("value.subject.name.strategy", "TopicRecordNameStrategy");
    assert_eq!(parse(&[URL, strategy]).unwrap().subject, SubjectName::TopicRecord);
    assert!(parse(&[URL, ("value.subject.name.strategy", "com.example.Own")]).unwrap_err().contains("Use one of"));
}

#[test]
fn what_is_not_there_is_refused_by_name() {
    for (key, value) in [
        ("schema.registry.ssl.truststore.location", "/a.jks"),
        ("schema.registry.ssl.keystore.password", "x"),
        ("bearer.auth.credentials.source", "OAUTHBEARER"),
        ("basic.auth.credentials.source", "SASL_INHERIT"),
        ("use.latest.with.metadata", "a=b"),
        ("rule.executors", "cel"),
    ] {
        let refused = parse(&[URL, (key, value)]).unwrap_err();
        let named = key.replace(".location", ".type").replace("keystore.password", "keystore.type");
        assert!(refused.contains(&format!("value.converter.{named}")), "{key}: {refused}");
    }
    let missing = parse(&[URL, ("basic.auth.credentials.source", "USER_INFO")]).unwrap_err();
    assert_eq!(missing, "value.converter.basic.auth.user.info must be set");
    let pem = ("schema.registry.ssl.truststore.certificates", "-----BEGIN");
    assert_eq!(parse(&[URL, pem]).unwrap().registry.trusted, Some(Pem::Texts("-----BEGIN".to_owned())));
}

#[test]
fn protobuf_has_keys_of_its_own() {
    let parse = |more: &[(&str, &str)]| {
        let own = [("schema.registry.url", "http://a"), ("int.for.enums", "true")];
        let own = own.iter().chain(more).map(|(key, value)| (format!("value.converter.{key}"), (*value).to_owned()));
        let class = ("value.converter".to_owned(), "ProtobufConverter".to_owned());
        Converter::parse(&own.chain([class]).collect(), "value.converter")
    };
    let Ok(Some(Converter::Registry(found))) = parse(&[]) else { panic!("it is refused") };
    assert_eq!((found.format, found.format.schema_type()), (Format::Protobuf, "PROTOBUF"));
    assert!(
        ["int.for.enums", "optional.for.proto2", "wrapper.for.raw.primitives"].map(|key| found.options.is_on(key))
            == [true; 3]
    );
    assert!(["flatten.unions", "optional.for.nullables"].map(|key| found.options.is_on(key)) == [false; 2]);
    for (key, value) in
        [("skip.known.types", "false"), ("derive.type", "true"), ("specific.protobuf.value.type", "com.example.A")]
    {
        let refused = parse(&[(key, value)]).unwrap_err();
        assert!(refused.iter().any(|problem| problem.message.contains(&format!("value.converter.{key}"))), "{key}");
    }
}

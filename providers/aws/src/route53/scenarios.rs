//! Recorded conversations with Route 53, of what no emulator does: changes that are pending, records that exist, pages.

use std::sync::Mutex;
use std::time::Duration;

use plumb_engine::provider::typed::{Prior, Resource};
use plumb_engine::provider::{Creation, IntentKey, ProviderError};

use super::record::Record;
use crate::recorded::{Answer, Recorded};

const NAMESPACE: &str = r#"xmlns="https://route53.amazonaws.com/doc/2013-04-01/""#;

fn zone() -> Answer {
    let zone = "<Id>/hostedzone/Z1</Id><Name>example.com.</Name><CallerReference>r</CallerReference>";
    let response = format!("<HostedZone>{zone}</HostedZone>");
    Answer::ok(format!("<GetHostedZoneResponse {NAMESPACE}>{response}</GetHostedZoneResponse>"))
}

fn change(operation: &str, status: &str) -> Answer {
    let info = format!("<Id>/change/C1</Id><Status>{status}</Status><SubmittedAt>2026-01-01T00:00:00Z</SubmittedAt>");
    Answer::ok(format!("<{operation} {NAMESPACE}><ChangeInfo>{info}</ChangeInfo></{operation}>"))
}

fn records(content: &str, next: &str) -> Answer {
    let truncated = !next.is_empty();
    let rest = format!("<IsTruncated>{truncated}</IsTruncated>{next}<MaxItems>300</MaxItems>");
    let response = format!("<ResourceRecordSets>{content}</ResourceRecordSets>{rest}");
    Answer::ok(format!("<ListResourceRecordSetsResponse {NAMESPACE}>{response}</ListResourceRecordSetsResponse>"))
}

fn record_xml(name: &str, kind: &str, value: &str) -> String {
    let records = format!("<ResourceRecords><ResourceRecord><Value>{value}</Value></ResourceRecord></ResourceRecords>");
    let record = format!("<Name>{name}</Name><Type>{kind}</Type><TTL>60</TTL>{records}");
    format!("<ResourceRecordSet>{record}</ResourceRecordSet>")
}

fn record(name: &str, kind: &str, value: &str) -> Record {
    Record {
        zone_id: "Z1".into(),
        name: name.into(),
        r#type: kind.into(),
        ttl: Some(60),
        records: [value.to_owned()].into(),
        ..Record::default()
    }
}

async fn create(recorded: &Recorded, object: &Record) -> Result<(String, Record), ProviderError> {
    let made = Mutex::new(Vec::new());
    let note = |id: &str| made.lock().unwrap().push(id.to_owned());
    let key = IntentKey::new("lineage", "run", "address");
    let creation = Creation { key: &key, made: &note, timeout: Duration::from_secs(60) };
    let answer = object.create(&*recorded.aws().await, &creation).await?;
    assert_eq!(made.into_inner().unwrap(), std::slice::from_ref(&answer.id));
    Ok((answer.id, answer.state.unwrap()))
}

#[tokio::test]
async fn a_record_is_there_when_all_servers_know_it() {
    let pending = "PENDING";
    let recorded = Recorded::new([
        zone(),
        change("ChangeResourceRecordSetsResponse", pending),
        change("GetChangeResponse", pending),
        change("GetChangeResponse", "INSYNC"),
    ]);
    let (id, made) = create(&recorded, &record("www", "TXT", "a b")).await.unwrap();
    assert_eq!((id.as_str(), made.fqdn.as_deref()), ("Z1_www_TXT", Some("www.example.com")));
    let requests = recorded.requests();
    let sent = &requests[1].body;
    assert!(sent.contains("<Action>CREATE</Action>") && sent.contains("<Name>www.example.com</Name>"), "{sent}");
    assert!(sent.contains("<Value>&quot;a b&quot;</Value>") || sent.contains("<Value>\"a b\"</Value>"), "{sent}");
    assert!(requests[3].line.ends_with("/change/C1"));
}

#[tokio::test]
async fn a_record_that_exists_is_not_replaced() {
    let exists = || {
        let message = "[Tried to create resource record set [name='www.example.com.', type='A'] but it already exists]";
        Answer::error(400, "InvalidChangeBatch", message)
    };
    let recorded = Recorded::new([zone(), exists()]);
    let error = create(&recorded, &record("www", "A", "10.0.0.1")).await.unwrap_err();
    assert!(error.help.unwrap().contains("allow_overwrite"));

    let recorded = Recorded::new([zone(), change("ChangeResourceRecordSetsResponse", "INSYNC")]);
    let object = Record { allow_overwrite: Some(true), ..record("www", "A", "10.0.0.1") };
    create(&recorded, &object).await.unwrap();
    assert!(recorded.requests()[1].body.contains("<Action>UPSERT</Action>"));
}

#[tokio::test]
async fn the_records_of_a_zone_are_read_by_page() {
    let next = "<NextRecordName>www.example.com.</NextRecordName><NextRecordType>A</NextRecordType>";
    let first = record_xml("example.com.", "SOA", "ns.") + &record_xml("\\052.example.com.", "TXT", "\"a\" \"b\"");
    let second = record_xml("www.example.com.", "A", "10.0.0.1");
    let recorded = Recorded::new([records(&first, next), records(&second, "")]);
    let imported = |id: &str| Prior { id: id.into(), state: None };
    let known = record("www", "A", "10.0.0.1");
    let objects = [
        imported("Z1_*.example.com_TXT"),
        Prior { id: "Z1_www_A".into(), state: Some(known) },
        imported("Z1_gone.example.com_A"),
    ];
    let seen = Record::read(&*recorded.aws().await, &objects).await.unwrap();
    let short: Vec<_> =
        seen.iter().map(|it| (it.id.as_str(), it.state.name.as_str(), it.state.records.first())).collect();
    assert_eq!(
        short,
        [
            ("Z1_*.example.com_TXT", "*.example.com", Some(&"a\" \"b".to_owned())),
            ("Z1_www_A", "www", Some(&"10.0.0.1".to_owned())),
        ]
    );
    assert!(recorded.requests()[1].line.contains("name=www.example.com.&type=A"));
}

#[tokio::test]
async fn another_type_is_another_record_in_one_change() {
    let old = record_xml("www.example.com.", "A", "10.0.0.1");
    let recorded = Recorded::new([records(&old, ""), change("ChangeResourceRecordSetsResponse", "INSYNC")]);
    let prior = Record { fqdn: Some("www.example.com".into()), ..record("www", "A", "10.0.0.1") };
    let now = Record { fqdn: prior.fqdn.clone(), ..record("www", "CNAME", "other.example.com") };
    now.update(&*recorded.aws().await, "Z1_www_A", &prior).await.unwrap();
    let sent = recorded.requests()[1].body.clone();
    let (delete, create) = (sent.find("<Action>DELETE</Action>"), sent.find("<Action>CREATE</Action>"));
    assert!(delete.is_some() && delete < create, "{sent}");
}

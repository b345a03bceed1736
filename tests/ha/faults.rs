//! Moves while AWS throttles, refuses, loses answers and is silent.

use std::time::Duration;

use libtest_mimic::{Failed, Trial};

use super::site::{Site, between};
use crate::proxy::{Call, Fault, Faults, Outcome, Rule};

/// Change of a record, as the proxy names calls that have no names.
const RECORD: &str = "POST /2013-04-01/hostedzone";

/// The suite.
pub fn trials() -> Vec<Trial> {
    vec![
        Trial::test("ha::a_move_writes_what_differs_and_nothing_else", writes),
        Trial::test("ha::throttled_moves_wait_longer_each_time", throttled),
        Trial::test("ha::a_forbidden_row_is_named_and_repaired_alone", forbidden),
        Trial::test("ha::lost_answers_are_read_back", lost),
        Trial::test("ha::silence_changes_nothing", silent),
        Trial::test("ha::addresses_move_without_route_53", without_names),
        Trial::test("ha::moves_in_a_storm_end_with_one_owner", storm),
    ]
}

fn count(calls: &[Call], action: &str) -> usize {
    calls.iter().filter(|it| it.was_done() && it.action.starts_with(action)).count()
}

fn expect(what: &str, found: usize, wanted: usize) -> Result<(), Failed> {
    if found == wanted { Ok(()) } else { Err(format!("{what}: {found} instead of {wanted}").into()) }
}

fn with(rules: Vec<Rule>) -> Faults {
    Faults { rules, ..Faults::default() }
}

/// Every row of the network, declared or not, in one call each; one call for the address, one for the name.
fn writes() -> Result<(), Failed> {
    let mut site = Site::applied("362000000001")?;
    let (cluster, _) = site.definition()?;
    let interface = &cluster.servers[0].eni_id;
    let text = site.ec2("DescribeNetworkInterfaces", &[("NetworkInterfaceId.1", interface)])?;
    let vpc = between(&text, "<vpcId>").ok_or("it is in no network")?.to_owned();
    let mut tables = Vec::new();
    for _ in 0..2 {
        let text = site.ec2("CreateRouteTable", &[("VpcId", &vpc)])?;
        tables.push(between(&text, "<routeTableId>").ok_or("it has no id")?.to_owned());
    }
    let row = [("DestinationCidrBlock", "10.1.0.20%2F32"), ("NetworkInterfaceId", interface.as_str())];
    site.ec2("CreateRoute", &[&[("RouteTableId", tables[0].as_str())], &row[..]].concat())?;
    let (run, proxy) = site.through(Faults::default(), "ha move failover1");
    run.expect(0)?.has("4 routes 10.1.0.20/32")?.has("6 writes in")?;
    let calls = proxy.calls();
    expect("rows", count(&calls, "ReplaceRoute"), 4)?;
    expect("new rows", count(&calls, "CreateRoute"), 0)?;
    expect("associations", count(&calls, "AssociateAddress"), 1)?;
    expect("ended associations", count(&calls, "DisassociateAddress"), 0)?;
    expect("changes of the record", count(&calls, RECORD), 1)?;
    site.is_on("server2", 2)?;
    if site.held()?.contains_key(&format!("vip/{}", tables[1])) {
        return Err("a table without the row has one".into());
    }
    for line in ["ha move failover1 --to server2", "ha repair failover1", "ha start failover1 --to server2"] {
        let (run, proxy) = site.through(Faults::default(), line);
        run.expect(0)?.has("nothing was written")?;
        let wrote = proxy.calls().into_iter().find(|it| {
            ["Replace", "Associate", "Disassociate", "Create", "PutItem", "POST"]
                .iter()
                .any(|word| it.action.starts_with(word))
        });
        if let Some(call) = wrote {
            return Err(format!("{line}: {call}").into());
        }
    }
    Ok(())
}

/// Pauses grow, and patience has an end that is told with the code.
fn throttled() -> Result<(), Failed> {
    let mut site = Site::applied("362000000002")?;
    let (run, proxy) = site.through(with(vec![Rule::of("AssociateAddress", Fault::Throttle, 5)]), "ha move failover1");
    run.expect(0)?;
    let at: Vec<Duration> = proxy.calls().iter().filter(|it| it.action == "AssociateAddress").map(|it| it.at).collect();
    expect("attempts", at.len(), 6)?;
    let gaps: Vec<Duration> = at.windows(2).map(|it| it[1] - it[0]).collect();
    if gaps[4] <= gaps[0] * 2 {
        return Err(format!("the pauses do not grow: {gaps:?}").into());
    }
    site.is_on("server2", 2)?;
    site.space.env("TF_VAR_call_timeout", "2");
    site.plumb("apply -auto-approve").expect(0)?;
    let never = Rule { limit: None, ..Rule::of("AssociateAddress", Fault::Throttle, 0) };
    let (run, proxy) = site.through(with(vec![never]), "ha move failover1");
    run.expect(1)?.has("(5:")?.has("RequestLimitExceeded")?.has("NOT DONE: 1")?;
    let intents = site.journal()?.last().map(|it| it.steps.iter().map(|it| it.attempts).max().unwrap_or_default());
    if intents != Some(2) {
        return Err(format!("the first and one more, as the settings say, not {intents:?}").into());
    }
    drop(proxy);
    site.plumb("ha status").expect(2)?.has("SPLIT")?;
    site.plumb("ha repair failover1 --to server1").expect(0)?;
    site.agreed()?;
    Ok(())
}

/// Two rows move, the third is named, and a repair moves that one and what comes after it.
fn forbidden() -> Result<(), Failed> {
    let mut site = Site::applied("362000000003")?;
    let rule = Rule::of("ReplaceRoute", Fault::Refuse("UnauthorizedOperation"), 1);
    let (run, proxy) = site.through(with(vec![rule]), "ha move failover1");
    let run = run.expect(1)?.has("(5:")?.has("NOT DONE: 1")?;
    let refused =
        proxy.calls().into_iter().find(|it| it.outcome == Outcome::Fault(403)).ok_or("nothing was refused")?;
    let table = refused.body.split('&').find_map(|it| it.strip_prefix("RouteTableId=")).unwrap_or_default().to_owned();
    run.has(&table)?;
    expect("rows", count(&proxy.calls(), "ReplaceRoute"), 2)?;
    expect("associations", count(&proxy.calls(), "AssociateAddress"), 0)?;
    site.plumb("plan").expect(1)?.has("Failover group is at several servers")?;
    let (run, proxy) = site.through(Faults::default(), "ha repair failover1 --to server2");
    run.expect(0)?;
    let calls = proxy.calls();
    expect("rows of the repair", count(&calls, "ReplaceRoute"), 1)?;
    expect("associations of the repair", count(&calls, "AssociateAddress"), 1)?;
    site.agreed()?;
    Ok(())
}

/// What was done is found done, whatever became of the answer.
fn lost() -> Result<(), Failed> {
    let mut site = Site::applied("362000000004")?;
    let rules = vec![
        Rule::of("ReplaceRoute", Fault::ResetAfter, 3),
        Rule::of("AssociateAddress", Fault::ResetAfter, 1),
        Rule::of(RECORD, Fault::ResetAfter, 1),
        Rule::of("PutItem", Fault::ResetAfter, 2),
    ];
    let (run, _proxy) = site.through(with(rules), "ha move failover1");
    run.expect(0)?.has("5 writes in")?;
    site.is_on("server2", 2)?;
    // Writes that were never done are done again.
    let rules = vec![
        Rule::of("ReplaceRoute", Fault::ResetBefore, 2),
        Rule::of("AssociateAddress", Fault::Internal, 1),
        Rule::of(RECORD, Fault::Throttle, 2),
        Rule::of("GetItem", Fault::Internal, 1),
    ];
    let (run, _proxy) = site.through(with(rules), "ha move failover1");
    run.expect(0)?;
    site.is_on("server1", 3)?;
    Ok(())
}

/// That nobody answers is not an answer: nothing is written, and nothing is said to be gone.
fn silent() -> Result<(), Failed> {
    let mut site = Site::small("362000000005")?;
    site.space.env("TF_VAR_call_timeout", "3");
    site.plumb("apply -auto-approve").expect(0)?;
    let never = |rule: Rule| Rule { limit: None, ..rule };
    let hung = || with(vec![never(Rule::of("DescribeRouteTables", Fault::Hang, 0))]);
    let (run, proxy) = site.through(hung(), "ha move failover1");
    run.expect(1)?.has("(6:")?;
    expect("rows", count(&proxy.calls(), "ReplaceRoute"), 0)?;
    let (run, _proxy) =
        site.through(with(vec![never(Rule::of("Describe", Fault::Refuse("UnauthorizedOperation"), 0))]), "ha status");
    run.expect(2)?.has("UNKNOWN")?;
    let arbiter = with(vec![never(Rule { service: Some("dynamodb"), ..Rule::some(Fault::Internal, 1.0) })]);
    let (run, proxy) = site.through(arbiter, "ha move failover1");
    run.expect(1)?.has("rbiter")?;
    expect("rows", count(&proxy.calls(), "ReplaceRoute"), 0)?;
    site.is_on("server1", 1)?;
    Ok(())
}

/// Routes and address move while Route 53 is away; the record follows once it is back.
fn without_names() -> Result<(), Failed> {
    let mut site = Site::small("362000000006")?;
    site.space.env("TF_VAR_call_timeout", "2");
    site.plumb("apply -auto-approve").expect(0)?;
    let away = Rule { service: Some("route53"), ..Rule::some(Fault::Internal, 1.0) };
    let (run, _proxy) = site.through(with(vec![away]), "ha move failover1");
    run.expect(1)?.has("Failover group not finished")?.has("dns")?;
    let held = site.held()?;
    let moved = held.iter().filter(|(name, _)| *name != "dns").all(|(_, server)| server == "server2");
    if !moved || held["dns"] != "server1" {
        return Err(format!("it is elsewhere: {held:?}").into());
    }
    site.plumb("ha status").expect(2)?.has("UNFINISHED")?;
    site.plumb("ha repair failover1").expect(0)?.has("Finished first: move server1 → server2")?;
    let (server, _) = site.agreed()?;
    if server == "server2" { Ok(()) } else { Err(format!("it is on {server}").into()) }
}

/// There and back under everything at once, which chance decides by a seed.
fn storm() -> Result<(), Failed> {
    let mut site = Site::applied("362000000007")?;
    let seed = std::env::var("PLUMB_FAULT_SEED").ok().and_then(|it| it.parse().ok()).unwrap_or(7);
    for round in 0..6 {
        let faults = Faults {
            seed: seed + round,
            rules: vec![
                Rule::some(Fault::Throttle, 0.20),
                Rule::some(Fault::Internal, 0.05),
                Rule::some(Fault::ResetBefore, 0.05),
                Rule::some(Fault::ResetAfter, 0.05),
                Rule::some(Fault::Delay(Duration::from_millis(200)), 0.05),
            ],
            page: Some(2),
            ..Faults::default()
        };
        let (run, _proxy) = site.through(faults, "ha move failover1");
        if run.code != 0 {
            site.plumb("ha repair failover1").expect(0)?;
        }
        site.agreed().map_err(|error| format!("PLUMB_FAULT_SEED={seed}, round {round}: {error}\n{}", run.text()))?;
    }
    Ok(())
}

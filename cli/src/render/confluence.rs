//! Clusters of Confluence with their nodes, as text and as JSON.

use plumb_engine::provider::ChangeSteps;
use plumb_engine::store::ObjectKey;
use plumb_engine::value::{Value, to_json};
use serde_json::{Value as Json, json};

use super::table;

/// A cluster as it was seen.
pub struct ClusterStatus {
    address: String,
    object: Json,
    upgrade: Option<ChangeSteps>,
}

impl ClusterStatus {
    /// From the object as it was read, and the steps that an upgrade has left.
    pub fn of(key: &ObjectKey, object: &Value, left: Option<&ChangeSteps>) -> Self {
        Self { address: key.to_string(), object: to_json(object, None), upgrade: left.cloned() }
    }

    fn text(&self, name: &str) -> &str {
        self.object[name].as_str().unwrap_or_default()
    }
}

/// The columns of a node, as they are called and as attributes.
const COLUMNS: [(&str, &str); 6] = [
    ("Machine", "instance"),
    ("Address", "address"),
    ("State", "state"),
    ("Version", "version"),
    ("Template", "template_version"),
    ("Tasks", "tasks"),
];

/// Each cluster with a table of its nodes.
pub fn text(clusters: &[ClusterStatus]) -> String {
    clusters.iter().map(one).collect::<Vec<_>>().join("\n")
}

fn one(cluster: &ClusterStatus) -> String {
    let mut out = format!("{} ({})\n", cluster.address, cluster.text("base_url"));
    out += &format!("Version: {}\nState:   {}\n", cluster.text("version"), cluster.text("cluster_state"));
    if let Some(meaning) = meaning(cluster.text("cluster_state")) {
        out += &format!("         {meaning}\n");
    }
    if let Some(steps) = &cluster.upgrade {
        let next = steps.remaining().first().map(|it| format!("{} ({})", it.title, it.target)).unwrap_or_default();
        let (done, count) = (steps.done, steps.steps.len());
        out += &format!(
            "Upgrade: {}; {done} of {count} steps are done, next: {next}\n         \"plumb confluence upgrade resume\" goes \
             on, \"plumb confluence upgrade cancel\" takes it back\n",
            steps.goal
        );
    }
    let nodes = cluster.object["nodes"].as_array().map(Vec::as_slice).unwrap_or_default();
    if nodes.is_empty() {
        return out + "No nodes.\n";
    }
    let columns = COLUMNS.map(|(title, _)| title.to_owned());
    let rows: Vec<Vec<Json>> =
        nodes.iter().map(|node| COLUMNS.iter().map(|(_, name)| node[*name].clone()).collect()).collect();
    out + "\n" + &table::text(&columns, &rows)
}

/// What a state means that Confluence has no word for.
fn meaning(state: &str) -> Option<&'static str> {
    match state {
        "UNREACHABLE" => Some("its nodes are starting, or it is out of reach from here; the version is the last known"),
        "FIRST_RUN" => Some("its setup wizard waits for a person"),
        "UNKNOWN" => Some("it tells its nodes only to the login of a system administrator"),
        _ => None,
    }
}

/// The clusters as a document.
pub fn document(clusters: &[ClusterStatus]) -> Json {
    let all = clusters.iter().map(|it| {
        let mut json = json!({
            "address": it.address,
            "base_url": it.object["base_url"],
            "version": it.object["version"],
            "cluster_state": it.object["cluster_state"],
            "nodes": it.object["nodes"],
        });
        if let Some(steps) = &it.upgrade {
            json["upgrade"] = super::steps::json(steps);
        }
        json
    });
    json!({ "format_version": "1.0", "clusters": all.collect::<Vec<_>>() })
}

#[cfg(test)]
mod tests {
    use plumb_engine::provider::PlannedStep;
    use plumb_engine::value::infer_json;

    use super::*;

    fn cluster(upgrade: Option<&ChangeSteps>) -> ClusterStatus {
        let key = ObjectKey::current("confluence_cluster.main".parse().unwrap());
        let object = infer_json(&json!({
            "base_url": "https://wiki", "version": "9.2.1", "cluster_state": "MIXED",
            "nodes": [
                {"instance": "i-1", "address": "10.0.0.1", "state": "ACTIVE", "version": "9.2.1",
                    "template_version": "4", "tasks": 2},
                {"instance": "i-2", "address": "10.0.0.2", "state": "STARTING", "version": "9.2.3",
                    "template_version": "5", "tasks": 0},
            ],
        }));
        ClusterStatus::of(&key, &object, upgrade)
    }

    #[test]
    fn a_cluster_is_told_with_its_nodes() {
        let want = "confluence_cluster.main (https://wiki)\nVersion: 9.2.1\nState:   MIXED\n\n\
            Machine  Address   State     Version  Template  Tasks\n\
            -------  --------  --------  -------  --------  -----\n\
            i-1      10.0.0.1  ACTIVE    9.2.1    4             2\n\
            i-2      10.0.0.2  STARTING  9.2.3    5             0\n";
        assert_eq!(text(&[cluster(None)]), want);
    }

    #[test]
    fn a_state_that_is_not_confluences_is_explained() {
        let mut first = cluster(None);
        first.object["cluster_state"] = "FIRST_RUN".into();
        assert!(text(&[first]).contains("State:   FIRST_RUN\n         its setup wizard waits"));
    }

    #[test]
    fn an_upgrade_that_stopped_says_how_to_go_on() {
        let step = |id: &str| PlannedStep {
            id: id.into(),
            title: "stop the node".into(),
            target: "i-1".into(),
            expected_seconds: 1,
        };
        let steps = ChangeSteps { goal: "upgrade to 9.2.3".into(), steps: vec![step("a"), step("b")], done: 1 };
        let text = text(&[cluster(Some(&steps))]);
        assert!(text.contains("upgrade to 9.2.3; 1 of 2 steps are done, next: stop the node (i-1)"), "{text}");
        assert_eq!(document(&[cluster(Some(&steps))])["clusters"][0]["upgrade"]["list"][0]["done"], true);
    }
}

//! A remote side in memory: volumes that behave as their names say.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Schema;
use crate::provider::typed::{
    DataSource, Id, Made, Observed, Phase, Prior, Resource, Result, Timeouts, TypedClient, settings,
};
use crate::provider::{Creation, IntentKey, PlannedChange, ProviderError, Recognition};
use crate::schema::{Attribute, Block};
use crate::value::{Type, Value};

/// The remote side.
#[derive(Default)]
pub struct Cloud {
    pub volumes: Mutex<BTreeMap<Id, Stored>>,
    /// The ids of each read call.
    pub reads: Mutex<Vec<Vec<Id>>>,
    calls: AtomicU64,
    creates: AtomicU64,
}

/// A volume there.
#[derive(Clone)]
pub struct Stored {
    pub volume: Volume,
    pub key: String,
    /// Looks since the last change of it.
    pub looks: u32,
    pub deleted: bool,
}

impl Cloud {
    pub fn reads(&self) -> usize {
        self.reads.lock().unwrap().len()
    }

    /// Puts a volume there that plumb did not make.
    pub fn put(&self, id: &str, volume: Volume) {
        let stored = Stored { volume, key: String::new(), looks: 9, deleted: false };
        self.volumes.lock().unwrap().insert(id.into(), stored);
    }

    /// How often a create was sent.
    pub fn creates(&self) -> u64 {
        self.creates.load(Ordering::Relaxed)
    }

    fn call(&self) {
        self.calls.fetch_add(1, Ordering::Relaxed);
    }
}

impl TypedClient for Cloud {
    fn extend_schema(_type_name: &str, block: &mut Block) {
        block.attributes.insert("region".into(), Attribute::optional(Type::String));
    }

    fn plan(change: &mut PlannedChange, client: Option<&Self>) {
        let region = if client.is_some() { "home" } else { "unknown" };
        change.planned = change.planned.clone().with("region", Value::from(region));
    }

    fn observed(&self, object: Value, _prior: Option<&Value>) -> Value {
        if object.get("region").is_some_and(Value::is_null) { object.with("region", "home".into()) } else { object }
    }

    fn scope(&self, object: Option<&Value>) -> String {
        object.and_then(|it| it.get("region")).and_then(Value::as_str).unwrap_or("home").into()
    }

    fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }
}

/// Who may use a volume.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Schema)]
pub struct Grant {
    /// The user.
    pub user: String,
    /// Why.
    pub note: Option<String>,
    /// What the user may do.
    #[attr(default = "read")]
    pub may: String,
}

/// Space to store things in.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Schema)]
pub struct Volume {
    /// Name.
    #[attr(force_new)]
    pub name: String,
    /// Size in GiB.
    #[attr(default = 8)]
    pub size: i64,
    /// Note.
    pub note: Option<String>,
    /// Owner.
    #[attr(same = str::eq_ignore_ascii_case)]
    pub owner: Option<String>,
    /// Labels.
    pub tags: BTreeMap<String, String>,
    /// Password.
    #[attr(sensitive)]
    pub password: Option<String>,
    /// Token.
    #[attr(write_only)]
    pub token: Option<String>,
    /// Zone.
    #[attr(optional, computed)]
    pub zone: Option<String>,
    /// Address.
    #[attr(computed)]
    pub arn: String,
    /// Snapshots.
    #[attr(computed)]
    pub snapshots: Vec<String>,
    /// Who may use it.
    #[block(set)]
    pub grant: Vec<Grant>,
}

impl Resource for Volume {
    type Client = Cloud;
    const TYPE: &'static str = "fake_volume";
    const RECOGNITION: Recognition = Recognition::CreationToken;
    const VERSION: u64 = 3;
    const TIMEOUTS: Timeouts = Timeouts::minutes(10);
    const BATCH: usize = 3;
    const UNREADABLE: &'static [&'static str] = &["password"];
    const WAIT_GONE: bool = true;

    async fn create(&self, client: &Cloud, creation: &Creation<'_>) -> Result<Made<Self>> {
        client.call();
        let first = client.creates.fetch_add(1, Ordering::Relaxed) == 0;
        assert_eq!(self.arn, "", "what is not known yet is empty");
        if self.name == "refused" {
            return Err(ProviderError::refused("creating fake_volume (CreateVolume)", "Quota: 403"));
        }
        if self.name == "silent" {
            std::future::pending::<()>().await;
        }
        let lost = || ProviderError::unanswered("creating fake_volume (CreateVolume)", "connection reset");
        if self.name == "unsent" && first {
            return Err(lost());
        }
        let id = format!("vol-{}", self.name);
        let mut volume = Self { arn: format!("arn:{id}"), password: None, token: None, ..self.clone() };
        volume.zone.get_or_insert("a".into());
        volume.owner = volume.owner.map(|it| it.to_uppercase());
        let stored = Stored { volume: volume.clone(), key: creation.key.to_string(), looks: 0, deleted: false };
        client.volumes.lock().unwrap().insert(id.clone(), stored);
        match self.name.as_str() {
            "half" => {
                creation.made(&id);
                Err(ProviderError::refused("tagging fake_volume (TagVolume)", "AccessDenied: 403"))
            }
            "unheard" | "unfinished" => {
                // The call that sets the note was not sent.
                client.volumes.lock().unwrap().get_mut(&id).expect("it was just made").volume.note = None;
                if self.name == "unfinished" {
                    creation.made(&id);
                }
                Err(lost())
            }
            "instant" => Ok(Made::ready(id, volume)),
            _ => Ok(Made::id(id)),
        }
    }

    async fn read(client: &Cloud, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        client.call();
        let ids: Vec<_> = objects.iter().map(|it| it.id.clone()).collect();
        client.reads.lock().unwrap().push(ids.clone());
        tokio::time::sleep(Duration::from_millis(100)).await;
        if ids.iter().any(|it| it == "vol-unreadable") {
            return Err(ProviderError::unanswered("reading fake_volume (ListVolumes)", "InternalError: 500"));
        }
        assert!(!ids.iter().any(|it| it == "vol-panic"), "the read panics");
        let mut volumes = client.volumes.lock().unwrap();
        Ok(ids.into_iter().filter_map(|id| look(&id, volumes.get_mut(&id)?)).collect())
    }

    async fn update(&self, client: &Cloud, id: &str, prior: &Self) -> Result<()> {
        client.call();
        assert_eq!(self.arn, prior.arn, "what is not known yet is as before");
        if self.size < prior.size {
            return Err(ProviderError::refused("changing fake_volume (ResizeVolume)", "it cannot shrink"));
        }
        let mut volumes = client.volumes.lock().unwrap();
        let stored = volumes.get_mut(id).expect("the volume exists");
        stored.volume = Self { password: None, token: None, ..self.clone() };
        stored.looks = 0;
        Ok(())
    }

    async fn delete(&self, client: &Cloud, id: &str) -> Result<()> {
        client.call();
        if let Some(stored) = client.volumes.lock().unwrap().get_mut(id) {
            stored.deleted = true;
            stored.looks = 0;
        }
        Ok(())
    }

    async fn find(&self, client: &Cloud, key: &IntentKey) -> Result<Option<Id>> {
        client.call();
        let volumes = client.volumes.lock().unwrap();
        Ok(volumes.iter().find(|(_, it)| it.key == key.as_str()).map(|(id, _)| id.clone()))
    }
}

/// What a look at a volume shows; the first word of its name says how it behaves.
fn look(id: &str, stored: &mut Stored) -> Option<Observed<Volume>> {
    stored.looks += 1;
    let name = stored.volume.name.split('-').next().unwrap_or_default();
    let phase = match (name, stored.looks) {
        ("late", 1..4) | ("lost", _) => return None,
        (_, 4..) if stored.deleted && name != "undying" => return None,
        _ if stored.deleted => Phase::Deleting,
        ("slow", 1..4) | ("stuck", _) => Phase::Pending("creating".into()),
        ("broken", _) => Phase::Failed("no space left".into()),
        _ => Phase::Ready,
    };
    Some(Observed::ready(id, stored.volume.clone()).phase(phase))
}

/// Looks a volume up.
#[derive(Serialize, Deserialize, Schema)]
pub struct Lookup {
    /// Name.
    pub name: String,
    /// Note.
    pub note: Option<String>,
    /// Address.
    #[attr(computed)]
    pub arn: Option<String>,
}

impl DataSource for Lookup {
    type Client = Cloud;
    const TYPE: &'static str = "fake_volume";

    async fn read(self, client: &Cloud) -> Result<(Id, Self)> {
        client.call();
        let id = format!("vol-{}", self.name);
        let arn = client.volumes.lock().unwrap().get(&id).map(|it| it.volume.arn.clone());
        // It forgets what the configuration said, which must not show.
        Ok((id, Self { arn, note: None, ..self }))
    }
}

/// A type that can only be read one by one, under an id that it makes canonical.
#[derive(Clone, Debug, Serialize, Deserialize, Schema)]
pub struct Single {
    /// Name.
    pub name: Option<String>,
}

impl Resource for Single {
    type Client = Cloud;
    const TYPE: &'static str = "fake_single";
    const RECOGNITION: Recognition = Recognition::NaturalName;
    const BATCH: usize = 1;

    async fn create(&self, _client: &Cloud, _creation: &Creation<'_>) -> Result<Made<Self>> {
        Ok(Made::ready("x", self.clone()))
    }

    async fn read(_client: &Cloud, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        Ok(objects.iter().map(|it| Observed::ready(it.id.to_uppercase(), Self { name: None })).collect())
    }

    async fn update(&self, _client: &Cloud, _id: &str, _prior: &Self) -> Result<()> {
        Ok(())
    }

    async fn delete(&self, _client: &Cloud, _id: &str) -> Result<()> {
        Ok(())
    }

    async fn find(&self, _client: &Cloud, _key: &IntentKey) -> Result<Option<Id>> {
        Ok(None)
    }

    async fn list(_client: &Cloud) -> Result<Vec<Id>> {
        Ok(vec!["X".into()])
    }
}

/// The settings are reachable through the engine's client.
pub fn is_cloud(client: &dyn crate::provider::Client, cloud: &Arc<Cloud>) -> bool {
    settings::<Cloud>(Some(client)).is_some_and(|it| std::ptr::eq(it, Arc::as_ptr(cloud)))
}

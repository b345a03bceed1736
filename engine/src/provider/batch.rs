//! Merges reads that are wanted at the same time into one call.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tracing::debug;

use super::ProviderError;
use super::typed::{Id, Observed, Prior, Resource, Result};

/// How long a first read waits for others to join it; reads that are wanted while a call is under way join the next.
pub(super) const WINDOW: Duration = Duration::from_millis(30);

/// Reads objects of one type through one client, many waiting tasks in one call.
pub(super) struct Batcher<R: Resource> {
    client: Arc<R::Client>,
    queue: Mutex<Queue<R>>,
}

struct Queue<R> {
    wanted: Vec<Wanted<R>>,
    /// A task is on its way that will answer whatever is wanted.
    draining: bool,
}

struct Wanted<R> {
    object: Prior<R>,
    answer: oneshot::Sender<Answer<R>>,
}

/// An object and all who wait for it.
type Shared<R> = (Prior<R>, Vec<oneshot::Sender<Answer<R>>>);

/// `None`: the remote side has no such object.
type Answer<R> = Result<Option<Observed<R>>>;

impl<R: Resource> Batcher<R> {
    /// Reads through `client`.
    pub fn new(client: Arc<R::Client>) -> Arc<Self> {
        Arc::new(Self { client, queue: Mutex::new(Queue { wanted: Vec::new(), draining: false }) })
    }

    /// Reads one object, together with what other tasks want to read now.
    pub async fn read(self: &Arc<Self>, object: Prior<R>) -> Answer<R> {
        let (answer, answered) = oneshot::channel();
        let start = {
            let mut queue = self.lock();
            queue.wanted.push(Wanted { object, answer });
            !std::mem::replace(&mut queue.draining, true)
        };
        if start {
            tokio::spawn(self.clone().drain());
        }
        answered.await.unwrap_or_else(|_| Err(interrupted::<R>()))
    }

    async fn drain(self: Arc<Self>) {
        loop {
            tokio::time::sleep(WINDOW).await;
            let Some(wanted) = self.take() else { return };
            let mut pages: Vec<_> = group(wanted).into_values().collect();
            while !pages.is_empty() {
                let rest = pages.split_off(pages.len().min(R::BATCH.max(1)));
                self.answer(std::mem::replace(&mut pages, rest)).await;
            }
        }
    }

    /// Everything that is wanted and still waited for; `None` ends the draining.
    fn take(&self) -> Option<Vec<Wanted<R>>> {
        let mut queue = self.lock();
        queue.wanted.retain(|it| !it.answer.is_closed());
        queue.draining = !queue.wanted.is_empty();
        queue.draining.then(|| std::mem::take(&mut queue.wanted))
    }

    /// One call. It runs as a task of its own, so that its panic reaches those who wait as an error.
    async fn answer(&self, page: Vec<Shared<R>>) {
        let (objects, waiting): (Vec<_>, Vec<_>) = page.into_iter().unzip();
        debug!(r#type = R::TYPE, objects = objects.len(), tasks = waiting.len(), "reading objects that are waited for");
        let client = self.client.clone();
        let call = tokio::spawn(async move { read_page::<R>(&client, &objects).await });
        let shown = call.await.unwrap_or_else(|_| Err(interrupted::<R>()));
        for (at, tasks) in waiting.into_iter().enumerate() {
            let answer = match &shown {
                Ok(shown) => Ok(shown.get(at).cloned().flatten()),
                Err(error) => Err(error.clone()),
            };
            for task in tasks {
                // A task that stopped waiting needs no answer.
                let _ = task.send(answer.clone());
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue<R>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The same object is asked for once, whoever wants it.
fn group<R>(wanted: Vec<Wanted<R>>) -> BTreeMap<Id, Shared<R>> {
    let mut groups = BTreeMap::new();
    for Wanted { object, answer } in wanted {
        groups.entry(object.id.clone()).or_insert_with(|| (object, Vec::new())).1.push(answer);
    }
    groups
}

/// One call of [`Resource::read`]: an answer for each of at most [`Resource::BATCH`] objects, in their order.
pub(super) async fn read_page<R: Resource>(
    client: &R::Client,
    objects: &[Prior<R>],
) -> Result<Vec<Option<Observed<R>>>> {
    let mut shown = R::read(client, objects).await?;
    if R::BATCH == 1 && shown.len() == 1 {
        // What is read one by one may be shown under its canonical id, which an import need not have used.
        return Ok(vec![shown.pop()]);
    }
    let shown: BTreeMap<Id, Observed<R>> =
        shown.into_iter().map(|it| (it.asked_as.clone().unwrap_or_else(|| it.id.clone()), it)).collect();
    Ok(objects.iter().map(|it| shown.get(&it.id).cloned()).collect())
}

fn interrupted<R: Resource>() -> ProviderError {
    ProviderError::unanswered(format!("reading {}", R::TYPE), "the read ended without an answer")
}

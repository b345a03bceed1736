//! Ephemeral resources while they are open: renewed in time, and closed when nothing needs them any more.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use tokio::task::JoinHandle;

use crate::addr::InstanceAddr;
use crate::events::{EphemeralStep, Event, Events};
use crate::provider::{Client, Hold, ProviderError};
use crate::value::{Marks, Value};

/// An ephemeral resource that is open. Dropping it ends the renewals; it is given back by [`Lifetime::close`] alone.
pub(crate) struct Lifetime {
    addr: InstanceAddr,
    client: Arc<dyn Client>,
    held: Arc<Mutex<Held>>,
    renewal: Option<JoinHandle<()>>,
}

struct Held {
    hold: Hold,
    /// Why the last renewal failed; none is tried after it.
    failure: Option<ProviderError>,
}

/// Opens an ephemeral resource: its object, ephemeral as a whole, and the means to close it.
///
/// # Errors
/// The provider could not open it.
pub(crate) async fn open(
    client: Arc<dyn Client>,
    addr: &InstanceAddr,
    config: &Value,
    events: &dyn Events,
) -> Result<(Value, Lifetime), ProviderError> {
    let since = Instant::now();
    events.event(Event::EphemeralStart { addr, step: EphemeralStep::Open });
    let opened = client.open(&addr.resource.type_name, config).await;
    done(addr, EphemeralStep::Open, since, opened.is_ok(), events);
    let (value, hold) = opened?;
    let renewable = hold.renew_after.is_some();
    let held = Arc::new(Mutex::new(Held { hold, failure: None }));
    let task = || tokio::spawn(renew(client.clone(), addr.resource.type_name.clone(), held.clone()));
    let renewal = renewable.then(task);
    Ok((value.marked(Marks::EPHEMERAL), Lifetime { addr: addr.clone(), client, held, renewal }))
}

impl Lifetime {
    /// The instance.
    pub fn addr(&self) -> &InstanceAddr {
        &self.addr
    }

    /// Gives the resource back.
    ///
    /// # Errors
    /// A renewal failed on the way, or the provider could not close it.
    pub async fn close(mut self, events: &dyn Events) -> Result<(), ProviderError> {
        if let Some(renewal) = self.renewal.take() {
            renewal.abort();
            // A renewal under way must not come after the close.
            let _ = renewal.await;
        }
        let (hold, failure) = {
            let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
            (held.hold.clone(), held.failure.take())
        };
        let since = Instant::now();
        events.event(Event::EphemeralStart { addr: &self.addr, step: EphemeralStep::Close });
        let closed = self.client.close(&self.addr.resource.type_name, &hold).await;
        done(&self.addr, EphemeralStep::Close, since, closed.is_ok(), events);
        closed.and(failure.map_or(Ok(()), Err))
    }
}

impl Drop for Lifetime {
    fn drop(&mut self) {
        if let Some(renewal) = &self.renewal {
            renewal.abort();
        }
    }
}

fn done(addr: &InstanceAddr, step: EphemeralStep, since: Instant, succeeded: bool, events: &dyn Events) {
    events.event(Event::EphemeralDone { addr, step, elapsed: since.elapsed(), succeeded });
}

/// Renews until the provider asks for no more, or fails.
async fn renew(client: Arc<dyn Client>, type_name: Arc<str>, held: Arc<Mutex<Held>>) {
    loop {
        let hold = held.lock().unwrap_or_else(PoisonError::into_inner).hold.clone();
        let Some(after) = hold.renew_after else { return };
        tokio::time::sleep(after).await;
        let renewed = client.renew(&type_name, &hold).await;
        let mut held = held.lock().unwrap_or_else(PoisonError::into_inner);
        match renewed {
            Ok(hold) => held.hold = hold,
            Err(error) => {
                held.failure = Some(error);
                return;
            }
        }
    }
}

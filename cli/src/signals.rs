//! Interrupts: the first asks an apply to stop gently, the second to stop at once.

use plumb_engine::apply::Stop;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Listens until it is dropped.
pub struct Listener {
    task: JoinHandle<()>,
}

/// Begins to listen. From here on an interrupt no longer ends the process by itself.
pub fn listen() -> (watch::Receiver<Stop>, Listener) {
    let (sender, receiver) = watch::channel(Stop::Go);
    let mut interrupts = Interrupts::new();
    let task = tokio::spawn(async move {
        for stop in [Stop::Gently, Stop::Now] {
            interrupts.next().await;
            if sender.send(stop).is_err() {
                return;
            }
        }
        // Whoever reads the channel still finds the last order there.
        sender.closed().await;
    });
    (receiver, Listener { task })
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[cfg(unix)]
struct Interrupts(Vec<tokio::signal::unix::Signal>);

#[cfg(unix)]
impl Interrupts {
    fn new() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        // A signal that cannot be listened to keeps what it does by default.
        Self([SignalKind::interrupt(), SignalKind::terminate()].into_iter().filter_map(|it| signal(it).ok()).collect())
    }

    async fn next(&mut self) {
        std::future::poll_fn(|context| {
            let arrived = self.0.iter_mut().any(|it| it.poll_recv(context).is_ready());
            if arrived { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
        })
        .await;
    }
}

#[cfg(not(unix))]
struct Interrupts;

#[cfg(not(unix))]
impl Interrupts {
    fn new() -> Self {
        Self
    }

    async fn next(&mut self) {
        tokio::signal::ctrl_c().await.ok();
    }
}

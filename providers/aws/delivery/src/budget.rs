//! One rate of requests per service and region for the whole process: free until AWS throttles, then what AWS takes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use tokio::time::Instant;

/// Slowest rate, requests a second: below it a run would not end in useful time.
const SLOWEST: f64 = 4.0;
/// What is left of the rate after a throttled request.
const CUT: f64 = 0.7;
/// How many requests a second the rate grows by in a second without throttling.
const GROWTH: f64 = 4.0;
/// A rate is cut at most once in this time: requests that were under way together tell the same thing.
const ONCE: Duration = Duration::from_secs(1);
/// Above this rate nothing is held back.
const FREE: f64 = 200.0;

/// Buckets by service and region.
type Lanes = BTreeMap<(String, String), Arc<Mutex<Bucket>>>;

static LANES: Mutex<Lanes> = Mutex::new(BTreeMap::new());

/// The rate of one service in one region, as seen by one request.
#[derive(Debug)]
pub(crate) struct Lane {
    bucket: Arc<Mutex<Bucket>>,
    key: String,
}

#[derive(Debug)]
struct Bucket {
    /// Requests a second; `None` while nothing is held back.
    rate: Option<f64>,
    /// Requests that may be sent now.
    tokens: f64,
    /// When tokens were last added.
    filled: Instant,
    /// When the rate was last cut.
    cut: Option<Instant>,
    /// Requests of the present second, and those of the last whole one: what the rate is when it is first cut.
    counted: (Instant, f64, f64),
}

impl Lane {
    /// The lane of a request, by the scope of its signature: `Credential=KEY/20260101/eu-central-1/ec2/aws4_request`.
    pub fn of(request: &HttpRequest) -> Self {
        let signature = request.headers().get("authorization").unwrap_or_default();
        let scope = signature.split_once("Credential=").map_or("", |(_, rest)| rest);
        let mut parts = scope.split([',', '/']);
        let key = parts.next().unwrap_or_default().to_owned();
        let region = parts.nth(1).unwrap_or_default().to_owned();
        let service = parts.next().unwrap_or_default().to_owned();
        let mut lanes = LANES.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = lanes.entry((service, region)).or_insert_with(|| Arc::new(Mutex::new(Bucket::new())));
        Self { bucket: bucket.clone(), key }
    }

    /// Access key of the request.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Waits until the request may be sent.
    pub async fn admitted(&self) {
        loop {
            let wait = self.lock().take(Instant::now());
            if wait.is_zero() {
                return;
            }
            tokio::time::sleep(wait).await;
        }
    }

    /// A request was throttled.
    pub fn refused(&self) {
        self.lock().throttled(Instant::now());
    }

    /// A request was not throttled.
    pub fn taken(&self) {
        self.lock().grow(Instant::now());
    }

    fn lock(&self) -> MutexGuard<'_, Bucket> {
        self.bucket.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Bucket {
    fn new() -> Self {
        let now = Instant::now();
        Self { rate: None, tokens: 0.0, filled: now, cut: None, counted: (now, 0.0, 0.0) }
    }

    /// Takes a token; or else how long to wait before asking again.
    fn take(&mut self, now: Instant) -> Duration {
        self.fill(now);
        match self.rate {
            Some(rate) if self.tokens < 1.0 => Duration::from_secs_f64(((1.0 - self.tokens) / rate).max(0.001)),
            Some(_) => {
                self.tokens -= 1.0;
                Duration::ZERO
            }
            None => {
                self.count(now);
                Duration::ZERO
            }
        }
    }

    fn fill(&mut self, now: Instant) {
        let passed = now.duration_since(self.filled).as_secs_f64();
        self.filled = now;
        if let Some(rate) = self.rate {
            // At most what a second allows: a pause earns no burst.
            self.tokens = (self.tokens + passed * rate).min(rate.max(1.0));
        }
    }

    fn count(&mut self, now: Instant) {
        let (since, count, last) = self.counted;
        self.counted = match now.duration_since(since).as_secs() {
            0 => (since, count + 1.0, last),
            1 => (now, 1.0, count),
            _ => (now, 1.0, 0.0),
        };
    }

    fn throttled(&mut self, now: Instant) {
        if self.cut.is_some_and(|it| now.duration_since(it) < ONCE) {
            return;
        }
        let (_, count, last) = self.counted;
        let rate = self.rate.unwrap_or(count.max(last));
        self.fill(now);
        self.rate = Some((rate * CUT).max(SLOWEST));
        self.cut = Some(now);
        self.tokens = self.tokens.min(1.0);
    }

    fn grow(&mut self, now: Instant) {
        let Some(rate) = self.rate else { return };
        // Each request adds its share of a second's growth.
        let rate = rate + GROWTH / rate;
        let quiet = self.cut.is_none_or(|it| now.duration_since(it) > ONCE * 30);
        self.rate = if rate > FREE || (quiet && rate > FREE / 4.0) { None } else { Some(rate) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_until_throttled_and_never_stopped() {
        let mut bucket = Bucket::new();
        let start = Instant::now();
        for _ in 0..100 {
            assert_eq!(bucket.take(start), Duration::ZERO);
        }
        bucket.throttled(start);
        assert_eq!(bucket.rate, Some(70.0), "a part of what was sent in the last second");
        bucket.throttled(start);
        assert_eq!(bucket.rate, Some(70.0), "requests that were under way together count once");
        for second in 1..60 {
            bucket.throttled(start + Duration::from_secs(second * 2));
        }
        assert_eq!(bucket.rate, Some(SLOWEST));
        for _ in 0..8 {
            bucket.grow(start);
        }
        assert!(bucket.rate.is_some_and(|rate| rate > 2.0 * SLOWEST));
    }

    #[test]
    fn tokens_come_back_with_time() {
        let mut bucket = Bucket::new();
        let now = Instant::now();
        bucket.rate = Some(10.0);
        bucket.filled = now;
        assert!(bucket.take(now) > Duration::from_millis(90));
        let later = now + Duration::from_millis(150);
        assert_eq!(bucket.take(later), Duration::ZERO);
        assert!(!bucket.take(later).is_zero());
    }

    #[test]
    fn scope_of_a_signature() {
        let mut request = HttpRequest::new(aws_smithy_types::body::SdkBody::empty());
        let signature = "AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-central-1/ec2/aws4_request, SignedHeaders=host";
        request.headers_mut().insert("authorization", signature);
        assert_eq!(Lane::of(&request).key(), "AKID");
        assert!(LANES.lock().unwrap().contains_key(&("ec2".to_owned(), "eu-central-1".to_owned())));
    }
}

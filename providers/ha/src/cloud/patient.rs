//! Calls with a deadline, repeated with growing pauses while AWS throttles or does not answer.

use std::future::Future;
use std::time::Duration;

use async_trait::async_trait;
use rand::RngExt as _;
use tokio::time::{Instant, sleep, timeout_at};

use super::{
    Address, Cloud, CloudError, ErrorKind, HostedZone, Instance, NetworkInterface, Receipt, Record, RouteTable, Vpc,
    ZoneState,
};

/// How long a call may take and how long its pauses are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// Time for a call with all its repetitions.
    pub deadline: Duration,
    /// Longest first pause.
    pub first_pause: Duration,
    /// Longest pause.
    pub longest_pause: Duration,
}

impl Patience {
    /// Calls within this time, with pauses that fit the rates of EC2 and Route 53.
    pub fn within(deadline: Duration) -> Self {
        Self { deadline, first_pause: Duration::from_millis(200), longest_pause: Duration::from_secs(10) }
    }
}

/// Repeats a call while its errors are transient and time is left.
///
/// A pause is a random time between half and all of a length that doubles, so pauses grow and callers that failed together
/// do not return together. An attempt may take a quarter of the time, the next one twice as long, and so on: a connection
/// on which nothing comes back costs a part of the time, and an API that is slow is waited for. When the time ends during
/// an attempt, the last answer is the error, or a timeout where there never was one.
///
/// # Errors
/// The last error of the call.
pub async fn repeat<T, F, Fut>(patience: Patience, operation: &str, mut call: F) -> Result<T, CloudError>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, CloudError>>,
{
    let end = Instant::now() + patience.deadline;
    let mut length = patience.first_pause;
    let mut attempt = patience.deadline / 4;
    let mut last = None;
    loop {
        let until = end.min(Instant::now() + attempt);
        match timeout_at(until, call()).await {
            Err(_) if until == end => return Err(last.unwrap_or_else(|| late(operation, patience.deadline))),
            Err(_) => {
                tracing::debug!(operation, ?attempt, "there was no answer; calling again");
                attempt *= 2;
            }
            Ok(Err(error)) if error.kind.is_transient() => {
                let pause = length.mul_f64(part());
                if Instant::now() + pause >= end {
                    return Err(error);
                }
                tracing::debug!(operation, %error, ?pause, "calling again");
                last = Some(error);
                sleep(pause).await;
                length = (length * 2).min(patience.longest_pause);
            }
            Ok(result) => return result,
        }
    }
}

/// A number between a half and one.
fn part() -> f64 {
    #[cfg(test)]
    if let Some(part) = SEEDED.with_borrow_mut(|it| it.as_mut().map(|it| it.random_range(0.5..=1.0))) {
        return part;
    }
    rand::rng().random_range(0.5..=1.0)
}

#[cfg(test)]
thread_local! {
    static SEEDED: std::cell::RefCell<Option<rand::rngs::StdRng>> = const { std::cell::RefCell::new(None) };
}

/// From now on, the pauses of this thread follow from a seed.
#[cfg(test)]
pub(crate) fn seed(seed: u64) {
    use rand::SeedableRng as _;
    SEEDED.set(Some(rand::rngs::StdRng::seed_from_u64(seed)));
}

fn late(operation: &str, deadline: Duration) -> CloudError {
    let message = format!("there was no answer within {} seconds", deadline.as_secs_f64());
    CloudError::new(ErrorKind::Timeout, operation, None, message)
}

/// AWS with patience: reads and conditional writes are repeated.
///
/// Writes that the last caller wins are sent once, under the deadline: whoever repeats one must first make sure that it
/// is still his to do, as the executor of transitions does.
#[derive(Debug)]
pub struct Patient<C> {
    inner: C,
    patience: Patience,
}

impl<C: Cloud> Patient<C> {
    /// Puts patience in front of AWS.
    pub fn new(inner: C, patience: Patience) -> Self {
        Self { inner, patience }
    }

    /// What is behind it.
    pub fn inner(&self) -> &C {
        &self.inner
    }

    async fn once<T>(
        &self,
        operation: &str,
        call: impl Future<Output = Result<T, CloudError>>,
    ) -> Result<T, CloudError> {
        let late = |_| Err(late(operation, self.patience.deadline));
        timeout_at(Instant::now() + self.patience.deadline, call).await.unwrap_or_else(late)
    }
}

#[async_trait]
impl<C: Cloud> Cloud for Patient<C> {
    async fn vpc(&self, id: &str) -> Result<Vpc, CloudError> {
        repeat(self.patience, "DescribeVpcs", || self.inner.vpc(id)).await
    }

    async fn network_interface(&self, id: &str) -> Result<NetworkInterface, CloudError> {
        repeat(self.patience, "DescribeNetworkInterfaces", || self.inner.network_interface(id)).await
    }

    async fn route_tables(&self, vpc: &str) -> Result<Vec<RouteTable>, CloudError> {
        repeat(self.patience, "DescribeRouteTables", || self.inner.route_tables(vpc)).await
    }

    async fn address(&self, allocation: &str) -> Result<Address, CloudError> {
        repeat(self.patience, "DescribeAddresses", || self.inner.address(allocation)).await
    }

    async fn addresses_of_interface(&self, eni: &str) -> Result<Vec<Address>, CloudError> {
        repeat(self.patience, "DescribeAddresses", || self.inner.addresses_of_interface(eni)).await
    }

    async fn zone_state(&self, zone: &str) -> Result<Option<ZoneState>, CloudError> {
        repeat(self.patience, "DescribeAvailabilityZones", || self.inner.zone_state(zone)).await
    }

    async fn hosted_zone(&self, id: &str) -> Result<HostedZone, CloudError> {
        repeat(self.patience, "GetHostedZone", || self.inner.hosted_zone(id)).await
    }

    async fn record(&self, zone: &str, name: &str) -> Result<Option<Record>, CloudError> {
        repeat(self.patience, "ListResourceRecordSets", || self.inner.record(zone, name)).await
    }

    async fn instance(&self, id: &str) -> Result<Instance, CloudError> {
        repeat(self.patience, "DescribeInstances", || self.inner.instance(id)).await
    }

    async fn create_route(&self, table: &str, destination: &str, eni: &str) -> Result<Receipt, CloudError> {
        self.once("CreateRoute", self.inner.create_route(table, destination, eni)).await
    }

    async fn delete_route(&self, table: &str, destination: &str) -> Result<Receipt, CloudError> {
        repeat(self.patience, "DeleteRoute", || self.inner.delete_route(table, destination)).await
    }

    async fn replace_route(&self, table: &str, destination: &str, eni: &str) -> Result<Receipt, CloudError> {
        self.once("ReplaceRoute", self.inner.replace_route(table, destination, eni)).await
    }

    async fn associate_address(&self, allocation: &str, eni: &str) -> Result<Receipt, CloudError> {
        self.once("AssociateAddress", self.inner.associate_address(allocation, eni)).await
    }

    async fn disassociate_address(&self, association: &str) -> Result<Receipt, CloudError> {
        repeat(self.patience, "DisassociateAddress", || self.inner.disassociate_address(association)).await
    }

    async fn upsert_record(&self, zone: &str, record: &Record) -> Result<Receipt, CloudError> {
        self.once("ChangeResourceRecordSets", self.inner.upsert_record(zone, record)).await
    }

    async fn delete_record(&self, zone: &str, record: &Record) -> Result<Receipt, CloudError> {
        repeat(self.patience, "ChangeResourceRecordSets", || self.inner.delete_record(zone, record)).await
    }

    async fn stop_instance(&self, id: &str) -> Result<Receipt, CloudError> {
        repeat(self.patience, "StopInstances", || self.inner.stop_instance(id)).await
    }

    fn sent(&self) -> u64 {
        self.inner.sent()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::memory::{Effect, Memory};

    fn gaps(memory: &Memory, operation: &str) -> Vec<Duration> {
        let at: Vec<Instant> = memory.calls().iter().filter(|it| it.operation == operation).map(|it| it.at).collect();
        at.windows(2).map(|it| it[1] - it[0]).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn throttled_calls_are_repeated_with_growing_gaps() {
        let memory = Memory::two_servers();
        memory.fault("DescribeVpcs", "", Some(5), Effect::Fail(ErrorKind::Throttled, "RequestLimitExceeded"));
        let patient = Patient::new(memory.clone(), Patience::within(Duration::from_secs(100)));
        patient.vpc("vpc-1").await.unwrap();
        let gaps = gaps(&memory, "DescribeVpcs");
        assert_eq!(gaps.len(), 5);
        assert!(gaps.is_sorted(), "{gaps:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn the_end_of_patience_tells_what_aws_said_last() {
        let memory = Memory::two_servers();
        memory.fault("DescribeVpcs", "", None, Effect::Fail(ErrorKind::Throttled, "RequestLimitExceeded"));
        memory.fault("DescribeNetworkInterfaces", "", None, Effect::Hang);
        let patient = Patient::new(memory.clone(), Patience::within(Duration::from_secs(20)));
        let start = Instant::now();
        let error = patient.vpc("vpc-1").await.unwrap_err();
        assert_eq!((error.kind, error.code.as_deref()), (ErrorKind::Throttled, Some("RequestLimitExceeded")));
        assert!(start.elapsed() <= Duration::from_secs(20));
        assert_eq!(patient.network_interface("eni-1").await.unwrap_err().kind, ErrorKind::Timeout);
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_hangs_is_left_and_an_api_that_is_slow_is_waited_for() {
        let memory = Memory::two_servers();
        memory.fault("DescribeVpcs", "", Some(1), Effect::Hang);
        memory.fault("DescribeNetworkInterfaces", "", None, Effect::Delay(Duration::from_secs(8)));
        let patient = Patient::new(memory.clone(), Patience::within(Duration::from_secs(20)));
        let start = Instant::now();
        patient.vpc("vpc-1").await.unwrap();
        assert_eq!((start.elapsed(), memory.count("DescribeVpcs")), (Duration::from_secs(5), 2));
        patient.network_interface("eni-1").await.unwrap();
        assert_eq!(memory.count("DescribeNetworkInterfaces"), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn refusals_are_not_repeated() {
        let memory = Memory::two_servers();
        let patient = Patient::new(memory.clone(), Patience::within(Duration::from_secs(20)));
        assert_eq!(patient.vpc("vpc-none").await.unwrap_err().kind, ErrorKind::NotFound);
        assert_eq!(memory.count("DescribeVpcs"), 1);
    }
}

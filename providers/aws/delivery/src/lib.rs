//! How requests get to AWS: configuration, credentials, repetition, rate, and what answers mean.
//!
//! Every provider that talks to AWS does it through this crate, so that one process has one rate per service, waits for
//! renewed credentials in one way, and reports failures in the same words. It depends on no service's SDK crate.
//!
//! ```ignore
//! let config = Config::of(block)?;                    // the arguments of a provider block, or Config::default()
//! let connection = Arc::new(connect(&config).await?); // region, credentials, HTTP, retries
//! let ec2 = client!(aws_sdk_ec2, &connection, "ec2"); // "ec2" as `endpoints` blocks name the service
//! let vpcs = pages!(ec2.describe_vpcs(), "reading VPCs (DescribeVpcs)")?;
//! let done = ec2.delete_vpc().vpc_id(id).send().await;
//! done.absent("deleting a VPC (DeleteVpc)", &["InvalidVpcID.NotFound"])?;
//! ```
//!
//! - [`Config`] is what a provider block can say, [`connect()`] makes a [`Connection`] of it, [`client!`] a service's
//!   client of that. The client counts its calls, holds them back when AWS throttles, and repeats a lost create only
//!   when it has a token. [`Connection::in_region`] is the same in another region.
//! - [`Context`] and [`Absent`] turn an SDK error into a [`ProviderError`](plumb_engine::provider::ProviderError) with
//!   the code, the message, the request id and whether the call may have been done; [`code`] tells the error code.
//! - [`patiently`] and [`until_found`] repeat calls while AWS is not consistent with itself; [`each`], [`by_ids`] and
//!   [`pages!`] are for calls that take one object, many, or many pages.
//! - A provider tells the engine [`Connection::sent`], [`Connection::made`] and [`Connection::waiting`].

mod budget;
mod calls;
mod code;
mod config;
mod connect;
mod connection;
mod credentials;
pub mod error;
mod http;
pub mod once;
mod recent;
pub mod region;
mod renewal;
mod repeat;
pub mod retry;
mod traffic;
mod way;

pub use calls::{by_ids, each, some, told};
pub use config::{AssumeRole, AssumeRoleWithWebIdentity, Config};
pub use connect::{connect, default_credentials};
pub use connection::Connection;
pub use error::{Absent, CallError, Context, code};
pub use once::Once;
pub use region::Partition;
pub use retry::{patiently, patiently_while, until_found};

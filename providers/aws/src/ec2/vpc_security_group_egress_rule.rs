//! `aws_vpc_security_group_egress_rule`: traffic from the members of a security group to one destination.

use super::permissions::Direction;
use super::vpc_security_group_rule::{Side, VpcSecurityGroupRule};

/// The resource type.
pub type VpcSecurityGroupEgressRule = VpcSecurityGroupRule<Egress>;

/// From the members of the group.
#[derive(Clone, Copy, Debug, Default)]
pub struct Egress;

impl Side for Egress {
    const TYPE: &'static str = "aws_vpc_security_group_egress_rule";
    const DIRECTION: Direction = Direction::Egress;
}

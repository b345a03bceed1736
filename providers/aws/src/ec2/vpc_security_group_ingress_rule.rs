//! `aws_vpc_security_group_ingress_rule`: traffic from one source to the members of a security group.

use super::permissions::Direction;
use super::vpc_security_group_rule::{Side, VpcSecurityGroupRule};

/// The resource type.
pub type VpcSecurityGroupIngressRule = VpcSecurityGroupRule<Ingress>;

/// To the members of the group.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ingress;

impl Side for Ingress {
    const TYPE: &'static str = "aws_vpc_security_group_ingress_rule";
    const DIRECTION: Direction = Direction::Ingress;
}

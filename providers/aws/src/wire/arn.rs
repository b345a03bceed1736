//! ARNs: made, where an answer does not tell them, and taken apart.

/// `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE`; `region` and `account` are empty where the service has none.
pub fn arn(partition: &str, service: &str, region: &str, account: &str, resource: &str) -> String {
    format!("arn:{partition}:{service}:{region}:{account}:{resource}")
}

/// The parts of an ARN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arn<'a> {
    /// Partition: `aws`.
    pub partition: &'a str,
    /// Service: `iam`.
    pub service: &'a str,
    /// Region; empty for a global service.
    pub region: &'a str,
    /// Account id; may be empty.
    pub account: &'a str,
    /// The rest: `role/x`.
    pub resource: &'a str,
}

/// Takes an ARN apart; `None` where it is none.
pub fn parse(text: &str) -> Option<Arn<'_>> {
    let mut parts = text.splitn(6, ':');
    (parts.next()? == "arn").then_some(())?;
    let mut next = || parts.next();
    Some(Arn { partition: next()?, service: next()?, region: next()?, account: next()?, resource: next()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_an_arn() {
        let text = arn("aws", "sns", "us-east-1", "123456789012", "topic:sub");
        let parts = parse(&text).unwrap();
        assert_eq!((parts.service, parts.account, parts.resource), ("sns", "123456789012", "topic:sub"));
        assert_eq!(parse("vpc-1"), None);
    }
}

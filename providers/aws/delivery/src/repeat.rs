//! Which calls may be sent again when their answer was lost.

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;

/// First words of operations that do nothing more when they are done again.
const HARMLESS: [&str; 34] = [
    "Describe",
    "Get",
    "List",
    "Lookup",
    "Search",
    "Simulate",
    "Filter",
    "Head",
    "Decode",
    "Assume",
    "Put",
    "Modify",
    "Update",
    "Set",
    "Delete",
    "Terminate",
    "Stop",
    "Start",
    "Reboot",
    "Tag",
    "Untag",
    "Remove",
    "Enable",
    "Disable",
    "Deregister",
    "Register",
    "Detach",
    "Disassociate",
    "Revoke",
    "Release",
    "Cancel",
    "Schedule",
    "Reset",
    "Replace",
];

/// Operations of other words that may be done again: they set what they are told.
const HARMLESS_TOO: [&str; 6] =
    ["AddTags", "AddTagsToResource", "AttachRolePolicy", "CreateOrUpdateTags", "CreateTags", "Subscribe"];

/// Whether the call, done twice, does what it does once. A create is so only with a token by which AWS knows the
/// repetition and answers it with the first result; creation tokens and caller references do not do that, they refuse
/// the repetition.
pub(crate) fn is_harmless(request: &HttpRequest) -> bool {
    if request.method() != "POST" {
        return true;
    }
    let body = request.body().bytes().map(String::from_utf8_lossy).unwrap_or_default();
    let target = request.headers().get("x-amz-target").and_then(|it| it.rsplit('.').next());
    let action = body.split('&').find_map(|it| it.strip_prefix("Action="));
    match target.or(action) {
        Some(operation) => {
            let token = body.contains("&ClientToken=") || body.contains("\"ClientToken\":\"");
            token
                || HARMLESS_TOO.contains(&operation)
                || HARMLESS.iter().any(|word| operation.strip_prefix(word).is_some_and(begins_word))
        }
        None => body.contains("<Action>UPSERT</Action>") && !body.contains("<Action>CREATE</Action>"),
    }
}

fn begins_word(rest: &str) -> bool {
    rest.chars().next().is_none_or(char::is_uppercase)
}

#[cfg(test)]
mod tests {
    use aws_smithy_types::body::SdkBody;

    use super::*;

    fn form(body: &'static str) -> bool {
        let mut request = HttpRequest::new(SdkBody::from(body));
        request.set_method("POST").unwrap();
        is_harmless(&request)
    }

    #[test]
    fn creates_need_a_token() {
        assert!(form("Action=DescribeVpcs&Version=1"));
        assert!(!form("Action=CreateVpc&Version=1"));
        assert!(form("Action=RunInstances&Version=1&ClientToken=a"));
        assert!(form("Action=CreateTags&Version=1") && form("Action=ModifyVpcAttribute"));
        assert!(!form("Action=AllocateAddress&Version=1") && !form("Action=AddRoleToInstanceProfile"));
        assert!(!form("<Action>CREATE</Action>") && form("<Action>UPSERT</Action>"));
        assert!(!form(r#"{"CreationToken":"a"}"#));
        assert!(is_harmless(&HttpRequest::new(SdkBody::empty())), "GET");
    }
}

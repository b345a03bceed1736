//! `aws_iam_policy_document`: an IAM policy written as blocks, rendered as JSON.

use std::collections::BTreeSet;

use plumb_engine::Schema;
use plumb_engine::provider::ProviderError;
use plumb_engine::provider::typed::{DataSource, Id, Result};
use serde::{Deserialize, Serialize};

use super::policy_json::{Condition, Document, Principal, Statement};
use crate::client::Aws;

/// An IAM policy written as blocks; `json` is its text for arguments such as `policy` and `assume_role_policy`.
/// No call is made.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default)]
#[serde(default)]
pub struct PolicyDocument {
    /// The policy as JSON, indented by two spaces.
    #[attr(computed)]
    json: Option<String>,
    /// The policy as JSON without any white space, for arguments whose length AWS limits.
    #[attr(computed)]
    minified_json: Option<String>,
    /// Policies in JSON that are merged in after the statements written here, in order: a statement takes the place
    /// of an earlier one that has the same `sid`.
    override_policy_documents: Vec<Option<String>>,
    /// Id of the policy, its `Id` element.
    policy_id: Option<String>,
    /// Policies in JSON that come before the statements written here, in order. No `sid` may stand in two of them.
    source_policy_documents: Vec<Option<String>>,
    /// Version of the policy language: `2012-10-17` or `2008-10-17`.
    #[attr(default = "2012-10-17")]
    version: String,
    /// A statement: who may, or may not, do what to which resources, under which conditions.
    #[block(list)]
    statement: Vec<StatementBlock>,
}

/// One statement of a policy.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default)]
#[serde(default)]
pub struct StatementBlock {
    /// Actions that the statement is about, such as `s3:GetObject`; `*` stands for any text.
    actions: BTreeSet<String>,
    /// Whether the statement allows or denies: `Allow` or `Deny`.
    #[attr(default = "Allow")]
    effect: String,
    /// The statement is about every action but these.
    not_actions: BTreeSet<String>,
    /// The statement is about every resource but these ARNs.
    not_resources: BTreeSet<String>,
    /// ARNs of the resources that the statement is about. `&{name}` is a policy variable, written `${name}` in IAM.
    resources: BTreeSet<String>,
    /// Name of the statement, unique in the policy: letters and digits.
    sid: Option<String>,
    /// A condition under which the statement holds; it holds when all of its conditions do.
    #[block(set)]
    condition: Vec<ConditionBlock>,
    /// The statement is about everyone but these principals.
    #[block(set)]
    not_principals: Vec<PrincipalBlock>,
    /// Principals that the statement is about, in policies of resources and in trust policies.
    #[block(set)]
    principals: Vec<PrincipalBlock>,
}

/// One condition of a statement.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default)]
pub struct ConditionBlock {
    /// Operator that compares, such as `StringEquals` or `ArnLike`.
    test: String,
    /// Values of which one has to match, in order.
    #[attr(required)]
    values: Vec<String>,
    /// Key that is compared, such as `aws:SourceAccount`.
    variable: String,
}

/// Principals of one kind.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default)]
pub struct PrincipalBlock {
    /// Who they are: ARNs and account ids of kind `AWS`, service names of kind `Service`, `*` for anyone.
    #[attr(required)]
    identifiers: BTreeSet<String>,
    /// Their kind: `AWS`, `Service`, `Federated`, `CanonicalUser`, or `*`.
    r#type: String,
}

impl DataSource for PolicyDocument {
    type Client = Aws;
    const TYPE: &'static str = "aws_iam_policy_document";

    async fn read(self, _client: &Aws) -> Result<(Id, Self)> {
        let document =
            self.merged().map_err(|message| ProviderError::refused("reading aws_iam_policy_document", message))?;
        let json = document.indented();
        let id = crc32fast::hash(json.as_bytes()).to_string();
        Ok((id, Self { minified_json: Some(document.minified()), json: Some(json), ..self }))
    }
}

impl PolicyDocument {
    fn merged(&self) -> std::result::Result<Document, String> {
        let mut merged = Document::default();
        let mut seen = BTreeSet::new();
        for (at, text) in self.source_policy_documents.iter().enumerate() {
            let Some(text) = text.as_deref() else { continue };
            let document = Document::parse(text).map_err(|why| format!("source_policy_documents[{at}]: {why}."))?;
            for sid in document.statements.iter().filter_map(|it| it.sid.clone()) {
                if !seen.insert(sid.clone()) {
                    return Err(format!(
                        "The Sid \"{sid}\" of source_policy_documents[{at}] stands in an earlier statement too. Remove \
                         it or make it unique; a statement that is to replace another belongs into \
                         override_policy_documents."
                    ));
                }
            }
            merged.merge(document);
        }
        merged.merge(self.own()?);
        for (at, text) in self.override_policy_documents.iter().enumerate() {
            let Some(text) = text.as_deref() else { continue };
            merged.merge(Document::parse(text).map_err(|why| format!("override_policy_documents[{at}]: {why}."))?);
        }
        Ok(merged)
    }

    /// The document of the statements written here.
    fn own(&self) -> std::result::Result<Document, String> {
        if !["2012-10-17", "2008-10-17"].contains(&self.version.as_str()) {
            return Err(format!(
                "The version is \"{}\", but the policy language has only \"2012-10-17\" and \"2008-10-17\".",
                self.version
            ));
        }
        let mut seen = BTreeSet::new();
        let mut statements = Vec::new();
        for block in &self.statement {
            let statement = block.statement(&self.version)?;
            if let Some(sid) = &statement.sid
                && !seen.insert(sid.clone())
            {
                return Err(format!("Two statements have the Sid \"{sid}\". Remove it from one or make it unique."));
            }
            statements.push(statement);
        }
        let id = self.policy_id.clone().filter(|it| !it.is_empty());
        Ok(Document { version: self.version.clone(), id, statements })
    }
}

impl StatementBlock {
    fn statement(&self, version: &str) -> std::result::Result<Statement, String> {
        let sid = self.sid.clone().filter(|it| !it.is_empty());
        if let Some(sid) = &sid
            && !sid.chars().all(|it| it.is_ascii_alphanumeric())
        {
            return Err(format!("The Sid \"{sid}\" has characters other than the letters A-Z, a-z and digits."));
        }
        if !["Allow", "Deny"].contains(&self.effect.as_str()) {
            return Err(format!("The effect is \"{}\", but it is either \"Allow\" or \"Deny\".", self.effect));
        }
        let variables = |texts: Vec<String>| -> std::result::Result<Vec<String>, String> {
            texts.into_iter().map(|it| policy_variables(it, version)).collect()
        };
        let principals = |blocks: &[PrincipalBlock]| -> std::result::Result<Vec<Principal>, String> {
            let one = |it: &PrincipalBlock| {
                Ok(Principal { kind: it.r#type.clone(), identifiers: variables(descending(&it.identifiers))?.into() })
            };
            blocks.iter().map(one).collect()
        };
        let conditions = self.condition.iter().map(|it| {
            let values = variables(it.values.clone())?;
            Ok(Condition { test: it.test.clone(), variable: it.variable.clone(), values })
        });
        Ok(Statement {
            sid,
            effect: self.effect.clone(),
            action: one_or_many(descending(&self.actions)),
            not_action: one_or_many(descending(&self.not_actions)),
            resource: one_or_many(variables(descending(&self.resources))?),
            not_resource: one_or_many(variables(descending(&self.not_resources))?),
            principals: principals(&self.principals)?,
            not_principals: principals(&self.not_principals)?,
            conditions: conditions.collect::<std::result::Result<_, String>>()?,
        })
    }
}

/// Sets stand in descending order, as users of the dialect have them in their states.
fn descending(texts: &BTreeSet<String>) -> Vec<String> {
    texts.iter().rev().cloned().collect()
}

fn one_or_many(mut texts: Vec<String>) -> Option<serde_json::Value> {
    match texts.len() {
        0 => None,
        1 => texts.pop().map(Into::into),
        _ => Some(texts.into()),
    }
}

/// `&{name}` as IAM writes it; `${` is the dialect's own interpolation.
fn policy_variables(text: String, version: &str) -> std::result::Result<String, String> {
    if version == "2008-10-17" && text.contains("&{") {
        return Err(format!(
            "\"{text}\" has a policy variable, which version 2008-10-17 of the policy language does not know. Use \
             version 2012-10-17."
        ));
    }
    Ok(text.replace("&{", "${"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(texts: &[&str]) -> BTreeSet<String> {
        texts.iter().map(ToString::to_string).collect()
    }

    fn allow(sid: &str, actions: &[&str]) -> StatementBlock {
        StatementBlock {
            sid: Some(sid.to_owned()),
            effect: "Allow".to_owned(),
            actions: set(actions),
            resources: set(&["*"]),
            ..StatementBlock::default()
        }
    }

    fn document(statement: Vec<StatementBlock>) -> PolicyDocument {
        PolicyDocument { version: "2012-10-17".to_owned(), statement, ..PolicyDocument::default() }
    }

    #[test]
    fn renders_fields_in_order_and_sets_descending() {
        let mut statement = allow("Read", &["s3:GetObject", "s3:ListBucket"]);
        statement.resources = set(&["arn:aws:s3:::b/&{aws:username}/*"]);
        statement.condition = vec![ConditionBlock {
            test: "StringLike".to_owned(),
            variable: "s3:prefix".to_owned(),
            values: vec!["".to_owned(), "home/&{aws:username}".to_owned()],
        }];
        let text = document(vec![statement]).merged().unwrap().indented();
        let expected = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "Read",
      "Effect": "Allow",
      "Action": [
        "s3:ListBucket",
        "s3:GetObject"
      ],
      "Resource": "arn:aws:s3:::b/${aws:username}/*",
      "Condition": {
        "StringLike": {
          "s3:prefix": [
            "",
            "home/${aws:username}"
          ]
        }
      }
    }
  ]
}"#;
        assert_eq!(text, expected);
    }

    #[test]
    fn trust_policy_of_two_services() {
        let principals = vec![PrincipalBlock {
            r#type: "Service".to_owned(),
            identifiers: set(&["ec2.amazonaws.com", "ssm.amazonaws.com"]),
        }];
        let statement = StatementBlock {
            effect: "Allow".to_owned(),
            actions: set(&["sts:AssumeRole"]),
            principals,
            ..StatementBlock::default()
        };
        assert_eq!(
            document(vec![statement]).merged().unwrap().minified(),
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":["ssm.amazonaws.com","ec2.amazonaws.com"]}}]}"#
        );
    }

    #[test]
    fn anyone_is_a_star() {
        let anyone = PrincipalBlock { r#type: "*".to_owned(), identifiers: set(&["*"]) };
        let statement = StatementBlock { principals: vec![anyone], ..allow("Open", &["s3:GetObject"]) };
        assert!(document(vec![statement]).merged().unwrap().minified().contains(r#""Principal":"*""#));
    }

    #[test]
    fn overrides_replace_by_sid_and_sources_come_first() {
        let own = document(vec![allow("A", &["s3:Get*"])]).merged().unwrap().minified();
        let mut all = document(vec![allow("B", &["ec2:Run*"])]);
        all.source_policy_documents = vec![Some(own), None];
        all.override_policy_documents = vec![Some(
            r#"{"Statement":[{"Sid":"A","Effect":"Deny","Action":["s3:*"],"Resource":"*","Principal":"*"}]}"#
                .to_owned(),
        )];
        assert_eq!(
            all.merged().unwrap().minified(),
            r#"{"Version":"2012-10-17","Statement":[{"Sid":"A","Effect":"Deny","Action":["s3:*"],"Resource":"*","Principal":"*"},{"Sid":"B","Effect":"Allow","Action":"ec2:Run*","Resource":"*"}]}"#
        );
    }

    #[test]
    fn refuses_what_iam_refuses() {
        let twice = document(vec![allow("A", &["a:b"]), allow("A", &["a:c"])]);
        assert!(twice.merged().unwrap_err().contains("Two statements have the Sid"));
        let odd = document(vec![allow("a-b", &["a:b"])]);
        assert!(odd.merged().unwrap_err().contains("characters other than"));
        let mut old = document(vec![allow("A", &["a:b"])]);
        old.version = "2008-10-17".to_owned();
        old.statement[0].resources = set(&["&{aws:username}"]);
        assert!(old.merged().unwrap_err().contains("Use version 2012-10-17"));
        let mut broken = document(Vec::new());
        broken.source_policy_documents = vec![Some("{".to_owned())];
        assert!(broken.merged().unwrap_err().starts_with("source_policy_documents[0]"));
    }

    #[test]
    fn characters_are_escaped_as_the_dialect_does() {
        let mut statement = allow("A", &["a:b"]);
        statement.resources = set(&["a<b>&c"]);
        assert!(document(vec![statement]).merged().unwrap().minified().contains(r"a\u003cb\u003e\u0026c"));
    }
}

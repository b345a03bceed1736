//! Conditions of a listener's rule: which requests it is about, and transforms: how requests are rewritten.

use std::collections::BTreeSet;

use aws_sdk_elasticloadbalancingv2::types::{
    HostHeaderConditionConfig, HostHeaderRewriteConfig, HttpHeaderConditionConfig, HttpRequestMethodConditionConfig,
    PathPatternConditionConfig, QueryStringConditionConfig, QueryStringKeyValuePair, RewriteConfig, RuleCondition,
    RuleTransform, SourceIpConditionConfig, TransformTypeEnum, UrlRewriteConfig,
};
use plumb_engine::Schema;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::value::Value;
use serde::{Deserialize, Serialize};

use crate::wire::{Check, check};

/// One condition; it has one of the blocks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct Condition {
    /// The host of the request.
    #[block(list, max = 1)]
    pub host_header: Vec<Patterns>,
    /// A header of the request.
    #[block(list, max = 1)]
    pub http_header: Vec<HttpHeader>,
    /// The method of the request.
    #[block(list, max = 1)]
    pub http_request_method: Vec<Values>,
    /// The path of the request.
    #[block(list, max = 1)]
    pub path_pattern: Vec<Patterns>,
    /// Parameters of the request, of which one must be there.
    #[block(set)]
    pub query_string: Vec<QueryString>,
    /// The network of the client.
    #[block(list, max = 1)]
    pub source_ip: Vec<Values>,
}

/// Patterns of which one must match.
#[derive(Clone, Debug, Default, PartialEq, Eq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct Patterns {
    /// Patterns with `*` and `?`.
    pub values: BTreeSet<String>,
    /// Regular expressions.
    pub regex_values: BTreeSet<String>,
}

/// A header of which one pattern must match.
#[derive(Clone, Debug, Default, PartialEq, Eq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct HttpHeader {
    /// Name of the header.
    pub http_header_name: String,
    /// Patterns with `*` and `?`.
    pub values: BTreeSet<String>,
    /// Regular expressions.
    pub regex_values: BTreeSet<String>,
}

/// Values of which one must be that of the request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct Values {
    /// The values.
    #[attr(required)]
    pub values: BTreeSet<String>,
}

/// A parameter of the request.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct QueryString {
    /// Name of the parameter; any when left out.
    pub key: Option<String>,
    /// Pattern of its value, with `*` and `?`.
    pub value: String,
}

/// How a request is rewritten before it goes to a target.
#[derive(Clone, Debug, Default, PartialEq, Eq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct Transform {
    /// `host-header-rewrite` or `url-rewrite`.
    pub r#type: String,
    /// How the host is rewritten.
    #[block(list, max = 1)]
    pub host_header_rewrite_config: Vec<Rewrites>,
    /// How the URL is rewritten.
    #[block(list, max = 1)]
    pub url_rewrite_config: Vec<Rewrites>,
}

/// How a text is rewritten.
#[derive(Clone, Debug, Default, PartialEq, Eq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct Rewrites {
    /// The rule.
    #[block(list, max = 1)]
    pub rewrite: Vec<Rewrite>,
}

/// What is replaced by what.
#[derive(Clone, Debug, Default, PartialEq, Eq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct Rewrite {
    /// Regular expression of what is replaced.
    pub regex: String,
    /// What it is replaced by; `$1` is the first group of the expression.
    pub replace: String,
}

/// Checks the condition blocks.
pub fn validate(config: &Value) -> Diagnostics {
    const KINDS: [&str; 6] =
        ["host_header", "http_header", "http_request_method", "path_pattern", "query_string", "source_ip"];
    let mut found = Diagnostics::new();
    for condition in check::blocks(config, "condition") {
        let counts = KINDS.map(|kind| condition.get(kind).and_then(Value::as_slice).map(<[Value]>::len));
        let open = counts.iter().any(Option::is_none);
        let set = counts.iter().flatten().filter(|it| **it > 0).count();
        let mut check = Check::of(condition);
        if set > 1 || (set == 0 && !open) {
            check.error("condition", format!("has {set} kinds of blocks; each condition block takes exactly one."));
        }
        found.extend(check.found());
        for block in ["host_header", "http_header", "path_pattern"].iter().flat_map(|it| check::blocks(condition, it)) {
            let mut check = Check::of(block);
            check.exactly_one(&["values", "regex_values"]);
            found.extend(check.found());
        }
    }
    for block in check::blocks(config, "transform") {
        let mut check = Check::of(block);
        check.one_of("type", &["host-header-rewrite", "url-rewrite"]);
        found.extend(check.found());
    }
    found
}

impl Condition {
    /// The condition as calls take it.
    pub fn sdk(&self) -> RuleCondition {
        let list = |it: &BTreeSet<String>| (!it.is_empty()).then(|| it.iter().cloned().collect::<Vec<_>>());
        let condition = RuleCondition::builder();
        let condition = if let Some(it) = self.host_header.first() {
            let config = HostHeaderConditionConfig::builder().set_values(list(&it.values));
            let config = config.set_regex_values(list(&it.regex_values));
            condition.field("host-header").host_header_config(config.build())
        } else if let Some(it) = self.http_header.first() {
            let config = HttpHeaderConditionConfig::builder().http_header_name(&it.http_header_name);
            let config = config.set_values(list(&it.values)).set_regex_values(list(&it.regex_values));
            condition.field("http-header").http_header_config(config.build())
        } else if let Some(it) = self.http_request_method.first() {
            let config = HttpRequestMethodConditionConfig::builder().set_values(list(&it.values));
            condition.field("http-request-method").http_request_method_config(config.build())
        } else if let Some(it) = self.path_pattern.first() {
            let config = PathPatternConditionConfig::builder().set_values(list(&it.values));
            let config = config.set_regex_values(list(&it.regex_values));
            condition.field("path-pattern").path_pattern_config(config.build())
        } else if let Some(it) = self.source_ip.first() {
            let config = SourceIpConditionConfig::builder().set_values(list(&it.values));
            condition.field("source-ip").source_ip_config(config.build())
        } else {
            let pair =
                |it: &QueryString| QueryStringKeyValuePair::builder().set_key(it.key.clone()).value(&it.value).build();
            let pairs = self.query_string.iter().map(pair).collect();
            let config = QueryStringConditionConfig::builder().set_values(Some(pairs));
            condition.field("query-string").query_string_config(config.build())
        };
        condition.build()
    }

    /// The condition as an answer tells it.
    pub fn observe(it: RuleCondition) -> Self {
        let set = |it: Option<Vec<String>>| it.into_iter().flatten().collect::<BTreeSet<_>>();
        let mut condition = Self::default();
        // Hosts and paths without wildcards are told in the old form too, and only there by some endpoints.
        let old = set(it.values);
        let or_old = |values: BTreeSet<String>, expressions: &BTreeSet<String>| {
            if values.is_empty() && expressions.is_empty() { old.clone() } else { values }
        };
        let patterns = |values: Option<Vec<String>>, expressions: Option<Vec<String>>| {
            let regex_values = set(expressions);
            vec![Patterns { values: or_old(set(values), &regex_values), regex_values }]
        };
        match it.field.as_deref() {
            Some("host-header") => {
                let config = it.host_header_config;
                let (values, expressions) = config.map(|it| (it.values, it.regex_values)).unwrap_or_default();
                condition.host_header = patterns(values, expressions);
            }
            Some("path-pattern") => {
                let config = it.path_pattern_config;
                let (values, expressions) = config.map(|it| (it.values, it.regex_values)).unwrap_or_default();
                condition.path_pattern = patterns(values, expressions);
            }
            Some("http-header") => {
                let header = it.http_header_config.map(|it| HttpHeader {
                    http_header_name: it.http_header_name.unwrap_or_default(),
                    values: set(it.values),
                    regex_values: set(it.regex_values),
                });
                condition.http_header = header.into_iter().collect();
            }
            Some("http-request-method") => {
                let values = it.http_request_method_config.map(|it| Values { values: set(it.values) });
                condition.http_request_method = values.into_iter().collect();
            }
            Some("source-ip") => {
                let values = it.source_ip_config.map(|it| Values { values: set(it.values) });
                condition.source_ip = values.into_iter().collect();
            }
            _ => {
                let pairs = it.query_string_config.and_then(|it| it.values).unwrap_or_default();
                let pair = |it: QueryStringKeyValuePair| QueryString {
                    key: it.key.filter(|it| !it.is_empty()),
                    value: it.value.unwrap_or_default(),
                };
                condition.query_string = pairs.into_iter().map(pair).collect();
            }
        }
        condition
    }
}

impl Transform {
    /// The transform as calls take it.
    pub fn sdk(&self) -> RuleTransform {
        let rewrites = |it: &Rewrites| {
            let rewrite = |it: &Rewrite| RewriteConfig::builder().regex(&it.regex).replace(&it.replace).build();
            Some(it.rewrite.iter().map(rewrite).collect::<Vec<_>>())
        };
        let host = self.host_header_rewrite_config.first();
        let url = self.url_rewrite_config.first();
        RuleTransform::builder()
            .r#type(TransformTypeEnum::from(self.r#type.as_str()))
            .set_host_header_rewrite_config(
                host.map(|it| HostHeaderRewriteConfig::builder().set_rewrites(rewrites(it)).build()),
            )
            .set_url_rewrite_config(url.map(|it| UrlRewriteConfig::builder().set_rewrites(rewrites(it)).build()))
            .build()
    }

    /// The transform as an answer tells it.
    pub fn observe(it: RuleTransform) -> Self {
        let rewrites = |it: Option<Vec<RewriteConfig>>| {
            let rewrite = |it: RewriteConfig| Rewrite {
                regex: it.regex.unwrap_or_default(),
                replace: it.replace.unwrap_or_default(),
            };
            Rewrites { rewrite: it.into_iter().flatten().map(rewrite).collect() }
        };
        Self {
            r#type: it.r#type.map(|it| it.as_str().to_owned()).unwrap_or_default(),
            host_header_rewrite_config: it
                .host_header_rewrite_config
                .map(|it| rewrites(it.rewrites))
                .into_iter()
                .collect(),
            url_rewrite_config: it.url_rewrite_config.map(|it| rewrites(it.rewrites)).into_iter().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there_and_back(condition: Condition) {
        assert_eq!(Condition::observe(condition.sdk()), condition);
    }

    #[test]
    fn conditions_come_back_as_they_were() {
        let values = || BTreeSet::from(["/a/*".to_owned(), "/b".to_owned()]);
        let patterns = || vec![Patterns { values: values(), ..Patterns::default() }];
        there_and_back(Condition { path_pattern: patterns(), ..Condition::default() });
        let expressions = vec![Patterns { regex_values: values(), ..Patterns::default() }];
        there_and_back(Condition { host_header: expressions, ..Condition::default() });
        there_and_back(Condition { source_ip: vec![Values { values: values() }], ..Condition::default() });
        let pairs = vec![QueryString { key: None, value: "x".into() }];
        there_and_back(Condition { query_string: pairs, ..Condition::default() });
    }

    #[test]
    fn the_old_form_is_understood() {
        let old = RuleCondition::builder().field("host-header").values("example.com").build();
        assert_eq!(Condition::observe(old).host_header[0].values, BTreeSet::from(["example.com".to_owned()]));
    }
}

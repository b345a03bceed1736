//! Actions of listeners and their rules.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_elasticloadbalancingv2::types::{
    self, ActionTypeEnum, AuthenticateCognitoActionConfig, AuthenticateOidcActionConfig, FixedResponseActionConfig,
    ForwardActionConfig, JwtValidationActionAdditionalClaim, JwtValidationActionConfig, RedirectActionConfig,
    TargetGroupStickinessConfig, TargetGroupTuple,
};
use plumb_engine::Schema;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::value::Value;
use serde::{Deserialize, Serialize};

use crate::wire::{Check, check};

const AUTHENTICATION: &[&str] = &["deny", "allow", "authenticate"];

/// What is done with a request.
#[derive(Clone, Debug, Default, PartialEq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct Action {
    /// `forward`, `redirect`, `fixed-response`, `authenticate-oidc`, `authenticate-cognito` or `jwt-validation`.
    pub r#type: String,
    /// Place among several actions; their order in the configuration when left out.
    #[attr(optional, computed)]
    pub order: Option<i64>,
    /// Target group to forward to; `forward` takes several.
    pub target_group_arn: Option<String>,
    /// Target groups to forward to.
    #[block(list, max = 1)]
    pub forward: Vec<Forward>,
    /// Where to redirect to.
    #[block(list, max = 1)]
    pub redirect: Vec<Redirect>,
    /// The response.
    #[block(list, max = 1)]
    pub fixed_response: Vec<FixedResponse>,
    /// The user pool that authenticates users.
    #[block(list, max = 1)]
    pub authenticate_cognito: Vec<Cognito>,
    /// The OpenID provider that authenticates users.
    #[block(list, max = 1)]
    pub authenticate_oidc: Vec<Oidc>,
    /// How tokens of requests are checked.
    #[block(list, max = 1)]
    pub jwt_validation: Vec<JwtValidation>,
}

/// Target groups that share the requests.
#[derive(Clone, Debug, Default, PartialEq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct Forward {
    /// One target group.
    #[block(set, min = 1, max = 5)]
    pub target_group: Vec<WeightedTargetGroup>,
    /// Whether a client stays with its target group.
    #[block(list, max = 1)]
    pub stickiness: Vec<Stickiness>,
}

/// A target group's share.
#[derive(Clone, Debug, Default, PartialEq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct WeightedTargetGroup {
    /// ARN of the target group.
    pub arn: String,
    /// Weight: 0 to 999.
    #[attr(default = 1)]
    pub weight: i64,
}

/// Whether a client stays with its target group.
#[derive(Clone, Debug, Default, PartialEq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct Stickiness {
    /// Seconds for which it does: 1 to 604800.
    pub duration: i64,
    /// Whether it does.
    #[attr(default = false)]
    pub enabled: bool,
}

/// Where to redirect to; `#{host}`, `#{path}`, `#{port}`, `#{protocol}` and `#{query}` are those of the request.
#[derive(Clone, Debug, Default, PartialEq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct Redirect {
    /// Host.
    #[attr(default = "#{host}")]
    pub host: String,
    /// Path, which begins with `/`.
    #[attr(default = "/#{path}")]
    pub path: String,
    /// Port.
    #[attr(default = "#{port}")]
    pub port: String,
    /// `HTTP`, `HTTPS` or `#{protocol}`.
    #[attr(default = "#{protocol}")]
    pub protocol: String,
    /// Query without the `?`.
    #[attr(default = "#{query}")]
    pub query: String,
    /// `HTTP_301` for good, or `HTTP_302` for now.
    pub status_code: String,
}

/// A response of the load balancer's own.
#[derive(Clone, Debug, Default, PartialEq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct FixedResponse {
    /// `text/plain`, `text/css`, `text/html`, `application/javascript` or `application/json`.
    pub content_type: String,
    /// The body, at most 1024 characters.
    pub message_body: Option<String>,
    /// Status, such as `503`.
    #[attr(optional, computed)]
    pub status_code: Option<String>,
}

/// A Cognito user pool.
#[derive(Clone, Debug, Default, PartialEq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct Cognito {
    /// ARN of the user pool.
    pub user_pool_arn: String,
    /// Id of the user pool's client.
    pub user_pool_client_id: String,
    /// Domain of the user pool.
    pub user_pool_domain: String,
    /// Further parameters of the request for authentication, by name; at most ten.
    pub authentication_request_extra_params: BTreeMap<String, String>,
    /// What happens to users who are not authenticated: `deny`, `allow` or `authenticate`.
    #[attr(optional, computed)]
    pub on_unauthenticated_request: Option<String>,
    /// Claims that are asked for.
    #[attr(optional, computed)]
    pub scope: Option<String>,
    /// Name of the session's cookie.
    #[attr(optional, computed)]
    pub session_cookie_name: Option<String>,
    /// Longest session in seconds.
    #[attr(optional, computed)]
    pub session_timeout: Option<i64>,
}

/// An OpenID provider.
#[derive(Clone, Debug, Default, PartialEq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct Oidc {
    /// URL of the endpoint for authorization.
    pub authorization_endpoint: String,
    /// Id of the client.
    pub client_id: String,
    /// Secret of the client; AWS does not tell it.
    #[attr(sensitive)]
    pub client_secret: String,
    /// URL of the provider.
    pub issuer: String,
    /// URL of the endpoint for tokens.
    pub token_endpoint: String,
    /// URL of the endpoint for users.
    pub user_info_endpoint: String,
    /// Further parameters of the request for authentication, by name; at most ten.
    pub authentication_request_extra_params: BTreeMap<String, String>,
    /// What happens to users who are not authenticated: `deny`, `allow` or `authenticate`.
    #[attr(optional, computed)]
    pub on_unauthenticated_request: Option<String>,
    /// Claims that are asked for.
    #[attr(optional, computed)]
    pub scope: Option<String>,
    /// Name of the session's cookie.
    #[attr(optional, computed)]
    pub session_cookie_name: Option<String>,
    /// Longest session in seconds.
    #[attr(optional, computed)]
    pub session_timeout: Option<i64>,
}

/// How tokens of requests are checked.
#[derive(Clone, Debug, Default, PartialEq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct JwtValidation {
    /// Who must have issued the token.
    pub issuer: String,
    /// URL of the issuer's keys.
    pub jwks_endpoint: String,
    /// Further claims that a token must have.
    #[block(set, max = 10)]
    pub additional_claim: Vec<JwtClaim>,
}

/// A claim that a token must have.
#[derive(Clone, Debug, Default, PartialEq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct JwtClaim {
    /// `single-string`, `string-array` or `space-separated-values`.
    pub format: String,
    /// Name of the claim.
    pub name: String,
    /// Values of which it must have one.
    #[attr(required)]
    pub values: BTreeSet<String>,
}

/// Checks the action blocks of a type.
pub fn validate(config: &Value, name: &str) -> Diagnostics {
    let mut found = Diagnostics::new();
    for action in check::blocks(config, name) {
        let mut check = Check::of(action);
        let types =
            ["forward", "redirect", "fixed-response", "authenticate-oidc", "authenticate-cognito", "jwt-validation"];
        check.one_of("type", &types).range("order", 1, 50_000);
        let has = |block: &str| action.get(block).and_then(Value::as_slice).map(|it| !it.is_empty());
        let kind = check.text("type");
        for needed in types.iter().filter(|it| **it != "forward" && kind == Some(**it)) {
            let block = needed.replace('-', "_");
            if has(&block) == Some(false) {
                check.error("type", format!("is \"{needed}\", which needs a block \"{block}\". Add it."));
            }
        }
        if kind == Some("forward") {
            match (check.is_set("target_group_arn"), has("forward")) {
                (Some(false), Some(false)) => {
                    check.error("type", "is \"forward\", which needs \"target_group_arn\" or a block \"forward\".");
                }
                (Some(true), Some(true)) => {
                    check.error("target_group_arn", "cannot stand together with a block \"forward\". Remove one.");
                }
                _ => {}
            }
        }
        found.extend(check.found());
        found.extend(validate_parts(action));
    }
    found
}

fn validate_parts(action: &Value) -> Diagnostics {
    let mut found = Diagnostics::new();
    for block in check::blocks(action, "redirect") {
        let mut check = Check::of(block);
        check.one_of("status_code", &["HTTP_301", "HTTP_302"]).one_of("protocol", &["HTTP", "HTTPS", "#{protocol}"]);
        if let Some(path) = check.text("path").filter(|it| !it.starts_with('/')) {
            check.error("path", format!("is \"{path}\"; a path begins with \"/\"."));
        }
        found.extend(check.found());
    }
    for block in check::blocks(action, "fixed_response") {
        let mut check = Check::of(block);
        let types = ["text/plain", "text/css", "text/html", "application/javascript", "application/json"];
        check.one_of("content_type", &types).length("message_body", 1024);
        let valid = |it: &&str| it.len() == 3 && it.starts_with(['2', '4', '5']) && it.parse::<u16>().is_ok();
        if let Some(code) = check.text("status_code").filter(|it| !valid(it)) {
            check.error("status_code", format!("is \"{code}\"; it takes a status such as 200, 404 or 503."));
        }
        found.extend(check.found());
    }
    for block in ["authenticate_cognito", "authenticate_oidc"].iter().flat_map(|it| check::blocks(action, it)) {
        let mut check = Check::of(block);
        check.one_of("on_unauthenticated_request", AUTHENTICATION).range("session_timeout", 1, 604_800);
        found.extend(check.found());
    }
    for forward in check::blocks(action, "forward") {
        for block in check::blocks(forward, "target_group") {
            let mut check = Check::of(block);
            check.range("weight", 0, 999);
            found.extend(check.found());
        }
        for block in check::blocks(forward, "stickiness") {
            let mut check = Check::of(block);
            check.range("duration", 1, 604_800);
            found.extend(check.found());
        }
    }
    found
}

/// Actions as calls take them, in order.
pub fn sdk(actions: &[Action]) -> Vec<types::Action> {
    (1i64..).zip(actions).map(|(place, it)| it.sdk(place)).collect()
}

/// Actions as an answer tells them; `prior` says in which of two ways a target group is written, and has the secrets.
pub fn observe(actions: Option<Vec<types::Action>>, prior: Option<&[Action]>) -> Vec<Action> {
    let mut actions = actions.unwrap_or_default();
    actions.sort_by_key(|it| it.order);
    let prior = |at: usize| prior.and_then(|it| it.get(at));
    actions.into_iter().enumerate().map(|(at, it)| Action::observe(it, at, prior(at))).collect()
}

impl Action {
    fn sdk(&self, place: i64) -> types::Action {
        types::Action::builder()
            .r#type(ActionTypeEnum::from(self.r#type.as_str()))
            .order(self.order.filter(|it| *it > 0).unwrap_or(place) as i32)
            .set_target_group_arn(self.target_group_arn.clone())
            .set_forward_config(self.forward.first().map(Forward::sdk))
            .set_redirect_config(self.redirect.first().map(Redirect::sdk))
            .set_fixed_response_config(self.fixed_response.first().map(FixedResponse::sdk))
            .set_authenticate_cognito_config(self.authenticate_cognito.first().map(Cognito::sdk))
            .set_authenticate_oidc_config(self.authenticate_oidc.first().map(Oidc::sdk))
            .set_jwt_validation_config(self.jwt_validation.first().map(JwtValidation::sdk))
            .build()
    }

    fn observe(it: types::Action, at: usize, prior: Option<&Self>) -> Self {
        let forward = it.forward_config.map(Forward::observe);
        let simple =
            forward.as_ref().is_none_or(|it| it.target_group.len() == 1 && it.stickiness.iter().all(|it| !it.enabled));
        // AWS tells a single target group in both ways.
        let by_arn = simple && prior.is_none_or(|it| it.forward.is_empty());
        let first = forward.as_ref().and_then(|it| it.target_group.first()).map(|it| it.arn.clone());
        let target_group_arn = it.target_group_arn.or(first);
        let secret = prior.and_then(|it| it.authenticate_oidc.first()).map(|it| it.client_secret.clone());
        Self {
            r#type: it.r#type.map(|it| it.as_str().to_owned()).unwrap_or_default(),
            order: Some(it.order.map_or(at as i64 + 1, i64::from)),
            target_group_arn: target_group_arn.filter(|_| by_arn),
            forward: forward.filter(|_| !by_arn).into_iter().collect(),
            redirect: it.redirect_config.map(Redirect::observe).into_iter().collect(),
            fixed_response: it.fixed_response_config.map(FixedResponse::observe).into_iter().collect(),
            authenticate_cognito: it.authenticate_cognito_config.map(Cognito::observe).into_iter().collect(),
            authenticate_oidc: it
                .authenticate_oidc_config
                .map(|it| Oidc::observe(it, secret.unwrap_or_default()))
                .into_iter()
                .collect(),
            jwt_validation: it.jwt_validation_config.map(JwtValidation::observe).into_iter().collect(),
        }
    }
}

impl Forward {
    fn sdk(&self) -> ForwardActionConfig {
        let group = |it: &WeightedTargetGroup| {
            TargetGroupTuple::builder().target_group_arn(&it.arn).weight(it.weight as i32).build()
        };
        let stickiness = self.stickiness.first().map(|it| {
            TargetGroupStickinessConfig::builder().enabled(it.enabled).duration_seconds(it.duration as i32).build()
        });
        ForwardActionConfig::builder()
            .set_target_groups(Some(self.target_group.iter().map(group).collect()))
            .set_target_group_stickiness_config(stickiness)
            .build()
    }

    fn observe(it: ForwardActionConfig) -> Self {
        let group = |it: TargetGroupTuple| WeightedTargetGroup {
            arn: it.target_group_arn.unwrap_or_default(),
            weight: it.weight.unwrap_or(1).into(),
        };
        let stickiness = it.target_group_stickiness_config.map(|it| Stickiness {
            duration: it.duration_seconds.unwrap_or_default().into(),
            enabled: it.enabled.unwrap_or_default(),
        });
        Self {
            target_group: it.target_groups.into_iter().flatten().map(group).collect(),
            // "Not at all" is told like a block that says so.
            stickiness: stickiness.filter(|it| it.enabled || it.duration > 0).into_iter().collect(),
        }
    }
}

impl Redirect {
    fn sdk(&self) -> RedirectActionConfig {
        RedirectActionConfig::builder()
            .host(&self.host)
            .path(&self.path)
            .port(&self.port)
            .protocol(&self.protocol)
            .query(&self.query)
            .status_code(self.status_code.as_str().into())
            .build()
    }

    fn observe(it: RedirectActionConfig) -> Self {
        let or = |it: Option<String>, default: &str| it.unwrap_or_else(|| default.to_owned());
        Self {
            host: or(it.host, "#{host}"),
            path: or(it.path, "/#{path}"),
            port: or(it.port, "#{port}"),
            protocol: or(it.protocol, "#{protocol}"),
            query: or(it.query, "#{query}"),
            status_code: it.status_code.map(|it| it.as_str().to_owned()).unwrap_or_default(),
        }
    }
}

impl FixedResponse {
    fn sdk(&self) -> FixedResponseActionConfig {
        FixedResponseActionConfig::builder()
            .content_type(&self.content_type)
            .set_message_body(self.message_body.clone())
            .status_code(self.status_code.as_deref().unwrap_or("200"))
            .build()
    }

    fn observe(it: FixedResponseActionConfig) -> Self {
        Self {
            content_type: it.content_type.unwrap_or_default(),
            message_body: it.message_body,
            status_code: it.status_code,
        }
    }
}

impl Cognito {
    fn sdk(&self) -> AuthenticateCognitoActionConfig {
        let params = &self.authentication_request_extra_params;
        AuthenticateCognitoActionConfig::builder()
            .user_pool_arn(&self.user_pool_arn)
            .user_pool_client_id(&self.user_pool_client_id)
            .user_pool_domain(&self.user_pool_domain)
            .set_authentication_request_extra_params((!params.is_empty()).then(|| params.clone().into_iter().collect()))
            .set_on_unauthenticated_request(self.on_unauthenticated_request.as_deref().map(Into::into))
            .set_scope(self.scope.clone())
            .set_session_cookie_name(self.session_cookie_name.clone())
            .set_session_timeout(self.session_timeout)
            .build()
    }

    fn observe(it: AuthenticateCognitoActionConfig) -> Self {
        Self {
            user_pool_arn: it.user_pool_arn.unwrap_or_default(),
            user_pool_client_id: it.user_pool_client_id.unwrap_or_default(),
            user_pool_domain: it.user_pool_domain.unwrap_or_default(),
            authentication_request_extra_params: it.authentication_request_extra_params.into_iter().flatten().collect(),
            on_unauthenticated_request: it.on_unauthenticated_request.map(|it| it.as_str().to_owned()),
            scope: it.scope,
            session_cookie_name: it.session_cookie_name,
            session_timeout: it.session_timeout,
        }
    }
}

impl Oidc {
    fn sdk(&self) -> AuthenticateOidcActionConfig {
        let params = &self.authentication_request_extra_params;
        AuthenticateOidcActionConfig::builder()
            .authorization_endpoint(&self.authorization_endpoint)
            .client_id(&self.client_id)
            .client_secret(&self.client_secret)
            .issuer(&self.issuer)
            .token_endpoint(&self.token_endpoint)
            .user_info_endpoint(&self.user_info_endpoint)
            .set_authentication_request_extra_params((!params.is_empty()).then(|| params.clone().into_iter().collect()))
            .set_on_unauthenticated_request(self.on_unauthenticated_request.as_deref().map(Into::into))
            .set_scope(self.scope.clone())
            .set_session_cookie_name(self.session_cookie_name.clone())
            .set_session_timeout(self.session_timeout)
            .build()
    }

    fn observe(it: AuthenticateOidcActionConfig, client_secret: String) -> Self {
        Self {
            authorization_endpoint: it.authorization_endpoint.unwrap_or_default(),
            client_id: it.client_id.unwrap_or_default(),
            client_secret,
            issuer: it.issuer.unwrap_or_default(),
            token_endpoint: it.token_endpoint.unwrap_or_default(),
            user_info_endpoint: it.user_info_endpoint.unwrap_or_default(),
            authentication_request_extra_params: it.authentication_request_extra_params.into_iter().flatten().collect(),
            on_unauthenticated_request: it.on_unauthenticated_request.map(|it| it.as_str().to_owned()),
            scope: it.scope,
            session_cookie_name: it.session_cookie_name,
            session_timeout: it.session_timeout,
        }
    }
}

impl JwtValidation {
    fn sdk(&self) -> JwtValidationActionConfig {
        let claims = self.additional_claim.iter().map(|it| {
            JwtValidationActionAdditionalClaim::builder()
                .format(it.format.as_str().into())
                .name(&it.name)
                .set_values(Some(it.values.iter().cloned().collect()))
                .build()
        });
        let claims: Vec<_> = claims.collect();
        JwtValidationActionConfig::builder()
            .issuer(&self.issuer)
            .jwks_endpoint(&self.jwks_endpoint)
            .set_additional_claims((!claims.is_empty()).then_some(claims))
            .build()
    }

    fn observe(it: JwtValidationActionConfig) -> Self {
        let claim = |it: JwtValidationActionAdditionalClaim| JwtClaim {
            format: it.format.map(|it| it.as_str().to_owned()).unwrap_or_default(),
            name: it.name.unwrap_or_default(),
            values: it.values.into_iter().flatten().collect(),
        };
        Self {
            issuer: it.issuer.unwrap_or_default(),
            jwks_endpoint: it.jwks_endpoint.unwrap_or_default(),
            additional_claim: it.additional_claims.into_iter().flatten().map(claim).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forwarding() -> types::Action {
        let group = TargetGroupTuple::builder().target_group_arn("tg").weight(1).build();
        let off = TargetGroupStickinessConfig::builder().enabled(false).build();
        let forward = ForwardActionConfig::builder().target_groups(group).target_group_stickiness_config(off).build();
        let action = types::Action::builder().r#type(ActionTypeEnum::Forward).target_group_arn("tg");
        action.forward_config(forward).build()
    }

    #[test]
    fn one_target_group_is_written_as_the_configuration_does() {
        let seen = observe(Some(vec![forwarding()]), None);
        assert_eq!((seen[0].target_group_arn.as_deref(), seen[0].forward.len()), (Some("tg"), 0));
        let prior = [Action { forward: vec![Forward::default()], ..Action::default() }];
        let seen = observe(Some(vec![forwarding()]), Some(&prior));
        assert_eq!((&seen[0].target_group_arn, seen[0].forward[0].target_group[0].arn.as_str()), (&None, "tg"));
        assert!(seen[0].forward[0].stickiness.is_empty());
    }

    #[test]
    fn places_are_counted_where_none_is_written() {
        let action = |order| Action { r#type: "redirect".into(), order, ..Action::default() };
        let orders: Vec<_> = sdk(&[action(None), action(Some(7))]).iter().map(|it| it.order).collect();
        assert_eq!(orders, [Some(1), Some(7)]);
    }
}

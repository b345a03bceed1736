//! Arguments of the `provider "aws"` block.

use std::collections::BTreeMap;

use plumb_engine::Schema;
use plumb_engine::provider::Schematic;
use plumb_engine::schema::{self, Attribute, Block, NestedBlock, Nesting};
use plumb_engine::value::Type;
use serde::{Deserialize, Serialize};

/// Tags by key.
pub type Tags = BTreeMap<String, String>;

/// The schema of the provider block.
pub fn schema() -> schema::Schema {
    let mut block = Settings::block();
    block.blocks.insert("endpoints".into(), endpoints());
    schema::Schema { block, ..schema::Schema::default() }
}

fn endpoints() -> NestedBlock {
    let attribute = |name: &&str| {
        let description = format!("Address of the service's endpoint; `AWS_ENDPOINT_URL_{}` too.", name.to_uppercase());
        ((*name).into(), Attribute { description, ..Attribute::optional(Type::String) })
    };
    let block = Block {
        description: "Addresses of endpoints by service, instead of AWS's own.".into(),
        attributes: ENDPOINTS.iter().map(attribute).collect(),
        blocks: BTreeMap::new(),
    };
    NestedBlock { nesting: Nesting::Set, block, min_items: 0, max_items: None, computed: false, force_new: false }
}

/// Where and as whom AWS is called. What is left out comes from the AWS SDK's own chain: environment variables
/// (`AWS_PROFILE`, `AWS_REGION`, `AWS_ENDPOINT_URL`), profiles, SSO, web identity, the role of the instance or task.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Region of objects that do not name one: `eu-central-1`.
    pub region: Option<String>,
    /// Profile of the shared configuration files.
    pub profile: Option<String>,
    /// Access key id; goes together with `secret_key`.
    pub access_key: Option<String>,
    /// Secret access key; goes together with `access_key`.
    #[attr(sensitive)]
    pub secret_key: Option<String>,
    /// Session token of temporary credentials.
    #[attr(sensitive)]
    pub token: Option<String>,
    /// Paths of configuration files; `~/.aws/config` when left out.
    pub shared_config_files: Vec<String>,
    /// Paths of credentials files; `~/.aws/credentials` when left out.
    pub shared_credentials_files: Vec<String>,
    /// How often a throttled or failed call is repeated; 25 when left out.
    pub max_retries: Option<i64>,
    /// `standard`, or `adaptive` to slow down all calls once AWS throttles one.
    pub retry_mode: Option<String>,
    /// Accepted; calls are repeated as often as `max_retries` says.
    pub token_bucket_rate_limiter_capacity: Option<i64>,
    /// Account ids; with any other account nothing is done.
    #[attr(set, conflicts_with("forbidden_account_ids"))]
    pub allowed_account_ids: Vec<String>,
    /// Account ids with which nothing is done.
    #[attr(set, conflicts_with("allowed_account_ids"))]
    pub forbidden_account_ids: Vec<String>,
    /// Region of the STS endpoint for assumed roles; the provider's region when left out.
    pub sts_region: Option<String>,
    /// Do not look for credentials before the first call needs them.
    pub skip_credentials_validation: Option<bool>,
    /// Accepted; the account id is only asked for when something needs it.
    pub skip_requesting_account_id: Option<bool>,
    /// `true` to take no credentials and no region from the instance metadata service.
    pub skip_metadata_api_check: Option<String>,
    /// Accept a region of an unusual form.
    pub skip_region_validation: Option<bool>,
    /// Accepted; no S3 objects are managed.
    pub s3_use_path_style: Option<bool>,
    /// Accepted; no S3 objects are managed.
    pub s3_us_east_1_regional_endpoint: Option<String>,
    /// Use endpoints with cryptography validated to FIPS 140.
    pub use_fips_endpoint: Option<bool>,
    /// Use endpoints that answer over IPv6 as well.
    pub use_dualstack_endpoint: Option<bool>,
    /// Address of the instance metadata service.
    pub ec2_metadata_service_endpoint: Option<String>,
    /// `IPv4` or `IPv6`: how the instance metadata service is reached.
    pub ec2_metadata_service_endpoint_mode: Option<String>,
    /// File of certificate authorities in PEM form to trust besides the system's; else that of `AWS_CA_BUNDLE`.
    pub custom_ca_bundle: Option<String>,
    /// Proxy for `http` addresses; those of `HTTP_PROXY` when left out.
    pub http_proxy: Option<String>,
    /// Proxy for `https` addresses; those of `HTTPS_PROXY` when left out.
    pub https_proxy: Option<String>,
    /// Hosts that are reached without a proxy, separated by commas.
    pub no_proxy: Option<String>,
    /// Accepted, and certificates are checked all the same: name your authority in `custom_ca_bundle`.
    pub insecure: Option<bool>,
    /// Tag policies are not checked at plan time; accepted.
    pub tag_policy_compliance: Option<String>,
    /// Words to add to the `User-Agent` of each call; accepted.
    pub user_agent: Vec<String>,
    /// Tags that every taggable object gets; an object's own tags win.
    #[block(list, max = 1)]
    pub default_tags: Vec<DefaultTags>,
    /// Tags that others set and that are left alone.
    #[block(list, max = 1)]
    pub ignore_tags: Vec<IgnoreTags>,
    /// Role to assume, with the credentials that the other arguments find; several are assumed one after the other.
    #[block(list)]
    pub assume_role: Vec<AssumeRole>,
    /// Role to assume with the token of an OpenID Connect provider.
    #[block(list, max = 1)]
    pub assume_role_with_web_identity: Vec<AssumeRoleWithWebIdentity>,
}

/// Tags that every taggable object gets.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct DefaultTags {
    /// The tags. Environment variables `TF_AWS_DEFAULT_TAGS_<key>` add to them.
    pub tags: Tags,
}

/// Tags that others set and that are left alone.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct IgnoreTags {
    /// Keys.
    #[attr(set)]
    pub keys: Vec<String>,
    /// Beginnings of keys.
    #[attr(set)]
    pub key_prefixes: Vec<String>,
}

impl IgnoreTags {
    /// Whether the tag of this key is left alone.
    pub fn has(&self, key: &str) -> bool {
        self.keys.iter().any(|it| it == key) || self.key_prefixes.iter().any(|it| key.starts_with(it.as_str()))
    }
}

/// A role to assume.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct AssumeRole {
    /// ARN of the role.
    pub role_arn: Option<String>,
    /// Name of the session, as it appears in logs.
    pub session_name: Option<String>,
    /// Id that the role's owner asks for.
    pub external_id: Option<String>,
    /// Length of a session: `1h`, `15m`.
    pub duration: Option<String>,
    /// IAM policy in JSON that narrows the session.
    pub policy: Option<String>,
    /// ARNs of managed policies that narrow the session.
    #[attr(set)]
    pub policy_arns: Vec<String>,
    /// Identity to pass on; accepted.
    pub source_identity: Option<String>,
    /// Tags of the session.
    pub tags: Tags,
    /// Keys of session tags that further roles keep; accepted.
    #[attr(set)]
    pub transitive_tag_keys: Vec<String>,
}

/// A role to assume with a token.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct AssumeRoleWithWebIdentity {
    /// ARN of the role.
    pub role_arn: Option<String>,
    /// Name of the session, as it appears in logs.
    pub session_name: Option<String>,
    /// Length of a session; accepted.
    pub duration: Option<String>,
    /// IAM policy in JSON that narrows the session.
    pub policy: Option<String>,
    /// ARNs of managed policies that narrow the session.
    #[attr(set)]
    pub policy_arns: Vec<String>,
    /// The token itself; better a file, which can be renewed.
    #[attr(sensitive)]
    pub web_identity_token: Option<String>,
    /// File of the token.
    pub web_identity_token_file: Option<String>,
}

/// Names of services that the `endpoints` block takes. Those that no resource type of ours talks to are accepted, so
/// that one block serves other tools too.
pub const ENDPOINTS: &[&str] = &[
    "accessanalyzer",
    "acm",
    "acmpca",
    "amp",
    "amplify",
    "apigateway",
    "apigatewayv2",
    "appautoscaling",
    "appconfig",
    "applicationautoscaling",
    "appmesh",
    "apprunner",
    "appsync",
    "athena",
    "autoscaling",
    "autoscalingplans",
    "backup",
    "batch",
    "bedrock",
    "budgets",
    "ce",
    "cloud9",
    "cloudcontrol",
    "cloudcontrolapi",
    "cloudformation",
    "cloudfront",
    "cloudhsmv2",
    "cloudsearch",
    "cloudtrail",
    "cloudwatch",
    "cloudwatchevents",
    "cloudwatchlog",
    "cloudwatchlogs",
    "codeartifact",
    "codebuild",
    "codecommit",
    "codedeploy",
    "codepipeline",
    "cognitoidentity",
    "cognitoidentityprovider",
    "cognitoidp",
    "config",
    "configservice",
    "connect",
    "costexplorer",
    "databasemigration",
    "databasemigrationservice",
    "datasync",
    "dax",
    "deploy",
    "directconnect",
    "directoryservice",
    "dlm",
    "dms",
    "docdb",
    "ds",
    "dynamodb",
    "ec2",
    "ecr",
    "ecrpublic",
    "ecs",
    "efs",
    "eks",
    "elasticache",
    "elasticbeanstalk",
    "elasticloadbalancing",
    "elasticloadbalancingv2",
    "elasticsearch",
    "elasticsearchservice",
    "elb",
    "elbv2",
    "emr",
    "es",
    "eventbridge",
    "events",
    "firehose",
    "fis",
    "fms",
    "fsx",
    "gamelift",
    "glacier",
    "globalaccelerator",
    "glue",
    "grafana",
    "guardduty",
    "iam",
    "imagebuilder",
    "inspector",
    "inspector2",
    "iot",
    "kafka",
    "keyspaces",
    "kinesis",
    "kinesisanalytics",
    "kinesisanalyticsv2",
    "kms",
    "lakeformation",
    "lambda",
    "lex",
    "lightsail",
    "location",
    "logs",
    "macie2",
    "mediaconvert",
    "memorydb",
    "mq",
    "msk",
    "mwaa",
    "neptune",
    "networkfirewall",
    "networkmanager",
    "opensearch",
    "opensearchservice",
    "organizations",
    "pinpoint",
    "pipes",
    "quicksight",
    "ram",
    "rds",
    "redshift",
    "redshiftdata",
    "redshiftserverless",
    "resourceexplorer2",
    "resourcegroups",
    "resourcegroupstagging",
    "resourcegroupstaggingapi",
    "route53",
    "route53domains",
    "route53resolver",
    "s3",
    "s3api",
    "s3control",
    "sagemaker",
    "scheduler",
    "schemas",
    "secretsmanager",
    "securityhub",
    "serverlessrepo",
    "servicecatalog",
    "servicediscovery",
    "servicequotas",
    "ses",
    "sesv2",
    "sfn",
    "shield",
    "signer",
    "sns",
    "sqs",
    "ssm",
    "ssoadmin",
    "stepfunctions",
    "storagegateway",
    "sts",
    "swf",
    "synthetics",
    "timestreamwrite",
    "transcribe",
    "transfer",
    "vpclattice",
    "waf",
    "wafregional",
    "wafv2",
    "workspaces",
    "xray",
];

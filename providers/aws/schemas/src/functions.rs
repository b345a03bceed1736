//! Functions of the AWS provider: ARNs taken apart, put together and shortened.

use plumb_engine::functions::{Context, Function, FunctionError, Parameter};
use plumb_engine::value::{Type, Value};

/// The functions of the provider, sorted by name.
pub static FUNCTIONS: [Function; 3] = [ARN_BUILD, ARN_PARSE, TRIM_IAM_ROLE_PATH];

const ARN_BUILD: Function = Function::new(
    "arn_build",
    "The ARN of its five parts.",
    &[
        Parameter::new("partition", "Partition: aws, aws-cn, aws-us-gov.", string),
        Parameter::new("service", "Service: iam.", string),
        Parameter::new("region", "Region; empty for what belongs to none.", string),
        Parameter::new("account_id", "Account; empty for what belongs to none.", string),
        Parameter::new("resource", "What the service calls the resource: role/name.", string),
    ],
    string,
    |_, args| Ok(Arn(std::array::from_fn(|at| text(args, at))).to_string().into()),
);

const ARN_PARSE: Function = Function::new(
    "arn_parse",
    "The five parts of an ARN.",
    &[Parameter::new("arn", "The ARN.", string)],
    parts,
    |_, args| {
        let Arn(values) = Arn::parse(text(args, 0))?;
        Ok(Value::object(PARTS.into_iter().zip(values.map(Value::from))))
    },
);

const TRIM_IAM_ROLE_PATH: Function = Function::new(
    "trim_iam_role_path",
    "The ARN of an IAM role without the path before the role's name.",
    &[Parameter::new("arn", "The role's ARN.", string)],
    string,
    trim_iam_role_path,
);

/// Names of the parts of an ARN in their order.
const PARTS: [&str; 5] = ["partition", "service", "region", "account_id", "resource"];

/// The parts of an ARN in their order.
struct Arn<'a>([&'a str; 5]);

impl<'a> Arn<'a> {
    fn parse(text: &'a str) -> Result<Self, FunctionError> {
        let rest = text.strip_prefix("arn:").ok_or_else(|| FunctionError::failed("arn: invalid prefix"))?;
        let parts: Vec<&str> = rest.splitn(5, ':').collect();
        parts.try_into().map(Self).map_err(|_| FunctionError::failed("arn: not enough sections"))
    }
}

impl std::fmt::Display for Arn<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "arn:{}", self.0.join(":"))
    }
}

fn trim_iam_role_path(_: &Context<'_>, args: &[Value]) -> Result<Value, FunctionError> {
    let Arn([partition, service, region, account, resource]) = Arn::parse(text(args, 0))?;
    if service != "iam" {
        return Err(FunctionError::failed("service must be \"iam\""));
    }
    if !region.is_empty() {
        return Err(FunctionError::failed("region must be empty"));
    }
    let Some(role) = resource.strip_prefix("role/") else {
        return Err(FunctionError::failed("resource must begin with \"role/\""));
    };
    let name = role.rsplit('/').next().unwrap_or(role);
    let resource = format!("role/{name}");
    Ok(Arn([partition, service, region, account, &resource]).to_string().into())
}

fn text(args: &[Value], at: usize) -> &str {
    args[at].as_str().unwrap_or_default()
}

fn string() -> Type {
    Type::String
}

fn parts() -> Type {
    Type::object(PARTS.map(|name| (name, Type::String)))
}

#[cfg(test)]
mod tests {
    use plumb_engine::functions::{self, TemplateError};

    use super::*;

    fn call(name: &str, args: &[&str]) -> Result<Value, String> {
        let context = Context {
            base_dir: ".".into(),
            now: None,
            plan_time: None,
            random: false,
            in_template: false,
            render: &|_, _| Err(TemplateError::Failed(Default::default())),
            read_tfvars: &|_| Err(Default::default()),
        };
        let function = FUNCTIONS.iter().find(|it| it.name == name).unwrap();
        let args: Vec<Value> = args.iter().map(|it| Value::from(*it)).collect();
        functions::call(function, &context, &args).map_err(|error| error.message)
    }

    fn joined(value: &Value) -> String {
        PARTS.map(|name| value.get(name).and_then(Value::as_str).unwrap().to_owned()).join("|")
    }

    #[test]
    fn an_arn_falls_into_five_parts() {
        let parse = |text| call("arn_parse", &[text]).map(|it| joined(&it));
        assert_eq!(parse("arn:aws:iam::444455556666:role/example").unwrap(), "aws|iam||444455556666|role/example");
        // Whatever follows the account belongs to the resource, colons and all.
        let group = "arn:aws:logs:eu-central-1:1:log-group:/a:*";
        assert_eq!(parse(group).unwrap(), "aws|logs|eu-central-1|1|log-group:/a:*");
        assert_eq!(parse("arn:::::").unwrap(), "||||");
        assert_eq!(parse("aws:iam").unwrap_err(), "arn: invalid prefix");
        assert_eq!(parse("").unwrap_err(), "arn: invalid prefix");
        assert_eq!(parse("arn:aws:iam::444455556666").unwrap_err(), "arn: not enough sections");
    }

    #[test]
    fn five_parts_make_an_arn() {
        let built = call("arn_build", &["aws", "iam", "", "444455556666", "role/a:b"]).unwrap();
        assert_eq!(built.as_str(), Some("arn:aws:iam::444455556666:role/a:b"));
        assert!(call("arn_build", &["aws"]).unwrap_err().contains("service"));
    }

    #[test]
    fn the_path_of_a_role_is_cut_out() {
        let trim = |text| call("trim_iam_role_path", &[text]).map(|it| it.as_str().unwrap().to_owned());
        assert_eq!(trim("arn:aws:iam::4:role/with/path/example").unwrap(), "arn:aws:iam::4:role/example");
        assert_eq!(trim("arn:aws:iam::4:role/example").unwrap(), "arn:aws:iam::4:role/example");
        assert_eq!(trim("role/example").unwrap_err(), "arn: invalid prefix");
        assert_eq!(trim("arn:aws:ec2::4:role/x").unwrap_err(), "service must be \"iam\"");
        assert_eq!(trim("arn:aws:iam:eu-west-1:4:role/x").unwrap_err(), "region must be empty");
        assert_eq!(trim("arn:aws:iam::4:user/x").unwrap_err(), "resource must begin with \"role/\"");
    }
}

//! The table of all functions, and how a name is found in it.

use super::hcl::TERRAFORM_PROVIDER;
use super::{
    Function, Parameter, charset, collection, convert, crypto, csv, datetime, encoding, filesystem, format, network,
    numeric, regex, sequence, sets, string, template, yaml, yaml_encode,
};

/// All functions but those of providers, sorted by name. `can`, `try` and the console's `type` are not here: they are
/// forms of the language, which look at expressions.
static CORE: &[&Function] = &[
    &numeric::ABS,
    &filesystem::ABSPATH,
    &collection::ALLTRUE,
    &collection::ANYTRUE,
    &encoding::BASE64DECODE,
    &encoding::BASE64ENCODE,
    &encoding::BASE64GZIP,
    &crypto::BASE64SHA256,
    &crypto::BASE64SHA512,
    &filesystem::BASENAME,
    &crypto::BCRYPT,
    &numeric::CEIL,
    &string::CHOMP,
    &sequence::CHUNKLIST,
    &network::CIDRHOST,
    &network::CIDRNETMASK,
    &network::CIDRSUBNET,
    &network::CIDRSUBNETS,
    &collection::COALESCE,
    &collection::COALESCELIST,
    &sequence::COMPACT,
    &sequence::CONCAT,
    &collection::CONTAINS,
    &csv::CSVDECODE,
    &filesystem::DIRNAME,
    &sequence::DISTINCT,
    &sequence::ELEMENT,
    &string::ENDSWITH,
    &convert::EPHEMERALASNULL,
    &filesystem::FILE,
    &filesystem::FILEBASE64,
    &filesystem::FILEBASE64SHA256,
    &filesystem::FILEBASE64SHA512,
    &filesystem::FILEEXISTS,
    &filesystem::FILEMD5,
    &filesystem::FILESET,
    &filesystem::FILESHA1,
    &filesystem::FILESHA256,
    &filesystem::FILESHA512,
    &sequence::FLATTEN,
    &numeric::FLOOR,
    &format::FORMAT_FUNCTION,
    &datetime::FORMATDATE,
    &format::FORMATLIST,
    &string::INDENT,
    &collection::INDEX,
    &convert::ISSENSITIVE,
    &string::JOIN,
    &encoding::JSONDECODE,
    &encoding::JSONENCODE,
    &collection::KEYS,
    &collection::LENGTH,
    &convert::LIST,
    &numeric::LOG,
    &collection::LOOKUP,
    &string::LOWER,
    &convert::MAP,
    &sequence::MATCHKEYS,
    &numeric::MAX,
    &crypto::MD5,
    &collection::MERGE,
    &numeric::MIN,
    &convert::NONSENSITIVE,
    &collection::ONE,
    &numeric::PARSEINT,
    &filesystem::PATHEXPAND,
    &datetime::PLANTIMESTAMP,
    &numeric::POW,
    &numeric::RANGE,
    &regex::REGEX,
    &regex::REGEXALL,
    &regex::REPLACE,
    &sequence::REVERSE,
    &crypto::RSADECRYPT,
    &convert::SENSITIVE,
    &sets::SETINTERSECTION,
    &sets::SETPRODUCT,
    &sets::SETSUBTRACT,
    &sets::SETUNION,
    &crypto::SHA1,
    &crypto::SHA256,
    &crypto::SHA512,
    &numeric::SIGNUM,
    &sequence::SLICE,
    &sequence::SORT,
    &string::SPLIT,
    &string::STARTSWITH,
    &string::STRCONTAINS,
    &string::STRREV,
    &string::SUBSTR,
    &numeric::SUM,
    &template::TEMPLATEFILE,
    &template::TEMPLATESTRING,
    &charset::TEXTDECODEBASE64,
    &charset::TEXTENCODEBASE64,
    &datetime::TIMEADD,
    &datetime::TIMECMP,
    &datetime::TIMESTAMP,
    &string::TITLE,
    &convert::TOBOOL,
    &convert::TOLIST,
    &convert::TOMAP,
    &convert::TONUMBER,
    &convert::TOSET,
    &convert::TOSTRING,
    &collection::TRANSPOSE,
    &string::TRIM,
    &string::TRIMPREFIX,
    &string::TRIMSPACE,
    &string::TRIMSUFFIX,
    &string::UPPER,
    &encoding::URLENCODE,
    &crypto::UUID,
    &crypto::UUIDV5,
    &collection::VALUES,
    &yaml::YAMLDECODE,
    &yaml_encode::YAMLENCODE,
    &collection::ZIPMAP,
];

/// `can` and `try`, for listings: the evaluator itself carries them out, on expressions that may fail.
pub fn forms() -> impl Iterator<Item = Function> {
    const FORMS: [Function; 2] = [
        Function::new(
            "can",
            "Whether an expression has a value; it has none when it fails.",
            &[Parameter::new("expression", "The expression to try.", super::any).dynamic()],
            super::bool,
            |_, _| Ok(true.into()),
        ),
        Function::new("try", "The value of the first expression that does not fail.", &[], super::any, |_, args| {
            args.first().cloned().ok_or_else(|| super::FunctionError::failed("no expression succeeded"))
        })
        .variadic(
            Parameter::new("expressions", "Expressions in the order in which they are tried.", super::any).dynamic(),
        ),
    ];
    FORMS.into_iter()
}

/// All functions but those of providers, in the order of their names.
pub fn all() -> impl Iterator<Item = &'static Function> {
    CORE.iter().copied()
}

/// The function that a call names: `upper`, `core::upper`, or `provider::terraform::encode_expr` for those of the
/// built-in provider (by the provider's own name, whatever a module calls it).
pub fn find(name: &str) -> Option<&'static Function> {
    if let Some(name) = name.strip_prefix("provider::terraform::") {
        return TERRAFORM_PROVIDER.iter().find(|it| it.name == name);
    }
    let name = name.strip_prefix("core::").unwrap_or(name);
    let at = CORE.binary_search_by(|it| it.name.cmp(name)).ok()?;
    Some(CORE[at])
}

/// The name of a function that one which does not exist was most likely meant to be.
pub fn suggestion(name: &str) -> Option<&'static str> {
    let names = all().map(|it| it.name).filter(|it| !REMOVED.contains(it));
    crate::text::suggestion(name, names.chain(["can", "try"]))
}

/// Functions that only say what to write instead of them.
pub const REMOVED: [&str; 2] = ["list", "map"];

#[cfg(test)]
mod tests {
    use super::*;

    /// What `terraform metadata functions -json` lists, without `can` and `try`.
    const LISTED: &str = "
        abs abspath alltrue anytrue base64decode base64encode base64gzip base64sha256 base64sha512 basename
        bcrypt ceil chomp chunklist cidrhost cidrnetmask cidrsubnet cidrsubnets coalesce coalescelist compact
        concat contains csvdecode dirname distinct element endswith ephemeralasnull file filebase64
        filebase64sha256 filebase64sha512 fileexists filemd5 fileset filesha1 filesha256 filesha512 flatten floor
        format formatdate formatlist indent index issensitive join jsondecode jsonencode keys length log lookup
        lower matchkeys max md5 merge min nonsensitive one parseint pathexpand plantimestamp pow range regex
        regexall replace reverse rsadecrypt sensitive setintersection setproduct setsubtract setunion sha1 sha256
        sha512 signum slice sort split startswith strcontains strrev substr sum templatefile templatestring
        textdecodebase64 textencodebase64 timeadd timecmp timestamp title tobool tolist tomap tonumber toset
        tostring transpose trim trimprefix trimspace trimsuffix upper urlencode uuid uuidv5 values yamldecode
        yamlencode zipmap
    ";

    #[test]
    fn tables_are_sorted() {
        assert!(CORE.windows(2).all(|pair| pair[0].name < pair[1].name));
        assert!(TERRAFORM_PROVIDER.windows(2).all(|pair| pair[0].name < pair[1].name));
    }

    #[test]
    fn the_table_is_complete() {
        let listed: Vec<&str> = LISTED.split_whitespace().collect();
        let ours: Vec<&str> = all().map(|it| it.name).filter(|it| !REMOVED.contains(it)).collect();
        assert_eq!(ours, listed);
    }

    #[test]
    fn every_function_and_parameter_is_described() {
        for function in all().chain(&TERRAFORM_PROVIDER) {
            let parameters = function.parameters.iter().chain(&function.variadic);
            for text in parameters.map(|it| it.description).chain([function.description]) {
                assert!(text.ends_with('.') && text.len() > 5, "{}: {text}", function.name);
            }
        }
    }

    #[test]
    fn names_with_namespaces() {
        assert_eq!(find("core::upper").unwrap().name, "upper");
        assert_eq!(find("provider::terraform::encode_expr").unwrap().name, "encode_expr");
        assert!(find("encode_expr").is_none());
        assert!(find("core::nope").is_none());
    }

    #[test]
    fn similar_names() {
        assert_eq!(suggestion("uper"), Some("upper"));
        assert_eq!(suggestion("lenght"), Some("length"));
        assert_eq!(suggestion("something_else"), None);
    }
}

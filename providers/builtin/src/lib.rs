//! Small providers that need no network: `terraform_data`, `random_*` and `null_resource`.

mod local;
mod null;
mod random;
mod terraform;

use std::sync::Arc;

use plumb_engine::provider::Provider;

/// The providers of this crate, in the order of their source addresses.
pub fn providers() -> Vec<Arc<dyn Provider>> {
    vec![Arc::new(null::provider()), Arc::new(random::provider()), Arc::new(terraform::BuiltIn::new())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_is_registered_and_described() {
        let mut names = Vec::new();
        for provider in providers() {
            for name in provider.resource_types() {
                let ty = provider.resource_type(name).unwrap();
                let block = &ty.schema().block;
                assert!(!block.description.is_empty(), "{name}");
                for (attribute, it) in &block.attributes {
                    assert!(!it.description.is_empty(), "{name}.{attribute}");
                }
                assert_eq!(ty.recognition(), plumb_engine::provider::Recognition::Local);
                names.push(format!("{} {name}", provider.source()));
            }
        }
        let random = "registry.terraform.io/hashicorp/random random";
        let mut expected = vec!["registry.terraform.io/hashicorp/null null_resource".to_owned()];
        expected.extend(
            ["id", "integer", "password", "pet", "shuffle", "string", "uuid"].map(|it| format!("{random}_{it}")),
        );
        expected.push("terraform.io/builtin/terraform terraform_data".into());
        assert_eq!(names, expected);
    }
}

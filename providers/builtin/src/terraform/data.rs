//! `terraform_data`: an object that carries a value and is replaced on demand.

use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::provider::{Client, PlannedChange, Recognition, ResourceType};
use plumb_engine::schema::{Attribute, Block, Schema};
use plumb_engine::value::{Marks, Type, Value};
use uuid::Uuid;

/// Name of the type.
pub(super) const TYPE: &str = "terraform_data";

const ID: &str = "id";
const INPUT: &str = "input";
const OUTPUT: &str = "output";
const TRIGGERS: &str = "triggers_replace";

/// Schema and planning rules.
pub(super) struct TerraformData {
    schema: Schema,
}

impl TerraformData {
    pub(super) fn new() -> Self {
        Self { schema: Schema { block: block(), ..Schema::default() } }
    }
}

fn block() -> Block {
    let describe = |attribute: Attribute, text: &str| Attribute { description: text.into(), ..attribute };
    let triggers = Attribute { force_new: true, ..Attribute::optional(Type::Dynamic) };
    let attributes = [
        (ID, describe(Attribute::computed(Type::String), "A random UUID, other for every object.")),
        (INPUT, describe(Attribute::optional(Type::Dynamic), "Any value; it is kept and comes out as `output`.")),
        (OUTPUT, describe(Attribute::computed(Type::Dynamic), "The value of `input` as of the last apply.")),
        (TRIGGERS, describe(triggers, "Any value; a change of it replaces the object.")),
    ];
    Block {
        description:
            "Keeps a value in the state, and gives `replace_triggered_by` and provisioners something to hang on.".into(),
        attributes: attributes.into_iter().map(|(name, it)| (name.into(), it)).collect(),
        ..Block::default()
    }
}

impl ResourceType for TerraformData {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The output follows the input: it is known as long as the input does not change, and its type is known always.
    fn plan(&self, change: &mut PlannedChange, _client: Option<&dyn Client>) -> Diagnostics {
        if change.planned.is_null() {
            return Diagnostics::new();
        }
        let planned = change.planned.clone();
        let input = part(&planned, INPUT);
        change.planned = if change.prior.is_null() {
            let output = if input.is_null() { input } else { Value::unknown(input.ty()) };
            planned.with(ID, Value::unknown(Type::String).known_not_null()).with(OUTPUT, output)
        } else {
            let output = if input == part(&change.prior, INPUT) {
                part(&change.prior, OUTPUT)
            } else {
                Value::unknown(input.ty())
            };
            planned.with(ID, part(&change.prior, ID)).with(OUTPUT, output)
        };
        Diagnostics::new()
    }

    /// A `null_resource` becomes one: its triggers are what replaces it. They become an object, as a configuration
    /// writes them, because a map would count as another value.
    fn take_over(&self, type_name: &str, object: &Value) -> Option<Value> {
        if type_name != "null_resource" {
            return None;
        }
        let triggers = part(object, "triggers");
        let triggers = triggers.as_map().map_or_else(
            || Value::null(Type::Dynamic),
            |items| Value::object(items.iter().map(|(name, it)| (name.clone(), it.clone()))),
        );
        Some(block().empty().with(ID, part(object, ID)).with(TRIGGERS, triggers))
    }

    fn recognition(&self) -> Recognition {
        Recognition::Local
    }
}

/// A planned object with everything known.
pub(super) fn applied(planned: &Value) -> Value {
    let object = plain(planned);
    let id = match part(&object, ID) {
        id if id.as_str().is_some() => id,
        _ => Value::string(Uuid::new_v4().to_string()),
    };
    let output = match part(&object, OUTPUT) {
        output if output.is_unknown() => part(&object, INPUT),
        output => output,
    };
    object.with(ID, id).with(OUTPUT, output)
}

/// The object of an import: nothing is known of it but its id.
pub(super) fn imported(id: &str) -> Value {
    block().empty().with(ID, Value::from(id))
}

/// An attribute without marks; null where the object has none of the name.
fn part(object: &Value, name: &str) -> Value {
    object.get(name).map_or_else(|| Value::null(Type::Dynamic), plain)
}

fn plain(value: &Value) -> Value {
    value.clone().without_marks(Marks::SENSITIVE.and(Marks::EPHEMERAL))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(input: Value) -> Value {
        let null = || Value::null(Type::Dynamic);
        Value::object([(ID, Value::null(Type::String)), (INPUT, input), (OUTPUT, null()), (TRIGGERS, null())])
    }

    fn plan(prior: Value, planned: Value) -> Value {
        let mut change = PlannedChange { prior, config: planned.clone(), planned, replace: Vec::new() };
        let found = TerraformData::new().plan(&mut change, None);
        assert!(found.is_empty() && change.replace.is_empty());
        change.planned
    }

    fn create(input: Value) -> Value {
        let planned = object(input);
        plan(Value::null(planned.ty()), planned)
    }

    #[test]
    fn a_create_knows_neither_id_nor_output() {
        let planned = create("one".into());
        assert!(planned.get(ID).unwrap().is_unknown());
        assert!(planned.get(OUTPUT).unwrap().is_unknown());
        assert!(create(Value::null(Type::Dynamic)).get(OUTPUT).unwrap().is_null());
        assert!(create(Value::unknown(Type::String)).get(OUTPUT).unwrap().is_unknown());
    }

    #[test]
    fn the_output_is_unknown_only_while_the_input_changes() {
        let prior = applied(&create("one".into()));
        let same = plan(prior.clone(), prior.clone());
        assert_eq!(same, prior);
        let changed = plan(prior.clone(), prior.clone().with(INPUT, "two".into()));
        assert!(changed.get(OUTPUT).unwrap().is_unknown());
        assert_eq!(changed.get(ID), prior.get(ID));
        let retyped = plan(prior.clone(), prior.clone().with(INPUT, Value::tuple(vec!["one".into()])));
        assert!(retyped.get(OUTPUT).unwrap().is_unknown());
        let hidden = plan(prior.clone(), prior.clone().with(INPUT, Value::from("one").marked(Marks::SENSITIVE)));
        assert_eq!(hidden.get(OUTPUT), prior.get(OUTPUT), "a mark is no change");
    }

    #[test]
    fn an_apply_makes_the_output_equal_the_input() {
        let made = applied(&create(Value::tuple(vec!["one".into(), true.into()])));
        assert_eq!(made.get(OUTPUT), made.get(INPUT));
        assert_eq!(made.get(ID).unwrap().as_str().map(str::len), Some(36));
        let updated = applied(&plan(made.clone(), made.clone().with(INPUT, "two".into())));
        assert_eq!(updated.get(OUTPUT), Some(&"two".into()));
        assert_eq!(updated.get(ID), made.get(ID));
        let nothing = applied(&create(Value::null(Type::Dynamic)));
        assert!(nothing.get(OUTPUT).unwrap().is_null());
    }

    #[test]
    fn a_null_resource_becomes_one() {
        let triggers = Value::map(Type::String, [("a".into(), "1".into())]);
        let null = Value::object([(ID, "7".into()), ("triggers", triggers)]);
        let taken = TerraformData::new().take_over("null_resource", &null).unwrap();
        assert_eq!(taken.get(ID), Some(&"7".into()));
        assert_eq!(taken.get(TRIGGERS), Some(&Value::object([("a", "1".into())])));
        assert!(taken.get(INPUT).unwrap().is_null());
        assert!(TerraformData::new().take_over("random_id", &null).is_none());
    }

    #[test]
    fn an_import_knows_the_id_only() {
        let object = imported("some-id");
        assert_eq!(object.get(ID), Some(&"some-id".into()));
        assert!([INPUT, OUTPUT, TRIGGERS].iter().all(|it| object.get(it).unwrap().is_null()));
    }
}

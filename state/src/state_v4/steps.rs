//! Paths of sensitive attributes, whose steps tell attributes of objects from keys of maps.

use plumb_engine::value::{Path, PathStep, Type};
use serde_json::Value as Json;

use super::types::parse_type;
use super::{Key, Step};

/// A path as the format writes it. `ty` is the type of the whole object where it is known; without it, a name below
/// an attribute is taken for a key of a map, and a name below a position for an attribute of a block.
pub(super) fn to_steps(path: &Path, ty: Option<&Type>, attributes: &Json) -> Vec<Step> {
    let mut place = Place { ty: ty.cloned(), json: Some(attributes) };
    let mut below_name = false;
    let mut steps = Vec::with_capacity(path.0.len());
    for step in &path.0 {
        place = place.unwrap();
        steps.push(match step {
            PathStep::Index(index) => Step::Index(Key { value: (*index).into(), ty: "number".into() }),
            PathStep::Name(name) => match &place.ty {
                Some(Type::Object(_)) => Step::GetAttr(name.clone()),
                None if !below_name => Step::GetAttr(name.clone()),
                _ => Step::Index(Key { value: (**name).into(), ty: "string".into() }),
            },
        });
        below_name = matches!(step, PathStep::Name(_));
        place = place.enter(step);
    }
    steps
}

/// A path as the format wrote it; `None` for a step that is none.
pub(super) fn from_steps(steps: &[Step]) -> Option<Path> {
    let step = |step: &Step| match step {
        Step::GetAttr(name) => Some(PathStep::Name(name.clone())),
        Step::Index(Key { value: Json::String(key), .. }) => Some(PathStep::Name(key.as_str().into())),
        Step::Index(key) => Some(PathStep::Index(usize::try_from(key.value.as_u64()?).ok()?)),
    };
    steps.iter().map(step).collect::<Option<Vec<_>>>().map(Path)
}

/// A part of an object: its type and its JSON, as far as they are known.
struct Place<'j> {
    ty: Option<Type>,
    json: Option<&'j Json>,
}

impl<'j> Place<'j> {
    /// Takes a value of dynamic type out of its wrapper.
    fn unwrap(self) -> Self {
        if !matches!(self.ty, None | Some(Type::Dynamic)) {
            return self;
        }
        let wrapper = self.json.and_then(Json::as_object).filter(|it| it.len() == 2);
        let inner = wrapper.and_then(|it| Some((it.get("value")?, parse_type(it.get("type")?)?)));
        match inner {
            Some((value, ty)) => Place { ty: Some(ty), json: Some(value) },
            None => Place { ty: None, ..self },
        }
    }

    fn enter(self, step: &PathStep) -> Self {
        let ty = match (self.ty, step) {
            (Some(Type::Object(object)), PathStep::Name(name)) => object.attributes.get(name).cloned(),
            (Some(Type::Tuple(items)), PathStep::Index(at)) => items.get(*at).cloned(),
            (Some(ty), _) => ty.element().cloned(),
            (None, _) => None,
        };
        let json: Option<&'j Json> = match step {
            PathStep::Name(name) => self.json.and_then(|it| it.get(&**name)),
            PathStep::Index(at) => self.json.and_then(|it| it.get(at)),
        };
        Place { ty, json }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn text(path: &Path, ty: Option<&Type>, attributes: &Json) -> String {
        serde_json::to_string(&to_steps(path, ty, attributes)).unwrap()
    }

    #[test]
    fn a_dynamic_value_tells_its_own_type() {
        let attributes = json!({"input": {
            "value": {"x": [1], "m": {"k": 2}},
            "type": ["object", {"x": ["tuple", ["number"]], "m": ["map", "number"]}],
        }});
        let input = Path::root().name("input");
        for ty in [None, Some(&Type::object([("input", Type::Dynamic)]))] {
            let steps = text(&input.name("x").index(0), ty, &attributes);
            assert_eq!(
                steps,
                r#"[{"type":"get_attr","value":"input"},{"type":"get_attr","value":"x"},{"type":"index","value":{"value":0,"type":"number"}}]"#
            );
            let steps = text(&input.name("m").name("k"), ty, &attributes);
            assert!(steps.ends_with(r#"{"type":"index","value":{"value":"k","type":"string"}}]"#), "{steps}");
        }
    }

    #[test]
    fn a_known_type_decides_between_attribute_and_key() {
        let path = Path::root().name("a").name("b");
        let object = Type::object([("a", Type::object([("b", Type::String)]))]);
        let map = Type::object([("a", Type::map(Type::String))]);
        let attributes = json!({"a": {"b": "x"}});
        let of = |ty| to_steps(&path, ty, &attributes).remove(1);
        let key = Step::Index(Key { value: "b".into(), ty: "string".into() });
        assert_eq!(of(Some(&object)), Step::GetAttr("b".into()));
        assert_eq!(of(Some(&map)), key);
        assert_eq!(of(None), key);
    }

    #[test]
    fn paths_read_back_as_they_were_written() {
        let path = Path::root().name("a").index(2).name("b").name("c");
        let steps = to_steps(&path, None, &Json::Null);
        assert_eq!(from_steps(&steps), Some(path));
        assert_eq!(from_steps(&[Step::Index(Key { value: json!({}), ty: "string".into() })]), None);
    }
}

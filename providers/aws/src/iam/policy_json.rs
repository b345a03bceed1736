//! The JSON form of an IAM policy document: parsing, merging and rendering.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

/// A policy document.
#[derive(Clone, Debug, Default)]
pub struct Document {
    /// Version of the policy language; empty when the document does not say.
    pub version: String,
    /// The document's `Id`.
    pub id: Option<String>,
    /// Statements in order.
    pub statements: Vec<Statement>,
}

/// A statement. Lists of actions and resources are kept as they were written.
#[derive(Clone, Debug, Default)]
pub struct Statement {
    /// `Sid`, not empty.
    pub sid: Option<String>,
    /// `Effect`.
    pub effect: String,
    /// `Action`: a text or a list.
    pub action: Option<Json>,
    /// `NotAction`: a text or a list.
    pub not_action: Option<Json>,
    /// `Resource`: a text or a list.
    pub resource: Option<Json>,
    /// `NotResource`: a text or a list.
    pub not_resource: Option<Json>,
    /// `Principal`.
    pub principals: Vec<Principal>,
    /// `NotPrincipal`.
    pub not_principals: Vec<Principal>,
    /// `Condition`.
    pub conditions: Vec<Condition>,
}

/// Principals of one kind.
#[derive(Clone, Debug)]
pub struct Principal {
    /// `AWS`, `Service`, `Federated`, `CanonicalUser` or `*`.
    pub kind: String,
    /// Who they are.
    pub identifiers: Identifiers,
}

/// One identifier, or a list, which may have one element only.
#[derive(Clone, Debug)]
pub enum Identifiers {
    /// Written as a text.
    One(String),
    /// Written as a list.
    Many(Vec<String>),
}

impl From<Vec<String>> for Identifiers {
    fn from(mut texts: Vec<String>) -> Self {
        match (texts.len(), texts.pop()) {
            (1, Some(text)) => Identifiers::One(text),
            (_, last) => {
                texts.extend(last);
                Identifiers::Many(texts)
            }
        }
    }
}

/// A comparison of one key.
#[derive(Clone, Debug)]
pub struct Condition {
    /// Operator.
    pub test: String,
    /// Key.
    pub variable: String,
    /// Values in order.
    pub values: Vec<String>,
}

impl Document {
    /// Reads a policy's JSON.
    ///
    /// # Errors
    /// Says which part is not as the policy language has it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let json: Json = serde_json::from_str(text).map_err(|error| format!("the text is not JSON ({error})"))?;
        let Json::Object(document) = json else { return Err("a policy document is a JSON object".to_owned()) };
        let statements = match document.get("Statement") {
            None | Some(Json::Null) => Vec::new(),
            Some(Json::Array(items)) => items.iter().map(statement).collect::<Result<_, _>>()?,
            Some(one) => vec![statement(one)?],
        };
        Ok(Self {
            version: text_of(&document, "Version")?.unwrap_or_default(),
            id: text_of(&document, "Id")?,
            statements,
        })
    }

    /// Adds another document: its id and a newer version win, its statements replace those of the same `Sid`.
    pub fn merge(&mut self, other: Document) {
        self.id = other.id.or(self.id.take());
        if other.version > self.version {
            self.version = other.version;
        }
        for statement in other.statements {
            let same = self.statements.iter_mut().find(|it| it.sid.is_some() && it.sid == statement.sid);
            match same {
                Some(slot) => *slot = statement,
                None => self.statements.push(statement),
            }
        }
    }

    /// JSON, indented by two spaces.
    pub fn indented(&self) -> String {
        escaped(&serde_json::to_string_pretty(&self.json()).expect("a JSON value is serialisable"))
    }

    /// JSON without white space.
    pub fn minified(&self) -> String {
        escaped(&self.json().to_string())
    }

    fn json(&self) -> Json {
        let mut fields = Map::new();
        if !self.version.is_empty() {
            fields.insert("Version".to_owned(), self.version.clone().into());
        }
        if let Some(id) = &self.id {
            fields.insert("Id".to_owned(), id.clone().into());
        }
        if !self.statements.is_empty() {
            let statements: Vec<Json> = self.statements.iter().map(Statement::json).collect();
            fields.insert("Statement".to_owned(), statements.into());
        }
        Json::Object(fields)
    }
}

impl Statement {
    fn json(&self) -> Json {
        let filled = |it: &str| (!it.is_empty()).then(|| Json::from(it));
        let fields = [
            ("Sid", self.sid.as_deref().and_then(filled)),
            ("Effect", filled(&self.effect)),
            ("Action", self.action.clone()),
            ("NotAction", self.not_action.clone()),
            ("Resource", self.resource.clone()),
            ("NotResource", self.not_resource.clone()),
            ("Principal", principals_json(&self.principals)),
            ("NotPrincipal", principals_json(&self.not_principals)),
            ("Condition", conditions_json(&self.conditions)),
        ];
        fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect::<Map<_, _>>().into()
    }
}

fn principals_json(principals: &[Principal]) -> Option<Json> {
    if let [Principal { kind, identifiers }] = principals
        && kind == "*"
        && matches!(identifiers.texts(), [star] if star == "*")
    {
        return Some("*".into());
    }
    let mut kinds: BTreeMap<&str, Json> = BTreeMap::new();
    for Principal { kind, identifiers } in principals {
        let mut texts = identifiers.texts().to_vec();
        texts.sort_by(|a, b| b.cmp(a));
        let joined = match (kinds.remove(kind.as_str()), identifiers) {
            (None, Identifiers::One(text)) => text.clone().into(),
            (None, Identifiers::Many(_)) => texts.into(),
            (Some(Json::Array(mut before)), _) => {
                before.extend(texts.into_iter().map(Json::from));
                before.into()
            }
            (Some(before), _) => std::iter::once(before).chain(texts.into_iter().map(Json::from)).collect(),
        };
        kinds.insert(kind, joined);
    }
    let object: Map<String, Json> = kinds.into_iter().map(|(kind, it)| (kind.to_owned(), it)).collect();
    (!object.is_empty()).then_some(object.into())
}

impl Identifiers {
    fn texts(&self) -> &[String] {
        match self {
            Identifiers::One(text) => std::slice::from_ref(text),
            Identifiers::Many(texts) => texts,
        }
    }
}

fn conditions_json(conditions: &[Condition]) -> Option<Json> {
    let mut tests: BTreeMap<&str, BTreeMap<&str, Vec<&str>>> = BTreeMap::new();
    for it in conditions {
        let values = tests.entry(&it.test).or_default().entry(&it.variable).or_default();
        values.extend(it.values.iter().map(String::as_str));
    }
    let keys = |keys: BTreeMap<&str, Vec<&str>>| -> Json {
        let values = |values: Vec<&str>| match values[..] {
            [one] => Json::from(one),
            _ => values.into(),
        };
        keys.into_iter().map(|(key, it)| (key.to_owned(), values(it))).collect::<Map<_, _>>().into()
    };
    let object: Map<String, Json> = tests.into_iter().map(|(test, it)| (test.to_owned(), keys(it))).collect();
    (!object.is_empty()).then_some(object.into())
}

fn statement(json: &Json) -> Result<Statement, String> {
    let Json::Object(fields) = json else { return Err("a statement is a JSON object".to_owned()) };
    let list = |name: &str| fields.get(name).filter(|it| !it.is_null()).cloned();
    Ok(Statement {
        sid: text_of(fields, "Sid")?.filter(|it| !it.is_empty()),
        effect: text_of(fields, "Effect")?.unwrap_or_default(),
        action: list("Action"),
        not_action: list("NotAction"),
        resource: list("Resource"),
        not_resource: list("NotResource"),
        principals: principals(fields.get("Principal"))?,
        not_principals: principals(fields.get("NotPrincipal"))?,
        conditions: conditions(fields.get("Condition"))?,
    })
}

fn principals(json: Option<&Json>) -> Result<Vec<Principal>, String> {
    let anyone = || Principal { kind: "*".to_owned(), identifiers: Identifiers::Many(vec!["*".to_owned()]) };
    match json {
        None | Some(Json::Null) => Ok(Vec::new()),
        Some(Json::String(_)) => Ok(vec![anyone()]),
        Some(Json::Object(kinds)) => kinds
            .iter()
            .map(|(kind, value)| {
                let identifiers = match value {
                    Json::String(text) => Identifiers::One(text.clone()),
                    _ => Identifiers::Many(scalars(value, "Principal")?),
                };
                Ok(Principal { kind: kind.clone(), identifiers })
            })
            .collect(),
        Some(_) => Err("a Principal is \"*\" or a JSON object".to_owned()),
    }
}

fn conditions(json: Option<&Json>) -> Result<Vec<Condition>, String> {
    let wrong = || "a Condition is a JSON object of objects".to_owned();
    let tests = match json {
        None | Some(Json::Null) => return Ok(Vec::new()),
        Some(it) => it.as_object().ok_or_else(wrong)?,
    };
    let mut all = Vec::new();
    for (test, keys) in tests {
        for (variable, values) in keys.as_object().ok_or_else(wrong)? {
            let values = scalars(values, "Condition")?;
            all.push(Condition { test: test.clone(), variable: variable.clone(), values });
        }
    }
    Ok(all)
}

/// A text, number or bool, or a list of them, as texts.
fn scalars(json: &Json, part: &str) -> Result<Vec<String>, String> {
    match json {
        Json::Array(items) => Ok(items.iter().map(|it| scalars(it, part)).collect::<Result<Vec<_>, _>>()?.concat()),
        Json::String(text) => Ok(vec![text.clone()]),
        Json::Bool(_) | Json::Number(_) => Ok(vec![json.to_string()]),
        _ => Err(format!("a {part} has texts and lists of texts only")),
    }
}

fn text_of(fields: &Map<String, Json>, name: &str) -> Result<Option<String>, String> {
    match fields.get(name) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(format!("{name} is a text")),
    }
}

/// The dialect's JSON writes these characters as escapes; outside of texts they do not occur in JSON.
fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for it in json.chars() {
        match it {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => text.push_str(&format!("\\u{:04x}", u32::from(it))),
            _ => text.push(it),
        }
    }
    text
}

//! The fixed blocks of the language as JSON writes them: which properties are blocks, and how strings are read.

/// How the strings of a property are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Strings {
    /// As templates: `"${aws_vpc.main.id}"`.
    Template,
    /// As they are.
    Text,
    /// As code: references, types and keywords stand in quotes, because JSON has no other way to write them.
    Code,
    /// As an entry of `required_providers`: plain text, but for the names of provider configurations.
    Provider,
}

/// What a body in JSON is made of.
pub(super) struct Form {
    /// Arguments whose strings are plain text.
    pub text: &'static [&'static str],
    /// Arguments whose strings are code.
    pub code: &'static [&'static str],
    /// Nested blocks.
    pub blocks: &'static [Nested],
    /// How the strings of all other arguments are read.
    pub rest: Strings,
    /// Names are free and each stands once, as in `locals`.
    pub free: bool,
    /// Arguments may turn out to be blocks, once a schema says so.
    pub open: bool,
}

/// A block type inside a body.
pub(super) struct Nested {
    /// Type name.
    pub kind: &'static str,
    /// What its labels are called.
    pub labels: &'static [&'static str],
    /// Its content.
    pub form: &'static Form,
}

const fn nested(kind: &'static str, labels: &'static [&'static str], form: &'static Form) -> Nested {
    Nested { kind, labels, form }
}

const fn form(text: &'static [&'static str], code: &'static [&'static str], blocks: &'static [Nested]) -> Form {
    Form { text, code, blocks, rest: Strings::Template, free: false, open: false }
}

/// A file.
pub(super) static FILE: Form = form(
    &[],
    &[],
    &[
        nested("terraform", &[], &TERRAFORM),
        nested("variable", &["name"], &VARIABLE),
        nested("locals", &[], &LOCALS),
        nested("output", &["name"], &OUTPUT),
        nested("provider", &["name"], &PROVIDER),
        nested("resource", &["type", "name"], &RESOURCE),
        nested("data", &["type", "name"], &RESOURCE),
        nested("ephemeral", &["type", "name"], &RESOURCE),
        nested("module", &["name"], &MODULE),
        nested("moved", &[], &MOVED),
        nested("removed", &[], &REMOVED),
        nested("import", &[], &IMPORT),
        nested("check", &["name"], &CHECK),
    ],
);

/// A file of tests.
pub(super) static TEST: Form = form(
    &[],
    &[],
    &[
        nested("run", &["name"], &RUN),
        nested("variables", &[], &LOCALS),
        nested("variable", &["name"], &VARIABLE),
        nested("provider", &["name"], &PROVIDER),
        nested("mock_provider", &["name"], &MOCK_PROVIDER),
        nested("override_resource", &[], &OVERRIDE),
        nested("override_data", &[], &OVERRIDE),
        nested("override_module", &[], &OVERRIDE),
        nested("test", &[], &OPEN),
    ],
);
static RUN: Form = form(
    &["state_key"],
    &["command", "providers", "expect_failures"],
    &[
        nested("plan_options", &[], &PLAN_OPTIONS),
        nested("variables", &[], &LOCALS),
        nested("module", &[], &RUN_MODULE),
        nested("assert", &[], &CONDITION),
        nested("override_resource", &[], &OVERRIDE),
        nested("override_data", &[], &OVERRIDE),
        nested("override_module", &[], &OVERRIDE),
    ],
);
static PLAN_OPTIONS: Form = form(&[], &["mode", "replace", "target"], &[]);
static RUN_MODULE: Form = form(&["source", "version"], &[], &[]);
static OVERRIDE: Form = form(&[], &["target", "override_during"], &[]);
static MOCK_PROVIDER: Form = form(
    &["alias", "source"],
    &["override_during"],
    &[
        nested("mock_resource", &["type"], &MOCK_TYPE),
        nested("mock_data", &["type"], &MOCK_TYPE),
        nested("override_resource", &[], &OVERRIDE),
        nested("override_data", &[], &OVERRIDE),
        nested("override_module", &[], &OVERRIDE),
    ],
);
static MOCK_TYPE: Form = form(&[], &["override_during"], &[]);

/// Content of a variables file.
pub(super) static VALUES: Form = Form { rest: Strings::Text, free: true, ..form(&[], &[], &[]) };

static OPEN: Form = Form { open: true, ..form(&[], &[], &[]) };
static CONDITION: Form = form(&[], &[], &[]);
static LOCALS: Form = Form { free: true, ..form(&[], &[], &[]) };
static TERRAFORM: Form = form(
    &["required_version"],
    &["experiments", "language"],
    &[
        nested("required_providers", &[], &REQUIRED_PROVIDERS),
        nested("backend", &["type"], &OPEN),
        nested("cloud", &[], &CLOUD),
        nested("provider_meta", &["provider"], &OPEN),
    ],
);
static CLOUD: Form = form(&[], &[], &[nested("workspaces", &[], &OPEN)]);
static REQUIRED_PROVIDERS: Form = Form { rest: Strings::Provider, free: true, ..form(&[], &[], &[]) };
static VARIABLE: Form = form(
    &["default", "description", "sensitive", "ephemeral", "nullable", "deprecated"],
    &["type"],
    &[nested("validation", &[], &CONDITION)],
);
static OUTPUT: Form = form(
    &["description", "sensitive", "ephemeral", "deprecated"],
    &["depends_on"],
    &[nested("precondition", &[], &CONDITION)],
);
static PROVIDER: Form = Form { open: true, ..form(&["alias", "version"], &[], &[]) };
static RESOURCE: Form = Form {
    open: true,
    ..form(
        &[],
        &["provider", "depends_on"],
        &[
            nested("lifecycle", &[], &LIFECYCLE),
            nested("connection", &[], &OPEN),
            nested("provisioner", &["type"], &PROVISIONER),
        ],
    )
};
static LIFECYCLE: Form = form(
    &["create_before_destroy", "prevent_destroy", "destroy"],
    &["ignore_changes", "replace_triggered_by"],
    &[nested("precondition", &[], &CONDITION), nested("postcondition", &[], &CONDITION)],
);
static PROVISIONER: Form =
    Form { open: true, ..form(&[], &["when", "on_failure"], &[nested("connection", &[], &OPEN)]) };
static MODULE: Form = form(&[], &["providers", "depends_on"], &[nested("lifecycle", &[], &LIFECYCLE)]);
static MOVED: Form = form(&[], &["from", "to"], &[]);
static REMOVED: Form = form(
    &[],
    &["from"],
    &[
        nested("lifecycle", &[], &LIFECYCLE),
        nested("connection", &[], &OPEN),
        nested("provisioner", &["type"], &PROVISIONER),
    ],
);
static IMPORT: Form = form(&[], &["to", "provider"], &[]);
static CHECK: Form = form(&[], &[], &[nested("data", &["type", "name"], &RESOURCE), nested("assert", &[], &CONDITION)]);

//! Everything that can go wrong with a group: code, causes and remedy, in English and Japanese.
//!
//! The rows 1 to 29 are those of the troubleshooting chapter of the guide that groups follow, with its codes; codes from
//! 201 are our own. A code from 101 to 199 is a warning about what the code less 100 is an error.

mod addresses;
mod names;
mod own;
mod texts;

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Value as Json, json};

use crate::cloud::CloudError;

/// A text in all languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text {
    /// English.
    pub en: &'static str,
    /// Japanese.
    pub ja: &'static str,
}

impl Text {
    /// The text in a language.
    pub fn in_language(&self, language: Language) -> &'static str {
        match language {
            Language::English => self.en,
            Language::Japanese => self.ja,
        }
    }
}

/// A language of messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Japanese.
    Japanese,
}

impl Language {
    /// The language of a locale such as `ja_JP.UTF-8` or `ja`; English for all that is not Japanese.
    pub fn of_locale(locale: &str) -> Self {
        let language = locale.split(['_', '-', '.', '@']).next().unwrap_or_default();
        if language.eq_ignore_ascii_case("ja") { Self::Japanese } else { Self::English }
    }
}

/// What a row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// Any of them.
    All,
    /// `virtual_ip` and its monitor.
    VirtualIp,
    /// `elastic_ip` and its monitor.
    ElasticIp,
    /// `dns` and its monitor.
    Dns,
    /// The monitor of availability zones.
    Zone,
    /// The group as a whole.
    Group,
}

impl Subject {
    /// As manifests and arguments have it.
    pub fn word(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::VirtualIp => "virtual_ip",
            Self::ElasticIp => "elastic_ip",
            Self::Dns => "dns",
            Self::Zone => "az_monitor",
            Self::Group => "group",
        }
    }
}

/// One kind of trouble.
#[derive(Debug)]
pub struct Row {
    /// Its name, by which programs know it.
    pub problem: Problem,
    /// Number in the guide's chapter; `None` for our own.
    pub number: Option<u8>,
    /// Its code; `None` for what shows without a message of its own.
    pub code: Option<u16>,
    /// What it is about.
    pub subject: Subject,
    /// What is said, with `{name}` where values go.
    pub message: Text,
    /// Why it happens.
    pub causes: &'static [Text],
    /// What to do.
    pub remedies: &'static [Text],
}

macro_rules! problems {
    ($($(#[doc = $doc:literal])+ $name:ident = $word:literal),+ $(,)?) => {
        /// Every kind of trouble by name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Problem { $($(#[doc = $doc])+ $name),+ }

        impl Problem {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The name in arguments and JSON.
            pub fn word(self) -> &'static str {
                match self { $(Self::$name => $word),+ }
            }
        }
    };
}

problems! {
    /// Nothing that uses AWS starts.
    NothingStarts = "nothing-starts",
    /// Activation of a virtual IP address failed inside the agent.
    VipInternal = "virtual-ip-internal",
    /// A call for a virtual IP address failed.
    VipCall = "virtual-ip-call-failed",
    /// The network of a virtual IP address does not exist.
    VipVpc = "virtual-ip-vpc-not-found",
    /// The interface for a virtual IP address does not exist.
    VipInterface = "virtual-ip-interface-not-found",
    /// Routes of a virtual IP address must not be changed.
    VipDenied = "virtual-ip-not-authorized",
    /// A call for a virtual IP address was not answered.
    VipTimeout = "virtual-ip-timeout",
    /// A virtual IP address lies inside of the network.
    VipInVpc = "virtual-ip-in-vpc",
    /// The interface drops packets to the virtual IP address.
    VipCheck = "virtual-ip-source-dest-check",
    /// A route of a virtual IP address leads elsewhere.
    VipRoute = "virtual-ip-route-changed",
    /// Activation of an Elastic IP address failed inside the agent.
    EipInternal = "elastic-ip-internal",
    /// A call for an Elastic IP address failed.
    EipCall = "elastic-ip-call-failed",
    /// The allocation does not exist.
    EipAllocation = "elastic-ip-allocation-not-found",
    /// The interface for an Elastic IP address does not exist.
    EipInterface = "elastic-ip-interface-not-found",
    /// A call for an Elastic IP address was not answered.
    EipTimeout = "elastic-ip-timeout",
    /// The Elastic IP address is not on the active server.
    EipGone = "elastic-ip-not-associated",
    /// Activation of a record failed inside the agent.
    DnsInternal = "dns-internal",
    /// A call for a record failed.
    DnsCall = "dns-call-failed",
    /// The hosted zone does not exist.
    DnsZone = "dns-zone-not-found",
    /// A call for a record was not answered.
    DnsTimeout = "dns-timeout",
    /// Clients learn late of a move.
    DnsLate = "dns-resolves-late",
    /// The record does not exist.
    DnsGone = "dns-record-missing",
    /// The record has another address.
    DnsChanged = "dns-record-changed",
    /// The name does not resolve.
    DnsUnresolved = "dns-unresolved",
    /// The name resolves to another address.
    DnsWrongAnswer = "dns-wrong-answer",
    /// A look at a record was not answered.
    DnsMonitorTimeout = "dns-monitor-timeout",
    /// A look at a zone failed.
    ZoneCall = "zone-call-failed",
    /// There is no such zone.
    ZoneInvalid = "zone-invalid",
    /// A look at a zone was not answered.
    ZoneTimeout = "zone-timeout",
    /// A virtual IP address is not on the server's network card.
    VipNotLocal = "virtual-ip-not-on-server",
    /// No route table has the virtual IP address.
    VipNoRoute = "virtual-ip-no-route",
    /// An interface is not that of the server.
    WrongInterface = "wrong-interface",
    /// An interface has another Elastic IP address.
    EipOccupied = "elastic-ip-interface-occupied",
    /// The manifest gives a server no address for the record.
    DnsNoValue = "dns-no-value",
    /// A zone does not work as it should.
    ZoneDisturbed = "zone-disturbed",
    /// Somebody else has the group by now.
    Superseded = "superseded",
    /// The group may be active elsewhere.
    MaybeActiveElsewhere = "maybe-active-elsewhere",
    /// Something can be done by the servers only.
    NeedsAgents = "needs-agents",
    /// No server can have the group.
    NoTarget = "no-target",
    /// Rewriting was ended because others keep changing the target.
    Flapping = "flapping",
    /// The former active server could not be stopped.
    ForcedStopFailed = "forced-stop-failed",
    /// A target is neither what it was nor what was wanted.
    ThirdParty = "third-party",
    /// AWS has done a write and does not show it.
    NotVisible = "not-visible",
    /// The parts of a group are with different servers.
    Split = "split",
    /// A mirrored disk is not up to date.
    MirrorOutdated = "mirror-outdated",
    /// Something on a server could not be done.
    Local = "local-failed",
    /// The arbiter gives no answer.
    ArbiterUnknown = "arbiter-unknown",
    /// The journal cannot be written.
    Journal = "journal",
}

impl Problem {
    /// What is known of it.
    pub fn row(self) -> &'static Row {
        all().find(|it| it.problem == self).expect("a test finds the row of every problem")
    }
}

/// All rows: those of the guide in its order, then our own.
pub fn all() -> impl Iterator<Item = &'static Row> {
    addresses::ROWS.iter().chain(names::ROWS).chain(own::ROWS)
}

/// The rows that somebody asks for: by code (`5`, `105`), by name (`virtual-ip-in-vpc`), by subject and code
/// (`dns:7`), by the guide's number (`#10`).
pub fn find(asked: &str) -> Vec<&'static Row> {
    let asked = asked.trim().to_lowercase();
    if let Some(number) = asked.strip_prefix('#') {
        return all().filter(|it| it.number.is_some_and(|of| of.to_string() == number)).collect();
    }
    let (subject, code) = match asked.split_once(':') {
        Some((subject, code)) => (Some(subject), code),
        None => (None, asked.as_str()),
    };
    let code: Option<u16> = code.parse().ok();
    let plain = code.map(|it| if (101..200).contains(&it) { it - 100 } else { it });
    all()
        .filter(|it| match (subject, plain) {
            (None, None) => it.problem.word() == asked,
            (subject, plain) => {
                plain.is_some() && it.code == plain && subject.is_none_or(|word| it.subject.word() == word)
            }
        })
        .collect()
}

/// What was being done when trouble came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Making it active.
    Activating,
    /// Making it inactive.
    Deactivating,
    /// Looking at it.
    Monitoring,
}

/// Trouble that has come: a row with the values of the case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// Which.
    pub problem: Problem,
    /// What was being done.
    pub phase: Phase,
    /// Name of the resource, monitor or group.
    pub name: String,
    /// Values of the message.
    pub values: BTreeMap<&'static str, String>,
    /// Whether it is a warning only.
    pub is_warning: bool,
    /// What AWS said.
    pub cause: Option<CloudError>,
}

impl Trouble {
    /// An error without values.
    pub fn new(problem: Problem, phase: Phase, name: &str) -> Self {
        let values = BTreeMap::new();
        Self { problem, phase, name: name.to_owned(), values, is_warning: false, cause: None }
    }

    /// The same with a value.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.values.insert(name, value.into());
        self
    }

    /// The same as a warning.
    #[must_use]
    pub fn warning(mut self) -> Self {
        self.is_warning = true;
        self
    }

    /// The same with what AWS said.
    #[must_use]
    pub fn because(mut self, error: CloudError) -> Self {
        self.values.entry("reason").or_insert_with(|| error.to_string());
        self.cause = Some(error);
        self
    }

    /// The code; a warning's is higher by 100, but for our own.
    pub fn code(&self) -> Option<u16> {
        let code = self.problem.row().code?;
        Some(if self.is_warning && code < 100 { code + 100 } else { code })
    }

    /// What happened, in one line.
    pub fn message(&self, language: Language) -> String {
        let mut said = self.problem.row().message.in_language(language).to_owned();
        for (name, value) in &self.values {
            said = said.replace(&format!("{{{name}}}"), value);
        }
        let code = self.code().map(|it| format!("{it}: ")).unwrap_or_default();
        let name = &self.name;
        match (language, self.phase, self.is_warning) {
            (Language::English, Phase::Activating, _) => format!("Activating {name} failed. ({code}{said})"),
            (Language::English, Phase::Deactivating, _) => format!("Deactivating {name} failed. ({code}{said})"),
            (Language::English, Phase::Monitoring, false) => {
                format!("Monitoring {name} found an error. ({code}{said})")
            }
            (Language::English, Phase::Monitoring, true) => format!("Monitoring {name} warns. ({code}{said})"),
            (Language::Japanese, Phase::Activating, _) => format!("{name} の活性化に失敗しました。({code}{said})"),
            (Language::Japanese, Phase::Deactivating, _) => format!("{name} の非活性化に失敗しました。({code}{said})"),
            (Language::Japanese, Phase::Monitoring, false) => {
                format!("{name} の監視で異常を検出しました。({code}{said})")
            }
            (Language::Japanese, Phase::Monitoring, true) => format!("{name} の監視で警告があります。({code}{said})"),
        }
    }

    /// What happened, why it happens and what to do, as lines.
    pub fn explained(&self, language: Language) -> String {
        format!("{}\n{}", self.message(language), self.problem.row().advice(language))
    }

    /// The same for programs.
    pub fn to_json(&self, language: Language) -> Json {
        let mut json = self.problem.row().to_json(language);
        json["code"] = json!(self.code());
        json["name"] = json!(self.name);
        json["severity"] = json!(if self.is_warning { "warning" } else { "error" });
        json["message"] = json!(self.message(language));
        json["values"] = json!(self.values);
        json["aws"] = json!(self.cause);
        json
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message(Language::English))
    }
}

impl std::error::Error for Trouble {}

impl Row {
    /// The row as a page of a manual.
    pub fn page(&self, language: Language) -> String {
        let code = match (self.code, self.number) {
            (Some(code), Some(26..=29)) => format!("{code} / {}", code + 100),
            (Some(code), _) => code.to_string(),
            (None, _) => "-".to_owned(),
        };
        let message = self.message.in_language(language).replace('{', "<").replace('}', ">");
        let title = format!("{} {code}  [{}]\n  {message}\n", self.subject.word(), self.problem.word());
        title + &self.advice(language)
    }

    /// Causes and remedies as lines.
    pub fn advice(&self, language: Language) -> String {
        let list = |title: Text, items: &[Text]| {
            let items = items.iter().map(|it| format!("    - {}\n", it.in_language(language)));
            format!("  {}\n{}", title.in_language(language), items.collect::<String>())
        };
        list(Text { en: "Causes:", ja: "原因:" }, self.causes)
            + &list(Text { en: "Remedy:", ja: "対処:" }, self.remedies)
    }

    /// The row for programs.
    pub fn to_json(&self, language: Language) -> Json {
        let list = |items: &[Text]| items.iter().map(|it| it.in_language(language)).collect::<Vec<_>>();
        json!({
            "problem": self.problem.word(),
            "number": self.number,
            "code": self.code,
            "subject": self.subject.word(),
            "message": self.message.in_language(language),
            "causes": list(self.causes),
            "remedies": list(self.remedies),
        })
    }
}

#[cfg(test)]
impl PartialEq for Row {
    fn eq(&self, other: &Self) -> bool {
        self.problem == other.problem
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_has_one_row_with_advice_in_both_languages() {
        for problem in Problem::ALL {
            let rows: Vec<_> = all().filter(|it| it.problem == *problem).collect();
            assert_eq!(rows.len(), 1, "{problem:?}");
            let row = rows[0];
            assert!(!row.causes.is_empty() && !row.remedies.is_empty(), "{problem:?}");
            for text in row.causes.iter().chain(row.remedies).chain([&row.message]) {
                assert!(!text.en.is_empty() && !text.ja.is_ascii(), "{problem:?}: {text:?}");
            }
            assert!(row.page(Language::Japanese).contains("対処:"));
            assert_eq!(row.to_json(Language::English)["problem"], problem.word());
        }
    }

    #[test]
    fn all_rows_of_the_guide_are_there() {
        let numbers: Vec<u8> = all().filter_map(|it| it.number).collect();
        assert_eq!(numbers, (1..=29).collect::<Vec<u8>>());
        let code = |number: u8| all().find(|it| it.number == Some(number)).and_then(|it| it.code);
        let codes: Vec<Option<u16>> = (1..=29).map(code).collect();
        let n = None;
        let want = [
            n,
            Some(99),
            Some(5),
            Some(5),
            Some(5),
            Some(5),
            Some(6),
            Some(7),
            n,
            Some(8),
            Some(99),
            Some(5),
            Some(5),
            Some(5),
            Some(6),
            Some(7),
            Some(99),
            Some(5),
            Some(5),
            Some(6),
            n,
            Some(7),
            Some(8),
            Some(9),
            Some(10),
            Some(6),
            Some(5),
            Some(5),
            Some(6),
        ];
        assert_eq!(codes, want);
        assert!(all().filter(|it| it.number.is_none()).filter_map(|it| it.code).all(|it| it > 200 || it == 7));
    }

    #[test]
    fn rows_are_found_by_code_name_and_subject() {
        assert_eq!(find("8").len(), 2);
        assert_eq!(find("virtual_ip:8")[0].problem, Problem::VipRoute);
        let problems = |asked: &str| find(asked).iter().map(|it| it.problem).collect::<Vec<_>>();
        assert_eq!(problems("106"), problems("6"));
        assert_eq!(find("#28")[0].problem, Problem::ZoneInvalid);
        assert_eq!(find("virtual-ip-in-vpc")[0].problem, Problem::VipInVpc);
        assert!(find("nonsense").is_empty() && find("").is_empty() && find("dns:").is_empty());
    }

    #[test]
    fn troubles_say_code_and_values() {
        let trouble = Trouble::new(Problem::VipVpc, Phase::Activating, "vip1").with("id", "vpc-9");
        assert_eq!(trouble.to_string(), "Activating vip1 failed. (5: The vpc ID 'vpc-9' does not exist)");
        let warning = Trouble::new(Problem::ZoneTimeout, Phase::Monitoring, "az1").warning();
        assert_eq!(warning.code(), Some(106));
        assert!(warning.message(Language::of_locale("ja_JP.UTF-8")).starts_with("az1 の監視"));
        assert_eq!(warning.to_json(Language::English)["severity"], "warning");
    }
}

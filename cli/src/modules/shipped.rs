//! Modules that come with plumb: `plumb://NAME`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::VERSION;

/// What their addresses begin with.
pub const SCHEME: &str = "plumb://";

/// All files of all modules: the path below the folder of modules, and the text.
const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/shipped_modules.rs"));

/// A module that comes with plumb.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shipped {
    /// Its name, as addresses have it.
    pub name: &'static str,
    /// What it makes, in a sentence: the first one of its README.
    pub description: String,
}

/// The modules that come with plumb, by name.
pub fn all() -> Vec<Shipped> {
    let modules: BTreeMap<&'static str, String> = FILES
        .iter()
        .filter_map(|(path, text)| path.strip_suffix("/README.md").filter(|it| !it.contains('/')).zip(Some(text)))
        .map(|(name, text)| (name, first_sentence(text)))
        .collect();
    modules.into_iter().map(|(name, description)| Shipped { name, description }).collect()
}

/// Puts a module into the folder `to`. The address's query may name the version of plumb that it must be of.
///
/// # Errors
/// There is no module of this name or version, or it cannot be written; as a clause.
pub fn write(name: &str, query: &BTreeMap<String, String>, to: &Path) -> Result<(), String> {
    if let Some(wanted) = query.get("version").filter(|it| *it != VERSION) {
        return Err(format!(
            "this is plumb {VERSION}, which has its own version of the module, and {wanted} is wanted. Use plumb {wanted}, \
             or change the version in the address and look at the plan"
        ));
    }
    let prefix = format!("{name}/");
    let files: Vec<_> = FILES.iter().filter_map(|(path, text)| Some((path.strip_prefix(&prefix)?, text))).collect();
    if files.is_empty() {
        let names: Vec<&str> = all().iter().map(|it| it.name).collect();
        return Err(format!("no module {name:?} comes with plumb; there are {}", names.join(" and ")));
    }
    for (path, text) in files {
        let file = to.join(path);
        let written = fs::create_dir_all(file.parent().unwrap_or(to)).and_then(|()| fs::write(&file, text));
        written.map_err(|error| format!("{} cannot be written: {error}", file.display()))?;
    }
    Ok(())
}

/// The first sentence below the heading, on one line.
fn first_sentence(readme: &str) -> String {
    let paragraph: Vec<&str> = readme
        .lines()
        .skip_while(|it| it.starts_with('#') || it.is_empty())
        .take_while(|it| !it.is_empty())
        .map(str::trim)
        .collect();
    let text = paragraph.join(" ");
    text.split_once(". ").map_or(text.trim_end_matches('.'), |(first, _)| first).to_owned() + "."
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_module_has_a_description_and_files() {
        let names: Vec<&str> = all().iter().map(|it| it.name).collect();
        assert_eq!(names, ["atlassian-standard-infrastructure", "confluence-data-center"]);
        for module in all() {
            assert!(module.description.len() > 20 && module.description.ends_with('.'), "{module:?}");
            let dir = tempfile::tempdir().unwrap();
            write(module.name, &BTreeMap::new(), dir.path()).unwrap();
            assert!(dir.path().join("variables.tf").is_file() || dir.path().join("variables").is_dir());
            assert!(dir.path().join("versions.tf").is_file());
        }
        let tops: Vec<&str> = FILES.iter().filter_map(|(path, _)| path.split('/').next()).collect();
        assert!(tops.iter().all(|it| names.contains(it)), "each folder of modules has a README.md");
    }

    #[test]
    fn what_does_not_come_with_plumb() {
        let dir = tempfile::tempdir().unwrap();
        let error = write("confluence", &BTreeMap::new(), dir.path()).unwrap_err();
        assert!(error.contains("no module \"confluence\"") && error.contains("confluence-data-center"), "{error}");
        let query = BTreeMap::from([("version".to_owned(), "0.0.0".to_owned())]);
        let error = write("confluence-data-center", &query, dir.path()).unwrap_err();
        assert!(error.contains("0.0.0 is wanted"), "{error}");
        let query = BTreeMap::from([("version".to_owned(), VERSION.to_owned())]);
        assert_eq!(write("confluence-data-center", &query, dir.path()), Ok(()));
    }

    #[test]
    fn descriptions_are_first_sentences() {
        assert_eq!(first_sentence("# A\n\nOne\ntwo. Three.\n\nFour."), "One two.");
        assert_eq!(first_sentence("# A\n\nOne.\n"), "One.");
    }
}

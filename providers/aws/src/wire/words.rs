//! Texts, numbers and lists as the SDK has them, and back: what is not set is `None`, never an empty text or list.

use std::collections::BTreeSet;

/// An argument as one of the SDK's words; an empty text is not set.
pub fn word<T: for<'a> From<&'a str>>(text: Option<&String>) -> Option<T> {
    text.map(String::as_str).filter(|it| !it.is_empty()).map(T::from)
}

/// Arguments as the SDK's words; `None` where there are none.
pub fn words<'a, T: for<'b> From<&'b str>>(texts: impl IntoIterator<Item = &'a String>) -> Option<Vec<T>> {
    let words: Vec<T> = texts.into_iter().map(|it| T::from(it.as_str())).collect();
    (!words.is_empty()).then_some(words)
}

/// An answer's word as a text; an empty one is not set.
pub fn text<T: AsRef<str>>(word: Option<T>) -> Option<String> {
    word.map(|it| it.as_ref().to_owned()).filter(|it| !it.is_empty())
}

/// An answer's words as a set of texts.
pub fn texts<T: AsRef<str>>(words: Option<Vec<T>>) -> BTreeSet<String> {
    words.unwrap_or_default().iter().map(|it| it.as_ref().to_owned()).collect()
}

/// A text that is "true" or "false"; an empty one is not set.
pub fn flag(text: Option<&String>) -> Option<bool> {
    text.and_then(|it| it.parse().ok())
}
